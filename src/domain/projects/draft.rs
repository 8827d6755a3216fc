//! A requested project, and the checks on it.

use keyward_key::format;

use crate::domain::{FieldError, rate_limit, text};
use crate::records::{ProjectTerms, RateLimit};

/// The longest lifetime, in days: ten years.
pub const MAX_LIFETIME_DAYS: i64 = 3_650;
const MAX_SLUG: usize = 40;

/// The terms of a project, as a form or a request gives them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectDraft {
    /// 1 to 100 characters once outer spaces are removed.
    pub name: String,
    /// What its keys begin with: 2 to 12 of the characters a-z and 0-9.
    pub key_start: String,
    /// Whether keys contain their environment. If not, there is no test environment.
    pub environment_segment: bool,
    /// For keys that have no limit of their own; `None` is unlimited.
    pub rate_limit: Option<RateLimit>,
    /// For keys created without an expiry, 1 to 3,650; `None` sets no default.
    pub default_lifetime_days: Option<i64>,
    /// 1 to 3,650, and not below the default; `None` is unlimited.
    pub max_lifetime_days: Option<i64>,
    /// Fields that could not be parsed. The check fails with these and any other errors.
    pub unreadable: Vec<FieldError>,
}

impl ProjectDraft {
    /// Checks the draft, and returns the terms to write.
    ///
    /// # Errors
    /// Every field that is wrong.
    pub fn check(&self) -> Result<ProjectTerms, Vec<FieldError>> {
        let mut errors = self.unreadable.clone();
        let name = text::tidy(&self.name).unwrap_or_else(|detail| {
            errors.push(FieldError::new("name", detail));
            String::new()
        });
        let key_start = self.key_start.trim().to_owned();
        if !format::is_start(&key_start) {
            let detail = "Use 2 to 12 of the characters a-z and 0-9.";
            errors.push(FieldError::new("key_start", detail));
        } else if key_start == format::TOKEN_START {
            let detail = "Personal tokens use this prefix. Choose another one.";
            errors.push(FieldError::new("key_start", detail));
        }
        if let Some(limit) = self.rate_limit {
            rate_limit::check(limit, &mut errors);
        }
        for (field, days) in [
            ("default_lifetime_days", self.default_lifetime_days),
            ("max_lifetime_days", self.max_lifetime_days),
        ] {
            if days.is_some_and(|days| !(1..=MAX_LIFETIME_DAYS).contains(&days)) {
                let detail = "Enter a whole number of days from 1 to 3,650 (ten years).";
                errors.push(FieldError::new(field, detail));
            }
        }
        if let (Some(default), Some(most)) = (self.default_lifetime_days, self.max_lifetime_days)
            && default > most
        {
            let detail = "The default lifetime can't be longer than the maximum.";
            errors.push(FieldError::new("default_lifetime_days", detail));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(ProjectTerms {
            name,
            key_start,
            environment_segment: self.environment_segment,
            rate_limit: self.rate_limit,
            default_lifetime_days: self.default_lifetime_days,
            max_lifetime_days: self.max_lifetime_days,
        })
    }
}

/// Checks a project's name in URLs.
///
/// # Errors
/// A sentence that says what is wrong.
pub fn check_slug(slug: &str) -> Result<(), FieldError> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good = (2..=MAX_SLUG).contains(&slug.len())
        && slug.starts_with(plain)
        && slug.ends_with(plain)
        && slug.chars().all(|c| plain(c) || c == '-');
    match good && slug != "new" {
        true => Ok(()),
        false => Err(FieldError::new(
            "slug",
            "Use 2 to 40 of the characters a-z, 0-9 and -, beginning and ending with one of the \
             first two.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> ProjectDraft {
        ProjectDraft {
            name: " Media ".into(),
            key_start: "mk".into(),
            environment_segment: true,
            rate_limit: None,
            default_lifetime_days: Some(90),
            max_lifetime_days: Some(365),
            unreadable: vec![],
        }
    }

    #[test]
    fn a_good_draft_is_tidied() {
        assert_eq!(good().check().unwrap().name, "Media");
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let draft = ProjectDraft {
            name: String::new(),
            key_start: "MK".into(),
            environment_segment: true,
            rate_limit: Some(RateLimit {
                requests: 0,
                seconds: 1,
            }),
            default_lifetime_days: Some(0),
            max_lifetime_days: Some(4_000),
            unreadable: vec![],
        };
        let errors = draft.check().unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
        let expected = [
            "name",
            "key_start",
            "rate_limit.requests",
            "default_lifetime_days",
            "max_lifetime_days",
        ];
        assert_eq!(fields, expected);
        let taken = ProjectDraft {
            key_start: "kwp".into(),
            default_lifetime_days: Some(400),
            ..good()
        };
        assert_eq!(taken.check().unwrap_err().len(), 2);
    }

    #[test]
    fn slugs_are_words_for_urls() {
        for slug in ["media", "a1", "my-project-2"] {
            assert!(check_slug(slug).is_ok(), "{slug}");
        }
        for slug in [
            "",
            "a",
            "-a",
            "a-",
            "A1",
            "a b",
            "ä1",
            "new",
            &"x".repeat(41),
        ] {
            assert!(check_slug(slug).is_err(), "{slug}");
        }
    }
}
