//! The pages, one folder or file per noun.

pub mod account;
pub mod audit;
pub mod docs;
pub mod keys;
pub mod limits;
pub mod login;
pub mod logout;
pub mod overview;
pub mod password;
pub mod projects;
pub mod setup;
pub mod users;

use crate::domain::FieldError;

/// What is wrong with a form, by field.
#[derive(Debug, Default)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    /// What is wrong with `field`, if anything is.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.detail.as_str())
    }

    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}
