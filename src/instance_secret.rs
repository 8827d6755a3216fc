//! The instance's secret, from which the key that signs session cookies is made.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha512};
use zeroize::Zeroizing;

use crate::config::Config;
use crate::db::connection::DatabaseUrl;

/// The file beside a SQLite database.
const FILE: &str = "keyward.secret";

/// The instance's secret. Never printed.
pub struct InstanceSecret(Zeroizing<String>);

/// Why there is no secret; one sentence each.
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
    #[error("The operating system has no randomness to give: {0}.")]
    Randomness(#[from] getrandom::Error),
}

impl InstanceSecret {
    /// The secret that is set or, for SQLite, the one beside the database, which is made with
    /// mode 0600 if it is missing.
    ///
    /// # Errors
    /// None is set for Postgres, or the file can't be made or read.
    pub fn find(config: &Config) -> Result<Self, SecretError> {
        if let Some(secret) = &config.secret {
            return Ok(InstanceSecret(Zeroizing::new(secret.expose().to_owned())));
        }
        match &config.database {
            DatabaseUrl::Postgres(_) => Err(SecretError::Missing),
            DatabaseUrl::Sqlite(database) => {
                let path = Path::new(database).with_file_name(FILE);
                read_or_make(&path)
            }
        }
    }

    /// 64 bytes for signing session cookies.
    pub fn cookie_key(&self) -> [u8; 64] {
        let labelled = Sha512::new().chain_update(b"keyward session cookies\0");
        labelled.chain_update(self.0.as_bytes()).finalize().into()
    }
}

fn read_or_make(path: &Path) -> Result<InstanceSecret, SecretError> {
    let failed = |cause| SecretError::File {
        place: path.display().to_string(),
        cause,
    };
    match File::open(path) {
        Ok(mut file) => {
            let mut text = Zeroizing::new(String::new());
            file.read_to_string(&mut text).map_err(failed)?;
            if text.trim().len() < 32 {
                return Err(failed(std::io::Error::other(
                    "it is shorter than 32 characters",
                )));
            }
            Ok(InstanceSecret(Zeroizing::new(text.trim().to_owned())))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            make(path)?.map_or_else(|| read_or_make(path), Ok)
        }
        Err(error) => Err(failed(error)),
    }
}

/// Writes a new secret beside its final name and links it there, so that nobody ever reads
/// half of one; `None` if another instance was faster.
fn make(path: &Path) -> Result<Option<InstanceSecret>, SecretError> {
    let failed = |cause| SecretError::File {
        place: path.display().to_string(),
        cause,
    };
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut())?;
    let text = Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()));
    let draft = PathBuf::from(format!("{}.{}", path.display(), std::process::id()));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft).map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)?;
    let linked = std::fs::hard_link(&draft, path);
    std::fs::remove_file(&draft).map_err(failed)?;
    match linked {
        Ok(()) => Ok(Some(InstanceSecret(text))),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(None),
        Err(error) => Err(failed(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_secret_is_made_once_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        let made = read_or_make(&path).unwrap();
        let read = read_or_make(&path).unwrap();
        assert_eq!(made.cookie_key(), read.cookie_key());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
