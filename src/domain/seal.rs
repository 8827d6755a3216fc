//! The seal on a secret that waits for its reveal.

use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use keyward_key::PlainKey;
use zeroize::Zeroizing;

use crate::db::reveals::Of;

const NONCE_BYTES: usize = 12;

/// The key that opens one sealed secret (ChaCha20-Poly1305, RFC 8439). It exists only in a
/// browser's cookie.
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// A new random key.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut bytes = Zeroizing::new([0_u8; 32]);
        getrandom::fill(bytes.as_mut())?;
        Ok(SealKey(bytes))
    }

    /// The key that came back in a cookie; `None` if it has the wrong length.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(SealKey(Zeroizing::new(bytes.try_into().ok()?)))
    }

    /// The bytes for the cookie.
    pub fn expose(&self) -> &[u8] {
        self.0.as_ref()
    }

    /// Seals `secret` so that it opens only for this record in this session.
    ///
    /// # Errors
    /// The operating system has no randomness to give.
    pub fn seal(
        &self,
        secret: &PlainKey,
        of: Of,
        session_id: &str,
    ) -> Result<Vec<u8>, getrandom::Error> {
        let mut sealed = vec![0_u8; NONCE_BYTES];
        getrandom::fill(&mut sealed)?;
        let aad = binding(of, session_id);
        let payload = Payload {
            msg: secret.expose().as_bytes(),
            aad: &aad,
        };
        let nonce = Nonce::try_from(&sealed[..]).expect("twelve bytes");
        let ciphertext = self
            .cipher()
            .encrypt(&nonce, payload)
            .expect("far below the size limit");
        sealed.extend(ciphertext);
        Ok(sealed)
    }

    /// Opens what [`seal`](Self::seal) made; `None` for another key, record or session.
    pub fn open(&self, sealed: &[u8], of: Of, session_id: &str) -> Option<PlainKey> {
        let (nonce, ciphertext) = sealed.split_at_checked(NONCE_BYTES)?;
        let aad = binding(of, session_id);
        let payload = Payload {
            msg: ciphertext,
            aad: &aad,
        };
        let opened = self
            .cipher()
            .decrypt(&Nonce::try_from(nonce).ok()?, payload)
            .ok()?;
        let secret = String::from_utf8(opened).ok()?;
        Some(PlainKey::from_revealed(Zeroizing::new(secret)))
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(self.0.as_slice().try_into().expect("32 bytes"))
    }
}

fn binding(of: Of, session_id: &str) -> Vec<u8> {
    let (kind, id) = of.parts();
    format!("keyward reveal {kind} {id} {session_id}").into_bytes()
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use keyward_key::{Environment, KeyFormat};

    use super::*;

    #[test]
    fn a_sealed_secret_opens_for_its_key_record_and_session_only() {
        let format = KeyFormat {
            start: "mk".into(),
            environment_segment: true,
        };
        let secret = format.generate(Environment::Live).unwrap();
        let key = SealKey::generate().unwrap();
        let sealed = key.seal(&secret, Of::Key(7), "session").unwrap();
        assert!(!sealed.windows(8).any(|window| window == b"mk_live_"));
        let opened = key.open(&sealed, Of::Key(7), "session").unwrap();
        assert_eq!(opened.expose(), secret.expose());
        assert!(key.open(&sealed, Of::Key(8), "session").is_none());
        assert!(key.open(&sealed, Of::Token(7), "session").is_none());
        assert!(key.open(&sealed, Of::Key(7), "other").is_none());
        assert!(
            SealKey::generate()
                .unwrap()
                .open(&sealed, Of::Key(7), "session")
                .is_none()
        );
        assert!(key.open(&sealed[..5], Of::Key(7), "session").is_none());
    }
}
