//! Settings: where each value comes from, and what is in force.
//!
//! Flags over environment over `keyward.toml` over defaults. A setting that nobody knows is an
//! error that names the nearest known one.

use std::fmt;
use std::net::SocketAddr;
use std::path::Path;

use ipnet::IpNet;
use zeroize::Zeroizing;

use crate::db::connection::{DatabaseUrl, OpenError};
use crate::network;

/// The file in the working folder.
const FILE: &str = "keyward.toml";
const PREFIX: &str = "KEYWARD_";

/// A setting as the documentation lists it.
#[derive(Debug)]
pub struct Setting {
    /// The name in `keyward.toml`; with dashes, the flag.
    pub name: &'static str,
    pub variable: &'static str,
    pub default: Option<&'static str>,
    /// Never shown, and may come from the file that `<variable>_FILE` names.
    pub secret: bool,
}

/// Every setting.
pub const SETTINGS: [Setting; 11] = [
    Setting::new("listen", "KEYWARD_LISTEN", Some("127.0.0.1:8080")),
    Setting::new("database_url", "DATABASE_URL", Some("sqlite:keyward.db")).secret(),
    Setting::new("secret", "KEYWARD_SECRET", None).secret(),
    Setting::new("previous_secret", "KEYWARD_PREVIOUS_SECRET", None).secret(),
    Setting::new("public_url", "KEYWARD_PUBLIC_URL", None),
    Setting::new("trusted_proxies", "KEYWARD_TRUSTED_PROXIES", Some("")),
    Setting::new("workers", "KEYWARD_WORKERS", None),
    Setting::new(
        "usage_retention_days",
        "KEYWARD_USAGE_RETENTION_DAYS",
        Some("400"),
    ),
    Setting::new("max_token_days", "KEYWARD_MAX_TOKEN_DAYS", Some("365")),
    Setting::new(
        "api_requests_per_minute",
        "KEYWARD_API_REQUESTS_PER_MINUTE",
        Some("6000"),
    ),
    Setting::new("log", "KEYWARD_LOG", Some("info,actix_server=warn")),
];

impl Setting {
    const fn new(
        name: &'static str,
        variable: &'static str,
        default: Option<&'static str>,
    ) -> Self {
        Setting {
            name,
            variable,
            default,
            secret: false,
        }
    }

    const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }
}

/// Where a value was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    Default,
    File,
    Variable(String),
    Flag,
    Unset,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Source::Default => f.write_str("default"),
            Source::File => f.write_str(FILE),
            Source::Variable(name) => f.write_str(name),
            Source::Flag => f.write_str("flag"),
            Source::Unset => f.write_str("not set"),
        }
    }
}

/// A setting's value and where it was found.
#[derive(Debug)]
pub struct Found {
    pub setting: &'static Setting,
    pub value: Option<Zeroizing<String>>,
    pub source: Source,
}

/// What is in force.
#[derive(Clone, Debug)]
pub struct Config {
    pub listen: SocketAddr,
    pub database: DatabaseUrl,
    pub secret: Option<SecretText>,
    /// The one before, as `keyward rotate-secret` gives it: `SECRET until TIME`.
    pub previous_secret: Option<SecretText>,
    /// The address that browsers use, where a proxy stands before Keyward.
    pub public_url: Option<PublicUrl>,
    pub trusted_proxies: Vec<IpNet>,
    /// Threads that serve requests.
    pub workers: usize,
    /// How many days usage and sources are kept.
    pub usage_retention_days: u16,
    /// How many days a personal token lives at most.
    pub max_token_days: u16,
    /// How many requests a minute the management API takes from one token or address.
    pub api_requests_per_minute: u32,
    /// A filter in the syntax of `tracing-subscriber`, for instance `info,keyward=debug`.
    pub log: String,
}

/// A secret setting. Never printed.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// Scheme and host of the console as browsers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    pub https: bool,
    /// `scheme://host[:port]`, without a path.
    pub origin: String,
}

/// Why the settings can't be used; one sentence each.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("There is no setting {name}. Did you mean {nearest}?")]
    Unknown { name: String, nearest: &'static str },
    #[error("{name} must be {expected}, not {value:?} (from {origin}).")]
    Wrong {
        name: &'static str,
        expected: &'static str,
        value: String,
        origin: Source,
    },
    #[error("{variable} names the file {path}, which can't be read: {cause}.")]
    File {
        variable: String,
        path: String,
        cause: std::io::Error,
    },
    #[error("{FILE} can't be read: {0}.")]
    Toml(String),
    #[error("{0} and {0}_FILE are both set. Set one of them.")]
    Twice(&'static str),
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error("KEYWARD_SECRET must be at least 32 characters long.")]
    ShortSecret,
}

/// What the command line said.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub listen: Option<String>,
    pub database_url: Option<String>,
}

/// Finds the value of every setting: in `flags`, in the environment `variables`, in
/// `keyward.toml` in `folder`, or its default.
///
/// # Errors
/// A setting nobody knows, or a file that can't be read.
pub fn find(
    flags: &Flags,
    variables: &[(String, String)],
    folder: &Path,
) -> Result<Vec<Found>, ConfigError> {
    let file = read_file(folder)?;
    refuse_unknown(variables, &file)?;
    SETTINGS
        .iter()
        .map(|setting| find_one(setting, flags, variables, &file))
        .collect()
}

fn find_one(
    setting: &'static Setting,
    flags: &Flags,
    variables: &[(String, String)],
    file: &toml::Table,
) -> Result<Found, ConfigError> {
    let variable = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.clone())
    };
    let flag = match setting.name {
        "listen" => flags.listen.clone(),
        "database_url" => flags.database_url.clone(),
        _ => None,
    };
    let file_variable = format!("{}_FILE", setting.variable);
    let path = variable(&file_variable).filter(|_| setting.secret);
    let (value, source) = if let Some(value) = flag {
        (Some(value), Source::Flag)
    } else if let Some(value) = variable(setting.variable) {
        if path.is_some() {
            return Err(ConfigError::Twice(setting.variable));
        }
        (Some(value), Source::Variable(setting.variable.to_owned()))
    } else if let Some(path) = path {
        let read = std::fs::read_to_string(&path);
        let value = read.map_err(|cause| ConfigError::File {
            variable: file_variable.clone(),
            path,
            cause,
        })?;
        (
            Some(value.trim_end().to_owned()),
            Source::Variable(file_variable),
        )
    } else if let Some(value) = file.get(setting.name) {
        (Some(toml_text(value)), Source::File)
    } else if let Some(value) = setting.default {
        (Some(value.to_owned()), Source::Default)
    } else if setting.name == "workers" {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        (Some(processors.to_string()), Source::Default)
    } else {
        (None, Source::Unset)
    };
    Ok(Found {
        setting,
        value: value.map(Zeroizing::new),
        source,
    })
}

fn read_file(folder: &Path) -> Result<toml::Table, ConfigError> {
    match std::fs::read_to_string(folder.join(FILE)) {
        Ok(text) => text.parse().map_err(|error: toml::de::Error| {
            ConfigError::Toml(error.message().trim_end_matches('.').to_owned())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(toml::Table::new()),
        Err(error) => Err(ConfigError::Toml(error.to_string())),
    }
}

/// A list of strings is the same as one string with commas.
fn toml_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.clone(),
        toml::Value::Array(items) => items.iter().map(toml_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn refuse_unknown(variables: &[(String, String)], file: &toml::Table) -> Result<(), ConfigError> {
    let names = || SETTINGS.iter().map(|setting| setting.name);
    let known = || SETTINGS.iter().map(|setting| setting.variable);
    if let Some(name) = file
        .keys()
        .find(|name| !names().any(|known| known == name.as_str()))
    {
        return Err(ConfigError::Unknown {
            name: name.clone(),
            nearest: nearest(name, names()),
        });
    }
    for (name, _) in variables
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
    {
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        let setting = SETTINGS.iter().find(|setting| setting.variable == plain);
        if !setting.is_some_and(|setting| plain == name || setting.secret) {
            let nearest = nearest(plain, known());
            return Err(ConfigError::Unknown {
                name: name.clone(),
                nearest,
            });
        }
    }
    Ok(())
}

fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    known
        .min_by_key(|known| strsim::damerau_levenshtein(name, known))
        .expect("there are settings")
}

impl Config {
    /// Reads the values that were found.
    ///
    /// # Errors
    /// A value that can't be what its setting needs.
    pub fn from_found(found: &[Found]) -> Result<Self, ConfigError> {
        let secret = value(found, "secret").map(|text| SecretText(Zeroizing::new(text.into())));
        if secret
            .as_ref()
            .is_some_and(|secret| secret.expose().chars().count() < 32)
        {
            return Err(ConfigError::ShortSecret);
        }
        Ok(Config {
            listen: parse(
                found,
                "listen",
                "an address and a port such as 127.0.0.1:8080",
                |text| text.parse().ok(),
            )?
            .expect("has a default"),
            database: DatabaseUrl::parse(value(found, "database_url").unwrap_or_default())?,
            secret,
            previous_secret: value(found, "previous_secret")
                .map(|text| SecretText(Zeroizing::new(text.into()))),
            public_url: parse(
                found,
                "public_url",
                "an address such as https://keys.example.com, without a path",
                public_url,
            )?,
            trusted_proxies: parse(
                found,
                "trusted_proxies",
                "addresses or networks such as 10.0.0.0/8, parted by commas",
                networks,
            )?
            .unwrap_or_default(),
            workers: parse(
                found,
                "workers",
                "a number of threads from 1 to 256",
                |text| {
                    text.parse()
                        .ok()
                        .filter(|workers| (1..=256).contains(workers))
                },
            )?
            .expect("has a default"),
            usage_retention_days: parse(
                found,
                "usage_retention_days",
                "a number of days from 1 to 3650",
                |text| text.parse().ok().filter(|days| (1..=3_650).contains(days)),
            )?
            .expect("has a default"),
            max_token_days: parse(
                found,
                "max_token_days",
                "a number of days from 1 to 365",
                |text| text.parse().ok().filter(|days| (1..=365).contains(days)),
            )?
            .expect("has a default"),
            api_requests_per_minute: parse(
                found,
                "api_requests_per_minute",
                "a number of requests from 1 to 1000000",
                |text| {
                    let number = text.parse().ok();
                    number.filter(|number| (1..=1_000_000).contains(number))
                },
            )?
            .expect("has a default"),
            log: value(found, "log").unwrap_or_default().to_owned(),
        })
    }
}

fn value<'a>(found: &'a [Found], name: &str) -> Option<&'a str> {
    let found = found.iter().find(|found| found.setting.name == name)?;
    found.value.as_ref().map(|value| value.as_str())
}

fn parse<T>(
    found: &[Found],
    name: &'static str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(found) = found.iter().find(|found| found.setting.name == name) else {
        return Ok(None);
    };
    let Some(text) = found.value.as_ref() else {
        return Ok(None);
    };
    read(text).map(Some).ok_or_else(|| ConfigError::Wrong {
        name,
        expected,
        value: text.as_str().to_owned(),
        origin: found.source.clone(),
    })
}

fn public_url(text: &str) -> Option<PublicUrl> {
    let text = text.trim_end_matches('/');
    let (scheme, host) = text.split_once("://")?;
    let https = match scheme {
        "https" => true,
        "http" => false,
        _ => return None,
    };
    let plain = !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']);
    plain.then(|| PublicUrl {
        https,
        origin: text.to_ascii_lowercase(),
    })
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(network::parse).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    fn in_folder(toml: &str, pairs: &[(&str, &str)], flags: &Flags) -> Result<Config, ConfigError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE), toml).unwrap();
        Config::from_found(&find(flags, &variables(pairs), folder.path())?)
    }

    #[test]
    fn flags_win_over_variables_over_the_file_over_defaults() {
        let flags = Flags {
            listen: Some("127.0.0.1:1".into()),
            ..Flags::default()
        };
        let environment = [("KEYWARD_LISTEN", "127.0.0.1:2"), ("KEYWARD_WORKERS", "3")];
        let file = "listen = '127.0.0.1:4'\nworkers = 5\ntrusted_proxies = ['10.0.0.0/8']";
        let config = in_folder(file, &environment, &flags).unwrap();
        assert_eq!(config.listen.port(), 1);
        assert_eq!(config.workers, 3);
        assert_eq!(config.trusted_proxies.len(), 1);
        assert_eq!(config.database, DatabaseUrl::Sqlite("keyward.db".into()));
    }

    #[test]
    fn an_unknown_setting_names_the_nearest_one() {
        let told = |toml: &str, pairs: &[(&str, &str)]| {
            in_folder(toml, pairs, &Flags::default())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            told("", &[("KEYWARD_LISTN", "x")]),
            "There is no setting KEYWARD_LISTN. Did you mean KEYWARD_LISTEN?"
        );
        assert_eq!(
            told("worker = 2", &[]),
            "There is no setting worker. Did you mean workers?"
        );
        assert!(told("", &[("KEYWARD_WORKERS_FILE", "x")]).contains("KEYWARD_WORKERS_FILE"));
    }

    #[test]
    fn a_wrong_value_is_one_sentence() {
        let told = |pairs: &[(&str, &str)]| {
            in_folder("", pairs, &Flags::default())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            told(&[("KEYWARD_LISTEN", "8080")]),
            "listen must be an address and a port such as 127.0.0.1:8080, not \"8080\" (from \
             KEYWARD_LISTEN)."
        );
        for pair in [
            ("DATABASE_URL", "mysql://x"),
            ("KEYWARD_PUBLIC_URL", "keys.example.com"),
            ("KEYWARD_PUBLIC_URL", "https://keys.example.com/path"),
            ("KEYWARD_TRUSTED_PROXIES", "nginx"),
            ("KEYWARD_WORKERS", "0"),
            ("KEYWARD_SECRET", "short"),
        ] {
            let told = told(&[pair]);
            assert!(told.ends_with('.') && !told.contains('\n'), "{told}");
        }
    }

    #[test]
    fn a_secret_may_come_from_a_file_and_is_never_printed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, format!("{}\n", "s".repeat(40))).unwrap();
        let path = path.display().to_string();
        let config = in_folder("", &[("KEYWARD_SECRET_FILE", &path)], &Flags::default()).unwrap();
        assert_eq!(config.secret.as_ref().unwrap().expose().len(), 40);
        assert!(!format!("{config:?}").contains("sss"));
        let both = [
            ("KEYWARD_SECRET_FILE", path.as_str()),
            ("KEYWARD_SECRET", "x"),
        ];
        assert!(in_folder("", &both, &Flags::default()).is_err());
    }
}
