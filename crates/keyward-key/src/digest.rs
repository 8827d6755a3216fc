//! What is stored of a secret: its SHA-256.

use std::fmt;

use sha2::{Digest, Sha256};

/// SHA-256 (FIPS 180-4) of a whole secret. A key carries 190 random bits, which nobody can guess,
/// so a slow hash would add nothing.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyDigest([u8; 32]);

impl KeyDigest {
    /// The digest of `secret` as presented.
    pub fn of(secret: &str) -> Self {
        KeyDigest(Sha256::digest(secret.as_bytes()).into())
    }

    /// The digest as the database stores it. One of another length, which Keyward never writes, is
    /// cut or padded, and matches nothing.
    pub fn from_row(kept: &[u8]) -> Self {
        let mut bytes = [0; 32];
        for (byte, kept) in bytes.iter_mut().zip(kept) {
            *byte = *kept;
        }
        KeyDigest(bytes)
    }

    /// The 32 bytes, as the database stores them.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(…)")
    }
}
