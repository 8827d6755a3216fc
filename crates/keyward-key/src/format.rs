//! The secret's format: `<start>_<environment>_<32 random base62><6 checksum>`.

use std::fmt;

use zeroize::Zeroizing;

use super::{Environment, KeyDigest};

/// What personal tokens begin with.
pub const TOKEN_START: &str = "kwp";

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_CHARS: usize = 32;
const CHECKSUM_CHARS: usize = 6;
pub(super) const TAIL_CHARS: usize = RANDOM_CHARS + CHECKSUM_CHARS;
const MIN_PREFIX: usize = 12;
/// How many random characters a prefix shows.
pub const PREFIX_PAST_START: usize = 6;

/// How a project's keys begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFormat {
    /// 2 to 12 of `a-z0-9`.
    pub start: String,
    /// Whether `_live` or `_test` follows the start.
    pub environment_segment: bool,
}

impl KeyFormat {
    /// What every key of `environment` begins with, the last underscore included.
    pub(super) fn fixed_start(&self, environment: Environment) -> String {
        match self.environment_segment {
            true => format!("{}_{environment}_", self.start),
            false => format!("{}_", self.start),
        }
    }

    /// A new secret with 32 random characters (190 bits) from the operating system's generator.
    ///
    /// # Errors
    /// The operating system can't provide randomness.
    pub fn generate(&self, environment: Environment) -> Result<PlainKey, getrandom::Error> {
        let mut random = Zeroizing::new(String::with_capacity(RANDOM_CHARS));
        push_random_base62(&mut random)?;
        Ok(self.with_random(environment, &random))
    }

    /// The key with these random characters and their checksum. Only for made-up data: whoever knows
    /// the characters knows the key.
    pub fn with_random(&self, environment: Environment, random: &str) -> PlainKey {
        let mut secret = Zeroizing::new(self.fixed_start(environment));
        secret.reserve_exact(TAIL_CHARS);
        secret.push_str(random);
        let checksum = checksum(&secret);
        secret.extend(checksum.map(char::from));
        PlainKey(secret)
    }

    /// The part of `key` kept in clear: `max(12, length of the fixed start + 6)` characters.
    pub fn prefix(&self, key: &PlainKey, environment: Environment) -> String {
        key.0[..self.prefix_length(environment)].to_owned()
    }

    /// The prefix of a word that begins like a key and goes on beyond its prefix.
    pub fn prefix_of_part<'a>(&self, word: &'a str) -> Option<&'a str> {
        let mut environments = Environment::ALL.iter().copied();
        let environment = environments.find(|environment| {
            let tail = word.strip_prefix(&self.fixed_start(*environment));
            tail.is_some_and(|tail| tail.bytes().all(|byte| byte.is_ascii_alphanumeric()))
        })?;
        let length = self.prefix_length(environment);
        (word.len() > length).then(|| &word[..length])
    }

    fn prefix_length(&self, environment: Environment) -> usize {
        MIN_PREFIX.max(self.fixed_start(environment).len() + PREFIX_PAST_START)
    }
}

/// The full secret of a key. Never printed, wiped from memory when dropped.
pub struct PlainKey(Zeroizing<String>);

impl PlainKey {
    /// A secret that was kept encrypted and is now shown.
    pub fn from_revealed(secret: Zeroizing<String>) -> Self {
        PlainKey(secret)
    }

    /// The secret itself. Call it only where it is handed to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What the database stores of it.
    pub fn digest(&self) -> KeyDigest {
        KeyDigest::of(&self.0)
    }
}

impl fmt::Debug for PlainKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainKey(…)")
    }
}

/// Whether `text` has the shape of a secret and its checksum is right, so that a mistyped or
/// invented key is recognised without a lookup.
pub fn is_well_formed(text: &str) -> bool {
    has_shape(text)
        && text
            .as_bytes()
            .ends_with(&checksum(&text[..text.len() - CHECKSUM_CHARS]))
}

/// Whether `text` has the shape of a secret, be its checksum right or wrong.
pub fn has_shape(text: &str) -> bool {
    if !text.is_ascii() {
        return false;
    }
    let Some((head, tail)) = text.rsplit_once('_') else {
        return false;
    };
    let start = head
        .strip_suffix("_live")
        .or_else(|| head.strip_suffix("_test"))
        .unwrap_or(head);
    is_start(start)
        && tail.len() == TAIL_CHARS
        && tail.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// Whether keys can begin with `text`: 2 to 12 of `a-z0-9`.
pub fn is_start(text: &str) -> bool {
    (2..=12).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// CRC-32 (IEEE 802.3) of `text` in base62, left-padded with `0` to six characters.
fn checksum(text: &str) -> [u8; CHECKSUM_CHARS] {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(rest % 62) as usize];
        rest /= 62;
    }
    digits
}

/// Appends `RANDOM_CHARS` characters. Bytes from 248 on are thrown away: 248 is the largest
/// multiple of 62 a byte holds, so no character is likelier than another.
fn push_random_base62(secret: &mut String) -> Result<(), getrandom::Error> {
    let mut bytes = Zeroizing::new([0_u8; 2 * RANDOM_CHARS]);
    let mut missing = RANDOM_CHARS;
    while missing > 0 {
        getrandom::fill(bytes.as_mut())?;
        for byte in bytes.iter().filter(|byte| **byte < 248).take(missing) {
            secret.push(char::from(BASE62[usize::from(byte % 62)]));
            missing -= 1;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn media() -> KeyFormat {
        KeyFormat {
            start: "mk".into(),
            environment_segment: true,
        }
    }

    #[test]
    fn a_new_key_has_the_documented_shape_and_is_well_formed() {
        let key = media().generate(Environment::Live).unwrap();
        assert!(key.expose().starts_with("mk_live_"));
        assert_eq!(key.expose().len(), 8 + 38);
        assert!(is_well_formed(key.expose()));
    }

    #[test]
    fn a_project_may_leave_the_environment_out() {
        let format = KeyFormat {
            start: "hkr".into(),
            environment_segment: false,
        };
        let key = format.generate(Environment::Live).unwrap();
        assert_eq!(key.expose().len(), 4 + 38);
        assert!(is_well_formed(key.expose()));
        assert_eq!(format.prefix(&key, Environment::Live).len(), 12);
    }

    #[test]
    fn the_prefix_is_the_fixed_start_and_six_characters() {
        let key = media().generate(Environment::Test).unwrap();
        let prefix = media().prefix(&key, Environment::Test);
        assert_eq!(prefix, key.expose()[..14]);
    }

    #[test]
    fn a_part_of_a_key_is_cut_to_its_prefix() {
        let key = media().generate(Environment::Test).unwrap();
        let prefix = media().prefix(&key, Environment::Test);
        for length in 15..=key.expose().len() {
            let part = &key.expose()[..length];
            assert_eq!(media().prefix_of_part(part), Some(&*prefix));
        }
        for word in [
            &*prefix,
            "mk_live_",
            "mk_live_check-out-service",
            "hkr_a1B2c3d4e5f6g7",
        ] {
            assert_eq!(media().prefix_of_part(word), None, "{word}");
        }
    }

    #[test]
    fn the_checksum_is_crc32_in_base62_over_everything_before_it() {
        // CRC-32 of "123456789" is 0xCBF43926 (the check value of the IEEE polynomial).
        assert_eq!(&checksum("123456789"), b"3jZRME");
        assert_eq!(&checksum(""), b"000000");
    }

    #[test]
    fn any_single_changed_character_is_told_apart() {
        let key = media().generate(Environment::Live).unwrap();
        for position in 0..key.expose().len() {
            let mut changed: Vec<u8> = key.expose().bytes().collect();
            changed[position] = if changed[position] == b'x' {
                b'y'
            } else {
                b'x'
            };
            let changed = String::from_utf8(changed).unwrap();
            assert!(!is_well_formed(&changed), "{position} went unnoticed");
        }
    }

    #[test]
    fn look_alikes_are_malformed() {
        let tail = "0".repeat(38);
        for text in [
            "",
            "_",
            "mk",
            "mk_live_",
            "mk_live_short",
            &tail,
            &format!("MK_live_{tail}"),
        ] {
            assert!(!is_well_formed(text), "{text:?}");
        }
        assert!(!is_well_formed("mk_live_ключ"));
    }

    #[test]
    fn every_character_is_about_as_likely() {
        let mut seen = [0_usize; 128];
        for _ in 0..2_000 {
            let key = media().generate(Environment::Live).unwrap();
            for byte in key.expose()[8..40].bytes() {
                seen[usize::from(byte)] += 1;
            }
        }
        // 64,000 draws over 62 characters: 1,032 each, give or take far less than a quarter.
        for byte in BASE62 {
            let count = seen[usize::from(*byte)];
            assert!(
                (800..1_300).contains(&count),
                "{} came {count} times",
                *byte as char
            );
        }
    }

    #[test]
    fn a_secret_is_never_printed() {
        let key = media().generate(Environment::Live).unwrap();
        assert_eq!(
            format!("{key:?} {:?}", key.digest()),
            "PlainKey(…) KeyDigest(…)"
        );
    }
}
