//! Secrets that people paste into a search, and what to search for instead: addresses are kept in
//! histories and logs, and the search stands in one.

use std::collections::BTreeSet;

use keyward_key::format::PREFIX_PAST_START;
use keyward_key::{KeyDigest, KeyFormat};

use crate::access::Action;
use crate::db::{NewEntry, key_search, keys};
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project};

/// Shorter words are not looked up as secrets.
const SHORTEST: usize = 8;
/// So many words are looked up as secrets.
const MOST: usize = 64;
/// So many characters after an underscore are a secret.
const LONG_TAIL: usize = 20;
/// What stands before that underscore is at most this long.
const LONG_START: usize = 24;
/// A word of at least so many letters and digits may be a secret.
const LONG_WORD: usize = 20;
/// In a random word, this many neighbours at least are of different kinds: a small letter beside a
/// digit, say.
const FEWEST_SWITCHES: usize = 5;
/// So much is left of a secret of unknown shape.
const KEPT: usize = 8;

/// A text that has a secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pasted {
    /// What to search for instead: the prefix of the key or, if it is unknown, how the secret
    /// begins.
    pub instead: String,
    /// It is a key of the project, or has the shape of a secret of ours. Otherwise it is only
    /// random enough to be somebody's.
    pub is_certain: bool,
}

/// The secret in a search for keys of `project`, if there is one.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn pasted(op: &mut Op, project: &Project, search: &str) -> Result<Option<Pasted>, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let digests: Vec<KeyDigest> = words_in(search).into_iter().map(KeyDigest::of).collect();
    if digests.is_empty() {
        return Ok(None);
    }
    let found = keys::with_digests(op.conn(), &digests)?.into_iter();
    let mut found = found.filter(|(_, key)| key.project_id == project.id);
    if let Some((_, key)) = found.next() {
        note_look_up(op, &key)?;
        return Ok(Some(Pasted {
            instead: key.prefix,
            is_certain: true,
        }));
    }
    if let Some(start) = start_of_secret(search, &project.key_format()) {
        return Ok(Some(Pasted {
            instead: start.to_owned(),
            is_certain: true,
        }));
    }
    for word in tokens(search).filter(|word| is_random(word)) {
        // A label may look random too.
        if !key_search::is_found(op.conn(), project.id, word)? {
            return Ok(Some(Pasted {
                instead: word[..KEPT].to_owned(),
                is_certain: false,
            }));
        }
    }
    Ok(None)
}

/// Writes down that the actor looked `key` up by its secret.
///
/// # Errors
/// The database fails.
pub fn note_look_up(op: &mut Op, key: &Key) -> Result<(), DomainError> {
    let entry = NewEntry::new(op.actor(), op.now(), "key.looked_up", &key.label);
    op.note(entry.about_key(key))
}

/// Whether a text has anything in it that may be a secret.
pub fn may_hold_secret(text: &str) -> bool {
    let is_secret = |token: &str| start_of_token(token).is_some() || is_random(token);
    tokens(text).any(is_secret)
}

/// The same text with the beginning of each piece in place of what may be a secret.
pub fn without_secrets(text: &str) -> String {
    let secrets: Vec<(&str, &str)> = tokens(text)
        .filter_map(|token| {
            let start = start_of_token(token);
            let start = start.or_else(|| is_random(token).then(|| &token[..KEPT]));
            start.map(|start| (token, start))
        })
        .collect();
    let mut text = text.to_owned();
    for (secret, start) in secrets {
        text = text.replace(secret, start);
    }
    text
}

/// What could be a secret of any shape in a text of any length: its words and their pieces.
pub fn secrets_in(text: &str) -> impl Iterator<Item = &str> {
    let is_quote = |c: char| !c.is_ascii_alphanumeric();
    let words = text.split_whitespace();
    let words = words.flat_map(move |word| [word, word.trim_matches(is_quote)]);
    let all: BTreeSet<&str> = words.chain(tokens(text)).collect();
    all.into_iter()
        .filter(|word| word.chars().count() >= SHORTEST)
}

/// What could be a secret of any shape: the words of a text as they stand, without what encloses
/// them, and in pieces.
fn words_in(text: &str) -> BTreeSet<&str> {
    let is_quote = |c: char| !c.is_ascii_alphanumeric();
    let words = text.split_whitespace();
    let words = words.flat_map(|word| [word, word.trim_matches(is_quote)]);
    let all = [text.trim()].into_iter().chain(words).chain(tokens(text));
    let long = all.filter(|word| word.chars().count() >= SHORTEST);
    long.take(MOST).collect()
}

/// The pieces of a text that could be secrets: of the characters of base64 in both alphabets, and
/// those of JWTs.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let in_token = |c: char| c.is_ascii_alphanumeric() || "_-.~+/".contains(c);
    let tokens = text.split(move |c| !in_token(c));
    tokens.map(|token| token.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
}

/// How the first secret of our shapes in a text begins: a key of this format or a part of it, or
/// something long behind an underscore.
fn start_of_secret<'a>(text: &'a str, format: &KeyFormat) -> Option<&'a str> {
    tokens(text).find_map(|token| {
        format
            .prefix_of_part(token)
            .or_else(|| start_of_token(token))
    })
}

fn start_of_token(token: &str) -> Option<&str> {
    let (start, tail) = token.rsplit_once('_')?;
    let is_start = start.len() <= LONG_START && !is_random(start);
    let is_tail = tail.len() >= LONG_TAIL && tail.bytes().all(|byte| byte.is_ascii_alphanumeric());
    // A name has at most a capital, or a number behind it.
    let is_name = switches(tail) < 2;
    (is_start && is_tail && !is_name).then(|| &token[..=start.len() + PREFIX_PAST_START])
}

/// Whether a word is as long and as mixed as random ones are.
fn is_random(token: &str) -> bool {
    let length = token.bytes().filter(u8::is_ascii_alphanumeric).count();
    length >= LONG_WORD && switches(token) >= FEWEST_SWITCHES
}

/// How often neighbours are of different kinds: small letters, capitals and digits.
fn switches(token: &str) -> usize {
    let kind = |byte: u8| match byte {
        b'0'..=b'9' => Some(0),
        b'a'..=b'z' => Some(1),
        b'A'..=b'Z' => Some(2),
        _ => None,
    };
    let neighbours = token.bytes().zip(token.bytes().skip(1));
    let kinds = neighbours.filter_map(|(one, next)| kind(one).zip(kind(next)));
    kinds.filter(|(one, next)| one != next).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format() -> KeyFormat {
        KeyFormat {
            start: "mk".into(),
            environment_segment: true,
        }
    }

    #[test]
    fn a_secret_is_found_wherever_it_stands() {
        let secret = format!("mk_live_{}", "a1B2c3D4".repeat(5));
        for text in [
            secret.clone(),
            secret[..16].to_owned(),
            format!("  {secret}\n"),
            format!("\"{secret}\","),
            format!("Bearer {secret}"),
            format!("X-API-Key: {secret}"),
            format!("X-API-Key:{secret}"),
            format!("{{\"key\":\"{secret}\"}}"),
            format!("curl 'https://api.example.com/assets?key={secret}&page=2' -v"),
        ] {
            assert_eq!(start_of_secret(&text, &format()), Some("mk_live_a1B2c3"));
        }
        let of_another = format!("hkr_{}", "a1B2c3D4".repeat(5));
        assert_eq!(start_of_secret(&of_another, &format()), Some("hkr_a1B2c3"));
        let token = format!("kwp_{}", "a1B2c3D4".repeat(5));
        assert_eq!(start_of_secret(&token, &format()), Some("kwp_a1B2c3"));
    }

    #[test]
    fn a_secret_of_unknown_shape_looks_random() {
        for secret in [
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
            "550e8400-e29b-41d4-a716-446655440000",
            "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            "Ab3_x9-Kq2_Lm8-Zt4_Pw7-Vn1",
            "q83vEjRWeJASNFZ4kBI0VniQEjRWeJA=",
        ] {
            assert!(may_hold_secret(secret), "{secret}");
            assert!(may_hold_secret(&format!("token: '{secret}'")), "{secret}");
        }
    }

    #[test]
    fn what_people_call_things_is_no_secret() {
        for text in [
            "mk_live_a1B2c3",
            "checkout",
            "customer-notification-service-2",
            "ana_maria_magdalena_of_the_night@example.com",
            "ana_magdalenaofthenightwatch@example.com",
            "Rechtsschutzversicherungsgesellschaften",
            "https://keyward.internal.example.com/projects/default",
            "ключ_ключ",
            "2026-11-26 12:00",
        ] {
            assert_eq!(start_of_secret(text, &format()), None, "{text}");
            assert!(!may_hold_secret(text), "{text}");
        }
    }

    #[test]
    fn a_text_goes_on_without_its_secrets() {
        let secret = format!("mk_live_{}", "a1B2c3D4".repeat(5));
        let text = without_secrets(&format!("why {secret}, and {secret}?"));
        assert_eq!(text, "why mk_live_a1B2c3, and mk_live_a1B2c3?");
        assert_eq!(without_secrets("checkout"), "checkout");
    }

    #[test]
    fn every_piece_of_a_text_may_be_a_secret() {
        for text in [
            "correct-horse",
            " (correct-horse), ",
            "key='correct-horse'",
            "Authorization: Bearer correct-horse",
        ] {
            assert!(words_in(text).contains("correct-horse"), "{text}");
        }
        assert!(words_in("hunter2 for two").contains("hunter2 for two"));
        assert!(words_in("a b c").is_empty());
    }
}
