//! Where a grant holds, and whom it is about.

use crate::access::{Action, Permit};
use crate::db::{Tx, grants, users};
use crate::domain::{DomainError, Op, text};
use crate::records::{Grant, Project, User};

/// Whom a grant is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The person with this id.
    Id(i64),
    /// The person with this email.
    Email(String),
}

/// Lets those who manage the project give and take roles on it and, without a project, those who
/// manage people on all.
pub(super) fn require<'a>(
    op: &Op<'a>,
    project: Option<&Project>,
) -> Result<Permit<'a>, DomainError> {
    match project {
        Some(project) => op.require(Action::ManageProject, project),
        None => op.require_on_all(Action::ManageUsers),
    }
}

/// The person, and the grant they have in this place.
pub(super) fn find(
    tx: &mut Tx,
    whom: &Whom,
    place: Option<i64>,
) -> Result<(User, Option<Grant>), DomainError> {
    let user = match whom {
        Whom::Id(id) => users::by_id(tx.conn(), *id)?,
        Whom::Email(email) => {
            let email = text::tidy_email(email).map_err(|_| DomainError::NotFound)?;
            users::by_email(tx.conn(), &email)?
        }
    };
    let user = user.ok_or(DomainError::NotFound)?;
    let all = grants::of_user(tx.conn(), user.id)?;
    let before = all.into_iter().find(|grant| grant.project_id == place);
    // An id tells nobody whose it is: whoever doesn't manage people has to know the email.
    let is_known = matches!(whom, Whom::Email(_))
        || before.is_some()
        || tx.actor().may(Action::ManageUsers, None);
    match is_known {
        true => Ok((user, before)),
        false => Err(DomainError::NotFound),
    }
}
