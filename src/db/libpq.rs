//! What libpq is told beside the URL that was set.

use std::path::PathBuf;

use form_urlencoded::byte_serialize;

use super::database_url::UrlError;

/// The URL that libpq gets for `url`, which has parameters: with the name that the server's lists
/// show, and with the file of the system's certificates.
///
/// # Errors
/// The system's certificates are asked for, and there are none.
pub fn url(url: &str) -> Result<String, UrlError> {
    let mut named = format!("{url}&fallback_application_name={}", encoded(&name()));
    let is_system = std::env::var("PGSSLROOTCERT").is_ok_and(|it| it == "system");
    if is_system && !named.contains("sslrootcert=") {
        named.push_str("&sslrootcert=system");
    }
    with_system_certificates(&named, || openssl_probe::probe().cert_file)
}

/// The machine and the process, in this order: lists cut names after 63 bytes.
fn name() -> String {
    let machine = rustix::system::uname();
    let machine = machine.nodename().to_string_lossy().into_owned();
    format!("keyward {machine} {}", std::process::id())
}

/// Replaces `sslrootcert=system`: the bundled OpenSSL looks where it was built, not where this
/// system keeps its certificates. Like libpq's own `system`, it means `sslmode=verify-full`.
fn with_system_certificates(
    url: &str,
    find: impl FnOnce() -> Option<PathBuf>,
) -> Result<String, UrlError> {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let mut parameters: Vec<String> = parameters.split('&').map(str::to_owned).collect();
    let Some(at) = parameters
        .iter()
        .position(|parameter| parameter == "sslrootcert=system")
    else {
        return Ok(url.to_owned());
    };
    let found = find().ok_or(UrlError::NoCertificates)?;
    parameters[at] = format!("sslrootcert={}", encoded(&found.to_string_lossy()));
    match parameters.iter().find(|it| it.starts_with("sslmode=")) {
        None => parameters.push("sslmode=verify-full".into()),
        Some(mode) if mode == "sslmode=verify-full" => {}
        Some(_) => return Err(UrlError::WeakMode),
    }
    Ok(format!("{address}?{}", parameters.join("&")))
}

/// libpq reads no `+` as a space.
fn encoded(text: &str) -> String {
    byte_serialize(text.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn system(url: &str) -> Result<String, UrlError> {
        with_system_certificates(url, || Some("/etc/ssl/all certs.pem".into()))
    }

    #[test]
    fn the_systems_certificates_are_a_file_and_names_are_verified() {
        assert_eq!(
            system("postgres://db/keys?sslrootcert=system&x=1").unwrap(),
            "postgres://db/keys?sslrootcert=%2Fetc%2Fssl%2Fall%20certs.pem&x=1&sslmode=verify-full"
        );
        let weak = system("postgres://db/keys?sslmode=require&sslrootcert=system");
        assert_eq!(weak.unwrap_err(), UrlError::WeakMode);
        let own = "postgres://db/keys?sslmode=verify-ca&sslrootcert=own.pem";
        assert_eq!(system(own).unwrap(), own);
        let none = with_system_certificates("postgres://db/?sslrootcert=system", || None);
        assert_eq!(none.unwrap_err(), UrlError::NoCertificates);
    }

    #[test]
    fn a_server_can_show_whose_connection_it_is() {
        let told = url("postgres://db/keys?connect_timeout=2").unwrap();
        let (_, name) = told.split_once("fallback_application_name=").unwrap();
        assert!(name.starts_with("keyward%20"), "{name}");
        assert!(name.ends_with(&std::process::id().to_string()));
    }
}
