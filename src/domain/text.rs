//! Free text that people type: labels, notes, emails.

use unicode_general_category::{GeneralCategory, get_general_category};
use unicode_normalization::UnicodeNormalization;

/// The longest label or note, in characters.
pub const MAX_LENGTH: usize = 100;
/// The longest name of a consumer, in characters.
pub const MAX_CONSUMER: usize = 255;

/// Tidies `text` (NFC, outer spaces removed). It must have 1 to 100 characters, and no control,
/// format (such as bidirectional and zero-width), private or unassigned ones.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn tidy(text: &str) -> Result<String, &'static str> {
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return Err("Required.");
    }
    if text.chars().count() > MAX_LENGTH {
        return Err("Use at most 100 characters.");
    }
    check_characters(text)
}

/// Tidies the name of a consumer as [`tidy`] does a label: at most 255 characters, and `None` if it
/// is empty.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn tidy_consumer(text: &str) -> Result<Option<String>, &'static str> {
    let text: String = text.trim().nfc().collect();
    if text.is_empty() {
        return Ok(None);
    }
    if text.chars().count() > MAX_CONSUMER {
        return Err("Use at most 255 characters.");
    }
    check_characters(text).map(Some)
}

fn check_characters(text: String) -> Result<String, &'static str> {
    if !text.chars().any(is_visible) || !text.chars().all(is_plain) {
        return Err("Remove invisible or control characters.");
    }
    Ok(text)
}

/// Whether a character shows on a page, which some letters and marks do not.
fn is_visible(character: char) -> bool {
    let blank = ['\u{115F}', '\u{1160}', '\u{2800}', '\u{3164}', '\u{FFA0}'];
    !character.is_whitespace() && !is_joiner(character) && !blank.contains(&character)
}

/// ZERO WIDTH JOINER holds emoji together. It and ZERO WIDTH NON-JOINER shape Persian and Hindi.
fn is_joiner(character: char) -> bool {
    matches!(character, '\u{200C}' | '\u{200D}')
}

fn is_plain(character: char) -> bool {
    use GeneralCategory as C;
    is_joiner(character)
        || !matches!(
            get_general_category(character),
            C::Control
                | C::Format
                | C::LineSeparator
                | C::ParagraphSeparator
                | C::PrivateUse
                | C::Surrogate
                | C::Unassigned
        )
}

/// Tidies an email address: NFC, lower case, one `@` with something on either side.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn tidy_email(text: &str) -> Result<String, &'static str> {
    let email: String = text.trim().to_lowercase().nfc().collect();
    let parts = email
        .split_once('@')
        .filter(|(local, domain)| !local.is_empty() && !domain.is_empty() && !domain.contains('@'));
    let plain = email.chars().all(|c| is_plain(c) && is_visible(c));
    match parts {
        Some(_) if plain && email.len() <= 254 => Ok(email),
        _ => Err("Enter an email address, for instance ana@example.com."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_labels_are_refused() {
        for text in [
            "",
            "   ",
            "a\u{0}b",
            "line\nbreak",
            "right\u{202E}left",
            "zero\u{200B}width",
            "iso\u{2067}late",
            "unassigned\u{378}",
            "private\u{E000}",
            "line\u{2028}separator",
            "\u{200D}",
            "\u{3164}\u{2800}",
            &"x".repeat(101),
        ] {
            assert!(tidy(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn labels_of_any_script_are_kept_in_nfc() {
        assert_eq!(tidy("  Cafe\u{301} ").unwrap(), "Café");
        for text in [
            "Ключ",
            "مفتاح الإنتاج",
            "本番",
            "👩‍🔧 ops",
            "<b>=1+1</b>",
            &"x".repeat(100),
        ] {
            assert_eq!(tidy(text).unwrap(), text);
        }
    }

    #[test]
    fn emails_are_lower_case() {
        assert_eq!(tidy_email(" Ana@Example.com ").unwrap(), "ana@example.com");
        for text in [
            "",
            "ana",
            "@",
            "a@",
            "@b",
            "a@b@c",
            "a b@c",
            "a\u{202E}@b",
            "a\u{200D}@b",
        ] {
            assert!(tidy_email(text).is_err(), "{text:?}");
        }
    }
}
