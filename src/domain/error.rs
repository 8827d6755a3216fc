//! Everything a use case can fail with.

use std::borrow::Cow;

use crate::db::{self, CommitUnknown, DbError, PoolError};
use crate::domain::policy::Action;

/// Everything a use case can fail with. `web/error.rs` alone turns it into an answer.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    #[error("not found")]
    NotFound,
    #[error(transparent)]
    Denied(#[from] Denial),
    #[error("invalid fields: {}", FieldError::names(.0))]
    Invalid(Vec<FieldError>),
    /// They were signed out, disabled or lost their token since they asked.
    #[error("they may not act any more")]
    NoLonger,
    /// A personal token tried what only its owner may; a sentence.
    #[error("{0}")]
    TokenCant(&'static str),
    /// It is not any more what it was when they last saw it.
    #[error("it was changed in between")]
    Stale,
    /// A sentence that says what came in between.
    #[error("{0}")]
    Conflict(String),
    /// The database is away, locked or full. It passes by itself.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database took too long to answer. What was asked may still come to pass.
    #[error("the database took too long to answer")]
    TimedOut,
    #[error("internal: {0}")]
    Internal(String),
}

/// Somebody tried what they may not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action:?} was denied")]
pub struct Denial {
    pub action: Action,
    pub project_id: Option<i64>,
    /// They may not even know of the project: the answer is that of one that is not there.
    pub hidden: bool,
}

/// What is wrong with one field, as a sentence for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    pub field: Cow<'static, str>,
    pub detail: String,
}

impl FieldError {
    /// An error of `field`.
    pub fn new(field: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        FieldError {
            field: field.into(),
            detail: detail.into(),
        }
    }

    fn names(errors: &[FieldError]) -> String {
        errors
            .iter()
            .map(|error| &*error.field)
            .collect::<Vec<_>>()
            .join(", ")
    }
}

impl DomainError {
    /// A single wrong field.
    pub fn field(field: &'static str, detail: impl Into<String>) -> Self {
        DomainError::Invalid(vec![FieldError::new(field, detail)])
    }
}

impl From<DbError> for DomainError {
    fn from(error: DbError) -> Self {
        match db::is_outage(&error) {
            true => DomainError::Unavailable(error.to_string()),
            false => DomainError::Internal(error.to_string()),
        }
    }
}

impl From<PoolError> for DomainError {
    fn from(error: PoolError) -> Self {
        DomainError::Unavailable(error.to_string())
    }
}

impl From<CommitUnknown> for DomainError {
    fn from(_: CommitUnknown) -> Self {
        DomainError::TimedOut
    }
}

impl From<getrandom::Error> for DomainError {
    fn from(error: getrandom::Error) -> Self {
        DomainError::Internal(error.to_string())
    }
}
