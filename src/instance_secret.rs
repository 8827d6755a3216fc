//! The instance's secret and its rotation. The keys that sign session cookies and short-lived
//! tokens are derived from it.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha512};
use time::Duration;
use zeroize::Zeroizing;

use crate::clock::{UtcTime, parse_rfc3339, rfc3339};
use crate::config::Config;
use crate::db::connection::DatabaseUrl;

/// The file beside a SQLite database: the secret and, on a second line, the previous one.
const FILE: &str = "keyward.secret";
/// How long the previous secret stays valid.
const OVERLAP: Duration = Duration::DAY;
/// Separates a previous secret from the time until which it is valid.
const UNTIL: &str = " until ";

/// The instance's secret. Never printed.
pub struct InstanceSecret {
    current: Zeroizing<String>,
    previous: Option<Previous>,
}

struct Previous {
    text: Zeroizing<String>,
    until: UtcTime,
}

/// A key derived from the instance's secret. `until` is set if it comes from the previous secret.
#[derive(Clone)]
pub struct DerivedKey {
    pub bytes: Zeroizing<[u8; 64]>,
    pub until: Option<UtcTime>,
}

/// What to set after a rotation, if the secret is a setting and not a file.
pub struct ToSet {
    pub secret: Zeroizing<String>,
    pub previous: Option<Zeroizing<String>>,
}

/// Why there is no secret. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error(
        "On Postgres every instance needs the same secret: set KEYWARD_SECRET (or \
         KEYWARD_SECRET_FILE) to at least 32 random characters, for instance from `openssl rand \
         -hex 32`."
    )]
    Missing,
    #[error("The instance's secret at {place} can't be used: {cause}.")]
    File {
        place: String,
        cause: std::io::Error,
    },
    #[error(
        "KEYWARD_PREVIOUS_SECRET must be what `keyward rotate-secret` printed: the secret, the \
         word until, and a time."
    )]
    Previous,
    #[error("The operating system has no randomness to give: {0}.")]
    Randomness(#[from] getrandom::Error),
}

impl InstanceSecret {
    /// The secret from the settings or, for SQLite, from the file beside the database, which is
    /// created with mode 0600 if it is missing.
    ///
    /// # Errors
    /// None is set for Postgres, or the file can't be made or read.
    pub fn find(config: &Config) -> Result<Self, SecretError> {
        if let Some(secret) = &config.secret {
            let previous = config.previous_secret.as_ref();
            let previous = previous.map(|text| Previous::read(text.expose()));
            return Ok(InstanceSecret {
                current: Zeroizing::new(secret.expose().to_owned()),
                previous: previous.transpose()?,
            });
        }
        match &config.database {
            DatabaseUrl::Postgres(_) => Err(SecretError::Missing),
            DatabaseUrl::Sqlite(database) => {
                let path = Path::new(database).with_file_name(FILE);
                read_or_make(&path)
            }
        }
    }

    /// Replaces the secret. The old one stays valid for a day, unless it `leaked`. If the secret is
    /// a setting, returns what to set on every instance; `None` if it is a file, which is then
    /// written. Instances use the new secret once they are restarted.
    ///
    /// # Errors
    /// There is no secret to replace, or the file can't be written.
    pub fn rotate(
        config: &Config,
        leaked: bool,
        now: UtcTime,
    ) -> Result<Option<ToSet>, SecretError> {
        let present = Self::find(config)?;
        let secret = new_secret()?;
        let until = rfc3339(now + OVERLAP);
        let previous =
            (!leaked).then(|| Zeroizing::new(format!("{}{UNTIL}{until}", *present.current)));
        match &config.database {
            DatabaseUrl::Sqlite(database) if config.secret.is_none() => {
                let path = Path::new(database).with_file_name(FILE);
                let second = previous.as_ref().map_or("", |previous| previous);
                let text = Zeroizing::new(format!("{}\n{second}\n", *secret));
                let draft = write_draft(&path, &text)?;
                std::fs::rename(&draft, &path).map_err(|cause| failed(&path, cause))?;
                Ok(None)
            }
            _ => Ok(Some(ToSet { secret, previous })),
        }
    }

    /// The keys that session cookies are signed with, the current one first.
    pub fn cookie_keys(&self) -> Vec<DerivedKey> {
        self.derive(b"keyward session cookies\0")
    }

    /// The keys that short-lived tokens are signed with, the current one first.
    pub fn jwt_keys(&self) -> Vec<DerivedKey> {
        self.derive(b"keyward json web tokens\0")
    }

    /// The seed of the Ed25519 key that signs statements about the audit log.
    pub fn audit_seed(&self) -> Zeroizing<[u8; 32]> {
        let derived = &self.derive(b"keyward audit log\0")[0];
        let (seed, _) = derived.bytes.split_at(32);
        Zeroizing::new(seed.try_into().expect("32 of 64 bytes"))
    }

    fn derive(&self, label: &[u8]) -> Vec<DerivedKey> {
        let derive = |text: &str, until| {
            let labelled = Sha512::new().chain_update(label);
            DerivedKey {
                bytes: Zeroizing::new(labelled.chain_update(text.as_bytes()).finalize().into()),
                until,
            }
        };
        let previous = self.previous.iter();
        let previous = previous.map(|previous| derive(&previous.text, Some(previous.until)));
        [derive(&self.current, None)]
            .into_iter()
            .chain(previous)
            .collect()
    }
}

impl Previous {
    fn read(text: &str) -> Result<Self, SecretError> {
        let parts = text.trim().split_once(UNTIL);
        let (secret, until) = parts.ok_or(SecretError::Previous)?;
        Ok(Previous {
            text: Zeroizing::new(secret.to_owned()),
            until: parse_rfc3339(until.trim()).ok_or(SecretError::Previous)?,
        })
    }
}

fn failed(path: &Path, cause: std::io::Error) -> SecretError {
    SecretError::File {
        place: path.display().to_string(),
        cause,
    }
}

fn read_or_make(path: &Path) -> Result<InstanceSecret, SecretError> {
    match File::open(path) {
        Ok(mut file) => {
            let mut text = Zeroizing::new(String::new());
            file.read_to_string(&mut text)
                .map_err(|cause| failed(path, cause))?;
            let mut lines = text.lines();
            let current = lines.next().unwrap_or_default().trim();
            if current.len() < 32 {
                let cause = std::io::Error::other("it is shorter than 32 characters");
                return Err(failed(path, cause));
            }
            let previous = lines.next().filter(|line| !line.trim().is_empty());
            let previous = previous.map(|line| {
                let cause = "its second line is not a secret, the word until, and a time";
                Previous::read(line).map_err(|_| failed(path, std::io::Error::other(cause)))
            });
            Ok(InstanceSecret {
                current: Zeroizing::new(current.to_owned()),
                previous: previous.transpose()?,
            })
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(path)?.map_or_else(|| read_or_make(path), Ok)
        }
        Err(error) => Err(failed(path, error)),
    }
}

/// Writes a new secret to a draft and links it to `path`, so that nobody ever reads half of one;
/// `None` if another instance was faster.
fn make(path: &Path) -> Result<Option<InstanceSecret>, SecretError> {
    let text = new_secret()?;
    let draft = write_draft(path, &text)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft).map_err(|cause| failed(path, cause))?;
    match linked {
        Ok(()) => Ok(Some(InstanceSecret {
            current: text,
            previous: None,
        })),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(failed(path, error)),
    }
}

fn new_secret() -> Result<Zeroizing<String>, SecretError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut())?;
    Ok(Zeroizing::new(
        BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()),
    ))
}

/// Writes `text` into a file beside `path` that only its owner may read.
fn write_draft(path: &Path, text: &str) -> Result<PathBuf, SecretError> {
    let draft = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(|cause| failed(path, cause))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(|cause| failed(path, cause))?;
    Ok(draft)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Flags, find};

    const NOW: UtcTime = time::macros::datetime!(2026-11-21 12:00);

    fn config(folder: &Path, variables: &[(String, String)]) -> Config {
        let database_url = format!("sqlite:{}", folder.join("keyward.db").display());
        let flags = Flags {
            listen: None,
            database_url: Some(database_url),
        };
        Config::from_found(&find(&flags, variables, folder).unwrap()).unwrap()
    }

    fn bytes(keys: &[DerivedKey]) -> Vec<[u8; 64]> {
        keys.iter().map(|key| *key.bytes).collect()
    }

    #[test]
    fn the_secret_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let made = read_or_make(&path).unwrap();
        let read = read_or_make(&path).unwrap();
        assert_eq!(bytes(&made.cookie_keys()), bytes(&read.cookie_keys()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_rotated_secret_keeps_the_one_before_for_a_day() {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path(), &[]);
        let before = InstanceSecret::find(&config).unwrap();
        assert!(
            InstanceSecret::rotate(&config, false, NOW)
                .unwrap()
                .is_none()
        );
        let after = InstanceSecret::find(&config).unwrap();
        let keys = after.jwt_keys();
        assert_ne!(bytes(&keys)[0], bytes(&before.jwt_keys())[0]);
        assert_eq!(bytes(&keys)[1], bytes(&before.jwt_keys())[0]);
        assert_eq!(keys[1].until, Some(NOW + Duration::DAY));
        assert_ne!(bytes(&keys)[0], bytes(&after.cookie_keys())[0]);
        // A leaked secret is no longer valid.
        InstanceSecret::rotate(&config, true, NOW).unwrap();
        let only = InstanceSecret::find(&config).unwrap().jwt_keys();
        assert_eq!(only.len(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let file = std::fs::metadata(folder.path().join(FILE)).unwrap();
            assert_eq!(file.permissions().mode() & 0o777, 0o600);
        }
    }

    #[test]
    fn where_the_secret_is_a_setting_both_are_given_to_be_set() {
        let folder = tempfile::tempdir().unwrap();
        let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let before = [set("KEYWARD_SECRET", &"old secret ".repeat(4))];
        let old = config(folder.path(), &before);
        let to_set = InstanceSecret::rotate(&old, false, NOW).unwrap().unwrap();
        let after = [
            set("KEYWARD_SECRET", &to_set.secret),
            set("KEYWARD_PREVIOUS_SECRET", &to_set.previous.unwrap()),
        ];
        let new = InstanceSecret::find(&config(folder.path(), &after)).unwrap();
        let old = InstanceSecret::find(&old).unwrap();
        assert_eq!(bytes(&new.jwt_keys())[1], bytes(&old.jwt_keys())[0]);
    }
}
