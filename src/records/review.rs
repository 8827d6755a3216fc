//! Access reviews: for each of some keys, somebody answers by a date whether it stays.

use crate::clock::UtcTime;

/// An access review.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The database id.
    pub id: i64,
    /// What people call it.
    pub title: String,
    /// The project whose keys it is about; `None` is all.
    pub project_id: Option<i64>,
    /// Which keys it is about.
    pub subject: Subject,
    /// When it closes by itself.
    pub due_at: UtcTime,
    /// Whether nobody answers for a key of their own.
    pub four_eyes: bool,
    /// Whether keys without an answer are revoked when it is due.
    pub revoke_unanswered: bool,
    /// An email, or `command line`.
    pub opened_by: String,
    /// When it was opened.
    pub opened_at: UtcTime,
    /// When it was closed; `None` while it is open.
    pub closed_at: Option<UtcTime>,
    /// The SHA-256 of its file as CSV, in hexadecimal digits, once it is closed.
    pub csv_sha256: Option<String>,
    /// The same as JSON Lines.
    pub jsonl_sha256: Option<String>,
}

/// Which keys a review is about. Only keys that work are.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum Subject {
    /// Every key.
    All,
    /// Those with a scope that doesn't only read.
    Writing,
    /// Those about which there is a [`Finding`](super::Finding).
    Findings,
}

impl Subject {
    /// The word in forms and the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The words on pages.
    pub fn title(self) -> &'static str {
        match self {
            Subject::All => "All keys",
            Subject::Writing => "Keys that can write",
            Subject::Findings => "Keys with findings",
        }
    }
}

/// What was answered for a key.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(serialize_all = "lowercase")]
pub enum Verdict {
    /// It stays as it is.
    Keep,
    /// It stays, with less.
    Narrow,
    /// It was revoked.
    Revoke,
}

impl Verdict {
    /// The word in forms, files and the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            Verdict::Keep => "Keep",
            Verdict::Narrow => "Narrow",
            Verdict::Revoke => "Revoke",
        }
    }
}

/// A key that a review is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewItem {
    /// The review.
    pub review_id: i64,
    /// The key.
    pub key_id: i64,
    /// Its project.
    pub project_id: i64,
    /// What was answered, if anything.
    pub answer: Option<Answer>,
    /// What the page showed with the answer or, without one, when the review closed: a JSON object.
    pub evidence: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What.
    pub verdict: Verdict,
    /// Why, in a few words.
    pub word: Option<String>,
    /// An email, or `Keyward` for what had no answer when the review was due.
    pub by: String,
    /// When.
    pub at: UtcTime,
}
