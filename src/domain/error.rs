//! Everything a use case can fail with.

use std::borrow::Cow;

use crate::access::Denial;
use crate::db::{self, ChangeError, CommitUnknown, DbError, PoolError};

/// Everything a use case can fail with. Only `web` turns it into an HTTP response.
#[derive(Debug, thiserror::Error)]
pub enum DomainError {
    /// It does not exist, or the actor may not know of it.
    #[error("not found")]
    NotFound,
    /// The policy does not allow it.
    #[error(transparent)]
    Denied(#[from] Denial),
    /// Every field that is wrong.
    #[error("invalid fields: {}", FieldError::names(.0))]
    Invalid(Vec<FieldError>),
    /// The actor was signed out, was disabled or lost their token after they sent the request.
    #[error("they may not act any more")]
    NoLonger,
    /// A personal token tried something only its owner may do. Holds a sentence.
    #[error("{0}")]
    TokenCant(&'static str),
    /// It has changed since the actor last saw it.
    #[error("it was changed in between")]
    Stale,
    /// A sentence that says what stands in the way.
    #[error("{0}")]
    Conflict(String),
    /// The database is unreachable, locked or full, for the moment.
    #[error("the database is unavailable: {0}")]
    Unavailable(String),
    /// The database took too long to answer, or failed at the end. The change may be in force.
    #[error("the database did not say whether the change is in force")]
    TimedOut,
    /// A bug, described for the log.
    #[error("internal: {0}")]
    Internal(String),
}

/// What is wrong with one field, as a sentence for the person who filled it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name in JSON, with a dot before a nested field (`rate_limit.requests`).
    pub field: Cow<'static, str>,
    /// What is wrong with it.
    pub detail: String,
}

impl FieldError {
    /// An error about `field`.
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
    /// An error about a single field.
    pub fn field(field: &'static str, detail: impl Into<String>) -> Self {
        DomainError::Invalid(vec![FieldError::new(field, detail)])
    }
}

impl ChangeError for DomainError {
    fn is_refusal(&self) -> bool {
        match self {
            DomainError::NotFound
            | DomainError::Denied(_)
            | DomainError::Invalid(_)
            | DomainError::NoLonger
            | DomainError::TokenCant(_)
            | DomainError::Stale
            | DomainError::Conflict(_) => true,
            DomainError::Unavailable(_) | DomainError::TimedOut | DomainError::Internal(_) => false,
        }
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
