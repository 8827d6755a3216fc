//! Passwords: the rules for them, and how they are stored.

use std::fmt;

use argon2::Params;
use argon2::password_hash::phc::PasswordHash;
use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use super::{DomainError, password_hash};

const MIN_CHARS: usize = 12;
const MAX_CHARS: usize = 128;

/// Memory in KiB, passes and lanes, as OWASP's password storage cheat sheet recommends.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// A password. Never printed, wiped from memory when dropped.
#[derive(Clone)]
pub struct Password {
    /// As in RFC 8265, OpaqueString: keyboards differ in how they compose a letter.
    normal: Zeroizing<String>,
    /// As typed, if that is something else: old hashes are of this.
    typed: Option<Zeroizing<String>>,
}

/// How a password fits a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// It is another password.
    No,
    /// It is the one.
    Yes,
    /// It is the one, and the hash was made before passwords were normalised.
    AsTyped,
}

impl Password {
    /// The password that somebody typed. Nothing is trimmed; what looks the same is the same
    /// (RFC 8265, section 4.2: NFC, and every kind of space is a space).
    pub fn new(typed: String) -> Self {
        let typed = Zeroizing::new(typed);
        let spaces = typed.chars().map(|character| match is_space(character) {
            true => ' ',
            false => character,
        });
        let normal: Zeroizing<String> = Zeroizing::new(spaces.nfc().collect());
        let typed = (typed != normal).then_some(typed);
        Password { normal, typed }
    }

    /// Checks a new password: 12 to 128 characters, not easy to guess, not the email.
    ///
    /// # Errors
    /// A sentence that says what is wrong.
    pub fn check(&self, email: &str) -> Result<(), &'static str> {
        let length = self.normal.chars().count();
        if length < MIN_CHARS {
            return Err("Use at least 12 characters.");
        }
        if length > MAX_CHARS {
            return Err("Use at most 128 characters.");
        }
        if self.normal.chars().any(char::is_control) {
            return Err("Remove control characters.");
        }
        let typed = self.normal.to_lowercase();
        let local = email.split('@').next().unwrap_or_default();
        if typed == email || (local.len() >= MIN_CHARS && typed == local) {
            return Err("Use something other than the email.");
        }
        if zxcvbn::zxcvbn(&self.normal, &[email, local]).score() < zxcvbn::Score::Three {
            return Err("This password is easy to guess. Use a longer phrase.");
        }
        Ok(())
    }

    /// The argon2id hash of the password, as a PHC string. Takes about 27 ms and 19 MiB.
    ///
    /// # Errors
    /// The operating system has no randomness for the salt.
    pub fn hash(&self) -> Result<String, DomainError> {
        let params = Params::new(MEMORY, PASSES, LANES, None).expect("parameters within bounds");
        password_hash::create(self.normal.as_bytes(), &params)
            .map_err(|error| DomainError::Internal(error.to_string()))
    }

    /// Whether `kept` is a hash of this password. Takes as long as [`hash`](Self::hash), and twice as
    /// long for a wrong password that was not typed in its normal form.
    pub fn fit(&self, kept: &str) -> Fit {
        let is = |password: &str| {
            let verified =
                |kept| password_hash::verify(password.as_bytes(), &kept).unwrap_or(false);
            PasswordHash::new(kept).is_ok_and(verified)
        };
        match &self.typed {
            _ if is(&self.normal) => Fit::Yes,
            Some(typed) if is(typed) => Fit::AsTyped,
            _ => Fit::No,
        }
    }

    /// Whether `kept` is a hash of this password.
    pub fn is(&self, kept: &str) -> bool {
        self.fit(kept) != Fit::No
    }
}

/// Every space but the ASCII one: the general category Zs.
fn is_space(character: char) -> bool {
    get_general_category(character) == GeneralCategory::SpaceSeparator
}

/// Whether a stored hash was made with weaker parameters than today's.
pub fn is_outdated(kept: &str) -> bool {
    PasswordHash::new(kept)
        .ok()
        .and_then(|kept| Params::try_from(&kept).ok())
        .is_none_or(|params| {
            params.m_cost() < MEMORY || params.t_cost() < PASSES || params.p_cost() < LANES
        })
}

/// A hash that no password has. Checked if there is no such person, so that the answer takes the
/// same time.
pub const NOBODYS_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$a2V5d2FyZC1ub2JvZHk$\
                                AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str) -> Result<(), &'static str> {
        Password::new(typed.into()).check("ana.example@example.com")
    }

    #[test]
    fn weak_passwords_are_refused() {
        for typed in [
            "short",
            "password1234",
            "qwertyuiop123",
            "aaaaaaaaaaaaaaaa",
            "123456789012",
            "ana.example@example.com",
            &"x9!Tq".repeat(30),
        ] {
            assert!(check(typed).is_err(), "{typed}");
        }
    }

    #[test]
    fn good_passwords_pass_as_typed() {
        for typed in [
            "correct horse battery staple",
            "  Vb7#kk2!qPz9 ",
            "желтый слон у окна 7",
        ] {
            assert_eq!(check(typed), Ok(()), "{typed}");
        }
    }

    #[test]
    fn a_hash_knows_its_password_alone() {
        let hash = Password::new("correct horse battery".into())
            .hash()
            .unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(Password::new("correct horse battery".into()).is(&hash));
        assert!(!Password::new("correct horse batterz".into()).is(&hash));
        assert!(!is_outdated(&hash));
        assert!(is_outdated(&hash.replace("m=19456", "m=4096")));
        assert!(!Password::new(String::new()).is(NOBODYS_HASH));
    }

    #[test]
    fn what_looks_the_same_is_the_same_password() {
        let composed = Password::new("ma\u{f1}ana ma\u{f1}ana 7".into());
        let decomposed = Password::new("man\u{303}ana\u{a0}man\u{303}ana 7".into());
        assert_eq!(decomposed.fit(&composed.hash().unwrap()), Fit::Yes);
        assert_eq!(composed.fit(&decomposed.hash().unwrap()), Fit::Yes);
        // A hash from before passwords were normalised.
        let params = Params::new(MEMORY, PASSES, LANES, None).unwrap();
        let typed = "man\u{303}ana\u{a0}man\u{303}ana 7";
        let old = password_hash::create(typed.as_bytes(), &params).unwrap();
        assert_eq!(decomposed.fit(&old), Fit::AsTyped);
        assert_eq!(composed.fit(&old), Fit::No);
    }

    #[test]
    fn a_missing_persons_hash_is_well_formed() {
        assert!(PasswordHash::new(NOBODYS_HASH).is_ok());
        assert!(!is_outdated(NOBODYS_HASH));
    }

    #[test]
    fn a_password_is_never_printed() {
        assert_eq!(
            format!("{:?}", Password::new("hunter2".into())),
            "Password(…)"
        );
    }
}
