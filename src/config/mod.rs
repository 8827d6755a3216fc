//! Settings: where each value comes from, and what is in force.
//!
//! Flags override the environment, which overrides `keyward.toml`, which overrides defaults. An
//! unknown setting is an error that names the nearest known one.

mod error;
mod find;
mod listen;
mod public_url;
mod settings;
mod values;

pub use error::ConfigError;
pub use find::{Flags, find};
pub use listen::{ListenAddress, SocketAccess};
pub use public_url::PublicUrl;
pub use settings::{Found, SETTINGS, Setting, Source};
pub use values::{Config, SecretText};

#[cfg(test)]
mod tests {
    use super::settings::FILE;
    use super::*;
    use crate::db::connection::DatabaseUrl;

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
        assert_eq!(
            config.listen,
            [ListenAddress::Tcp("127.0.0.1:1".parse().unwrap())]
        );
        assert_eq!(config.workers, 3);
        assert_eq!(config.trusted_proxies.len(), 1);
        assert_eq!(config.database, DatabaseUrl::Sqlite("keyward.db".into()));
    }

    #[test]
    fn an_unknown_setting_names_the_nearest_one() {
        let message = |toml: &str, pairs: &[(&str, &str)]| {
            in_folder(toml, pairs, &Flags::default())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message("", &[("KEYWARD_LISTN", "x")]),
            "There is no setting KEYWARD_LISTN. Did you mean KEYWARD_LISTEN?"
        );
        assert_eq!(
            message("worker = 2", &[]),
            "There is no setting worker. Did you mean workers?"
        );
        assert!(message("", &[("KEYWARD_WORKERS_FILE", "x")]).contains("KEYWARD_WORKERS_FILE"));
    }

    #[test]
    fn one_may_listen_in_several_places() {
        let pairs = [(
            "KEYWARD_LISTEN",
            "127.0.0.1:0, unix:/run/keyward/keyward.sock",
        )];
        let config = in_folder("", &pairs, &Flags::default()).unwrap();
        let socket = ListenAddress::Unix("/run/keyward/keyward.sock".into());
        assert_eq!(config.listen[1], socket);
        assert_eq!(config.socket_access.mode, 0o660);
    }

    #[test]
    fn a_wrong_value_is_one_sentence() {
        let message = |pairs: &[(&str, &str)]| {
            in_folder("", pairs, &Flags::default())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            message(&[("KEYWARD_LISTEN", "8080")]),
            "listen must be an address and a port such as 127.0.0.1:8080, or unix: and a path, or \
             several of them separated by commas, not \"8080\" (from KEYWARD_LISTEN)."
        );
        for pair in [
            ("DATABASE_URL", "mysql://x"),
            ("KEYWARD_PUBLIC_URL", "keys.example.com"),
            ("KEYWARD_PUBLIC_URL", "https://keys.example.com/path"),
            ("KEYWARD_TRUSTED_PROXIES", "nginx"),
            ("KEYWARD_LISTEN", ","),
            ("KEYWARD_LISTEN", "unix:"),
            ("KEYWARD_SOCKET_MODE", "rw"),
            ("KEYWARD_SOCKET_MODE", "7777"),
            ("KEYWARD_WORKERS", "0"),
            ("KEYWARD_SECRET", "short"),
        ] {
            let sentence = message(&[pair]);
            assert!(
                sentence.ends_with('.') && !sentence.contains('\n'),
                "{sentence}"
            );
        }
    }

    #[test]
    fn a_value_is_the_same_through_every_door() {
        let secret = "s".repeat(40);
        let padded = format!(" {secret}\r\n");
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        std::fs::write(&path, &padded).unwrap();
        let path = format!("{}\n", path.display());
        let toml = format!("secret = \"\"\"\n{secret}\n\"\"\"");
        for (toml, pairs) in [
            ("", vec![("KEYWARD_SECRET", padded.as_str())]),
            (
                "",
                vec![
                    ("KEYWARD_SECRET_FILE", path.as_str()),
                    ("KEYWARD_SECRET", ""),
                ],
            ),
            (
                toml.as_str(),
                vec![("KEYWARD_SECRET", ""), ("KEYWARD_SECRET_FILE", "")],
            ),
        ] {
            let config = in_folder(toml, &pairs, &Flags::default()).unwrap();
            assert_eq!(config.secret.unwrap().expose(), secret);
        }
        let url = [("KEYWARD_PUBLIC_URL", "https://keys.example.com:443/\n")];
        let config = in_folder("", &url, &Flags::default()).unwrap();
        assert_eq!(
            config.public_url.unwrap().origin,
            "https://keys.example.com"
        );
    }

    #[test]
    fn an_empty_setting_is_an_unset_one() {
        let empty: Vec<(&str, &str)> = SETTINGS.map(|setting| (setting.variable, " ")).into();
        let config = in_folder("public_url = ''", &empty, &Flags::default()).unwrap();
        assert_eq!(config.database, DatabaseUrl::Sqlite("keyward.db".into()));
        assert!(config.secret.is_none() && config.public_url.is_none());
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
