//! Where a grant applies, and whom it is for.

use crate::access::{Action, Permit};
use crate::db::{Tx, grants, users};
use crate::domain::{DomainError, Op, text};
use crate::records::{Grant, Project, User};

/// Whom a grant is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// The person with this id.
    Id(i64),
    /// The person with this email.
    Email(String),
}

/// Whether the actor may see the roles here, as those may who can give and take them.
pub(super) fn allow(op: &Op, project: Option<&Project>) -> Result<(), DomainError> {
    require(op, project).map(|_| ())
}

/// The proof that the actor may give and take roles here: on a project, by managing it; on all
/// projects, by managing people.
pub(super) fn require<'a>(
    op: &Op<'a>,
    project: Option<&Project>,
) -> Result<Permit<'a>, DomainError> {
    match project {
        Some(project) => op.require(Action::ManageProject, project),
        None => op.require_on_all(Action::ManageUsers),
    }
}

/// The person, and the grant they have in this place, if any.
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
    // An id must not reveal whose it is: an actor who doesn't manage people must know the email.
    let is_known = matches!(whom, Whom::Email(_))
        || before.is_some()
        || tx.actor().may(Action::ManageUsers, None);
    match is_known {
        true => Ok((user, before)),
        false => Err(DomainError::NotFound),
    }
}
