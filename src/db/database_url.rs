//! Where the database is. A wrong URL is refused here, before libpq sees it: libpq's messages quote
//! the part that it could not read, which may be part of a password.

use super::connection::OpenError;

/// Limits so that an unresponsive server can't hold a request for minutes, and the refusal of
/// read-only servers, which may lag behind. `tcp_user_timeout` is in milliseconds, all other times
/// in seconds.
const DEFAULTS: [(&str, &str); 6] = [
    ("connect_timeout", "2"),
    ("tcp_user_timeout", "5000"),
    ("keepalives_idle", "3"),
    ("keepalives_interval", "1"),
    ("keepalives_count", "3"),
    ("target_session_attrs", "read-write"),
];

/// Where the database is. `Debug` leaves out user and password.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// The path of the file.
    Sqlite(String),
    /// A libpq connection URI.
    Postgres(String),
}

/// What is wrong with a database URL. No message quotes any of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// It is neither `sqlite:PATH` nor `postgres://…`. `:memory:` is not supported.
    #[error(
        "The database URL must begin with sqlite: or postgres://, for instance sqlite:keyward.db."
    )]
    Scheme,
    /// It has a line break, a space or a control character.
    #[error("The database URL has a space, a line break or a control character in it.")]
    Space,
    /// The path of a SQLite file has parameters behind it.
    #[error("A sqlite: URL is a path and takes no parameters: remove what begins with the ?.")]
    SqliteParameters,
    /// A character of user or password would be read as the end of it.
    #[error(
        "The user or password in the database URL has a character that must be percent-encoded: \
         write @ as %40, : as %3A, / as %2F, ? as %3F and % as %25."
    )]
    Unencoded,
    /// A `%` without two hexadecimal digits behind it.
    #[error("The database URL has a % that two hexadecimal digits must follow: write % as %25.")]
    Percent,
    /// The port is not a number.
    #[error(
        "The port in the database URL must be a number from 1 to 65535. If there is an @ in front \
         of the host, or a / in the password, see whether the password must be percent-encoded."
    )]
    Port,
    /// `sslrootcert=system` on a system without certificates.
    #[error(
        "sslrootcert=system is set, but this system has no file of certificates. Install its \
         ca-certificates, or set sslrootcert to a file."
    )]
    NoCertificates,
    /// `sslrootcert=system` with another `sslmode` than `verify-full`.
    #[error("With sslrootcert=system in the database URL, sslmode must be verify-full.")]
    WeakMode,
    /// A parameter is not `name=value`.
    #[error("The parameters of the database URL must be name=value, with & between them.")]
    Parameter,
}

impl DatabaseUrl {
    /// Parses `sqlite:PATH`, `postgres://…` or `postgresql://…`.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, OpenError> {
        let url = url.trim();
        let (scheme, rest) = url.split_once(':').ok_or(UrlError::Scheme)?;
        let read = match (&*scheme.to_ascii_lowercase(), rest.strip_prefix("//")) {
            ("postgres" | "postgresql", Some(rest)) => postgres(rest),
            ("sqlite", path) => sqlite(path.unwrap_or(rest)),
            _ => Err(UrlError::Scheme),
        };
        Ok(read?)
    }

    /// The location as messages show it: without user, password and parameters.
    pub fn place(&self) -> String {
        match self {
            DatabaseUrl::Sqlite(path) => path.clone(),
            DatabaseUrl::Postgres(url) => {
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let rest = rest.split('?').next().unwrap_or_default();
                rest.rsplit_once('@')
                    .map_or(rest, |(_, host)| host)
                    .to_owned()
            }
        }
    }
}

impl std::fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.place())
    }
}

fn sqlite(path: &str) -> Result<DatabaseUrl, UrlError> {
    // `:memory:` would be a different database for every connection.
    if path.is_empty() || path.starts_with(':') {
        return Err(UrlError::Scheme);
    }
    if path.chars().any(char::is_control) {
        return Err(UrlError::Space);
    }
    if path.contains('?') {
        return Err(UrlError::SqliteParameters);
    }
    Ok(DatabaseUrl::Sqlite(path.to_owned()))
}

/// Reads what follows `postgres://`: `[user[:password]@][host[:port]][,…][/database][?name=value&…]`.
fn postgres(rest: &str) -> Result<DatabaseUrl, UrlError> {
    if rest.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(UrlError::Space);
    }
    if !is_percent_encoded(rest) {
        return Err(UrlError::Percent);
    }
    let (address, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, path) = address.split_once('/').unwrap_or((address, ""));
    if authority.matches('@').count() > 1 || path.contains(['@', '/']) {
        return Err(UrlError::Unencoded);
    }
    let hosts = authority
        .rsplit_once('@')
        .map_or(authority, |(_, hosts)| hosts);
    if !hosts.split(',').all(has_good_port) {
        return Err(UrlError::Port);
    }
    let mut parameters: Vec<String> = parameters
        .split('&')
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| parameter_of(parameter).map(str::to_owned))
        .collect::<Result<_, _>>()?;
    for (name, value) in DEFAULTS {
        let is_it = |parameter: &String| parameter.split('=').next() == Some(name);
        if !parameters.iter().any(is_it) {
            parameters.push(format!("{name}={value}"));
        }
    }
    let parameters = parameters.join("&");
    Ok(DatabaseUrl::Postgres(format!(
        "postgres://{address}?{parameters}"
    )))
}

fn parameter_of(text: &str) -> Result<&str, UrlError> {
    let (name, value) = text.split_once('=').ok_or(UrlError::Parameter)?;
    let is_name = |c: char| c.is_ascii_lowercase() || c == '_';
    match !name.is_empty() && name.chars().all(is_name) && !value.contains('=') {
        true => Ok(text),
        false => Err(UrlError::Parameter),
    }
}

/// Whether the port is a number, if there is one. An IPv6 address is in brackets.
fn has_good_port(host: &str) -> bool {
    let after_address = host.rsplit_once(']').map_or(host, |(_, rest)| rest);
    match after_address.split_once(':') {
        None => true,
        Some((_, "")) => true,
        Some((_, port)) => port.parse::<u16>().is_ok_and(|port| port > 0),
    }
}

fn is_percent_encoded(text: &str) -> bool {
    text.split('%').skip(1).all(|rest| {
        let digits = rest.get(..2).unwrap_or_default();
        digits.len() == 2 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) && digits != "00"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(url: &str) -> String {
        DatabaseUrl::parse(url).expect_err(url).to_string()
    }

    #[test]
    fn only_the_two_schemes_are_taken() {
        for url in [
            "",
            "keyward.db",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "mysql://x",
            "/var/keyward.db",
            "postgres:x",
        ] {
            assert!(DatabaseUrl::parse(url).is_err(), "{url}");
        }
        for (url, path) in [
            ("sqlite:a/b.db", "a/b.db"),
            ("sqlite:///tmp/b.db", "/tmp/b.db"),
            (" SQLite:b.db\n", "b.db"),
        ] {
            let read = DatabaseUrl::parse(url).unwrap();
            assert_eq!(read, DatabaseUrl::Sqlite(path.into()), "{url}");
        }
        assert!(error("sqlite:keyward.db?mode=ro").contains("takes no parameters"));
    }

    #[test]
    fn a_place_never_shows_the_password() {
        for (url, place) in [
            (
                "postgres://ana:s3cret@db.local:5433/keys?x=1",
                "db.local:5433/keys",
            ),
            (
                "postgres://db.local/keys?user=me@corp&password=x",
                "db.local/keys",
            ),
            ("postgresql://a:b@one:1,two:2/keys?", "one:1,two:2/keys"),
            ("POSTGRES://a:b@[::1]:5432/keys", "[::1]:5432/keys"),
            ("postgres://a:b%40c@db/keys\n", "db/keys"),
        ] {
            let read = DatabaseUrl::parse(url).unwrap();
            assert_eq!(read.place(), place);
        }
    }

    #[test]
    fn limits_are_added_once_and_empty_parameters_left_out() {
        let url = DatabaseUrl::parse("postgres://db/keys?connect_timeout=9&&").unwrap();
        let DatabaseUrl::Postgres(url) = url else {
            panic!("another kind")
        };
        assert!(url.starts_with("postgres://db/keys?connect_timeout=9&tcp_user_timeout=5000&"));
        assert_eq!(url.matches("connect_timeout").count(), 1);
        assert!(url.ends_with("target_session_attrs=read-write"));
    }

    #[test]
    fn what_is_wrong_is_said_without_any_part_of_a_password() {
        for url in [
            "postgres://ana:s3cr@et-tail@db/keys",
            "postgres://ana:s3cr/et-tail@db/keys",
            "postgres://ana:s3cr?et-tail@db/keys",
            "postgres://ana:s3cr%et-tail@db/keys",
            "postgres://ana:s3cr et-tail@db/keys",
            "postgres://ana:s3cret-tail",
            "postgres://ana:s3cret-tail@db:x/keys",
            "postgres://ana:s3cret-tail@db/keys?sslmode",
            "postgres://ana:s3cret-tail@db/keys?S3CR=et-tail=x",
            "postgres://ana:s3cret-tail@db/ke\nys",
        ] {
            let said = error(url);
            assert!(!said.contains("tail") && !said.contains("3cr"), "{said}");
            assert!(said.ends_with('.') && !said.contains('\n'), "{said}");
        }
    }
}
