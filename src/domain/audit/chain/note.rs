//! Signed notes (<https://c2sp.org/signed-note>) with Ed25519 (RFC 8032): a text, an empty line, and
//! its signature. Checkpoints and exports end in one, so that anybody can check them with the public
//! key alone.

use std::fmt;
use std::str::FromStr;

use base64::prelude::{BASE64_STANDARD, Engine};
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};

use crate::instance_secret::InstanceSecret;

/// The signature type Ed25519, as the format numbers it.
const ED25519: u8 = 1;

/// Signs notes in the name of an instance.
pub struct Signer {
    key: SigningKey,
    public: PublicKey,
}

impl Signer {
    /// Signs for the database with the id `installation`, with a key that is derived from `secret`.
    pub fn new(installation: &str, secret: &InstanceSecret) -> Self {
        let key = SigningKey::from_bytes(&secret.audit_seed());
        let public = PublicKey {
            name: format!("keyward-{installation}"),
            key: key.verifying_key(),
        };
        Signer { key, public }
    }

    /// What notes are checked with.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// `text`, which ends with a line break, as a note.
    pub fn sign(&self, text: &str) -> String {
        let signature = self.key.sign(text.as_bytes());
        let signed = [&self.public.id()[..], &signature.to_bytes()].concat();
        let name = &self.public.name;
        format!("{text}\n— {name} {}\n", BASE64_STANDARD.encode(signed))
    }
}

/// The public half of an instance's key. As text, it is `name+id+key`, the form of a verifier key in
/// the format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    key: VerifyingKey,
}

impl PublicKey {
    /// The name of the instance, which notes begin with.
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let hash = Sha256::new()
            .chain_update(&self.name)
            .chain_update(b"\n")
            .chain_update([ED25519])
            .chain_update(self.key.as_bytes())
            .finalize();
        [hash[0], hash[1], hash[2], hash[3]]
    }

    /// What `note` says, if this key signed it.
    ///
    /// # Errors
    /// It did not, or the note was changed since.
    pub fn open<'a>(&self, note: &'a str) -> Result<&'a str, NoteError> {
        let (text, signatures) = split(note).ok_or(NoteError::Malformed)?;
        let mut is_ours = false;
        for line in signatures.lines() {
            let signed = line
                .strip_prefix("— ")
                .and_then(|line| line.strip_prefix(&self.name)?.strip_prefix(' '))
                .and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
            let signed = signed.and_then(|bytes| <[u8; 68]>::try_from(bytes).ok());
            let Some((id, signature)) = signed.as_ref().and_then(|bytes| bytes.split_at_checked(4))
            else {
                continue;
            };
            if id != self.id() {
                continue;
            }
            is_ours = true;
            let signature = Signature::from_slice(signature);
            let signature = signature.map_err(|_| NoteError::Malformed)?;
            if self.key.verify_strict(text.as_bytes(), &signature).is_ok() {
                return Ok(text);
            }
        }
        Err(match is_ours {
            true => NoteError::Changed,
            false => NoteError::OtherKey,
        })
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let id = base16ct::lower::encode_string(&self.id());
        let key = [&[ED25519][..], self.key.as_bytes()].concat();
        write!(f, "{}+{id}+{}", self.name, BASE64_STANDARD.encode(key))
    }
}

impl FromStr for PublicKey {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "a public key is what `keyward audit public-key` prints: name+id+key";
        let mut parts = text.trim().splitn(3, '+');
        let (Some(name), Some(_), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(WRONG);
        };
        let bytes = BASE64_STANDARD.decode(key).map_err(|_| WRONG)?;
        let key = bytes.strip_prefix(&[ED25519]).ok_or(WRONG)?;
        let key = <&[u8; 32]>::try_from(key).map_err(|_| WRONG)?;
        let key = PublicKey {
            name: name.to_owned(),
            key: VerifyingKey::from_bytes(key).map_err(|_| WRONG)?,
        };
        match key.to_string() == text.trim() {
            true => Ok(key),
            false => Err("the id in this public key does not belong to its name and key"),
        }
    }
}

/// The text of a note, and its signatures.
fn split(note: &str) -> Option<(&str, &str)> {
    let end = note.rfind("\n\n")?;
    Some((&note[..=end], &note[end + 2..]))
}

/// What `note` says, whoever signed it. For what its signature was checked before.
pub fn unchecked(note: &str) -> Option<&str> {
    split(note).map(|(text, _)| text)
}

/// Why a note does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// It is no signed note.
    #[error("it is not a signed note")]
    Malformed,
    /// Its signature does not fit its text.
    #[error("it was changed after it was signed")]
    Changed,
    /// Another key signed it.
    #[error("it was signed with another key")]
    OtherKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the format's reference implementation in Go (`golang.org/x/mod/sumdb/note`).
    const PETER: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const NOTE: &str = "If you think cryptography is the answer to your problem,\nthen you don't know \
        what your problem is.\n\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

    fn signer() -> Signer {
        let key = SigningKey::from_bytes(&[7; 32]);
        let name = "keyward-test".into();
        let public = PublicKey {
            name,
            key: key.verifying_key(),
        };
        Signer { key, public }
    }

    #[test]
    fn a_note_of_another_implementation_is_read() {
        let key: PublicKey = PETER.parse().unwrap();
        assert_eq!(key.to_string(), PETER);
        let text = key.open(NOTE).unwrap();
        assert!(text.starts_with("If you think") && text.ends_with("problem is.\n"));
    }

    #[test]
    fn a_changed_note_does_not_count() {
        let signer = signer();
        let note = signer.sign("one\ntwo\n");
        assert_eq!(signer.public().open(&note), Ok("one\ntwo\n"));
        let changed = note.replace("two", "three");
        assert_eq!(signer.public().open(&changed), Err(NoteError::Changed));
        assert_eq!(signer.public().open("one\n"), Err(NoteError::Malformed));
        assert_eq!(signer.public().open(NOTE), Err(NoteError::OtherKey));
    }

    #[test]
    fn a_public_key_is_read_as_it_is_written() {
        let key = signer().public().clone();
        assert_eq!(key.to_string().parse(), Ok(key.clone()));
        let other = key.to_string().replace("keyward-test", "keyward-rest");
        assert!(other.parse::<PublicKey>().is_err());
        assert!("keyward".parse::<PublicKey>().is_err());
    }
}
