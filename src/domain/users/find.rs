//! Find people, and list them.

use crate::access::Action;
use crate::db::{grants, users};
use crate::domain::{DomainError, Op};
use crate::records::Person;

/// Everybody, sorted by email.
///
/// # Errors
/// The actor is not allowed to.
pub fn list(op: &mut Op) -> Result<Vec<Person>, DomainError> {
    op.allow_on_all(Action::ManageUsers)?;
    let given = grants::all(op.conn())?;
    let people = users::all(op.conn())?.into_iter().map(|user| Person {
        grants: given
            .iter()
            .filter(|grant| grant.user_id == user.id)
            .cloned()
            .collect(),
        user,
    });
    Ok(people.collect())
}

/// The person with this id.
///
/// # Errors
/// The actor is not allowed to, or there is no such person.
pub fn find(op: &mut Op, id: i64) -> Result<Person, DomainError> {
    op.allow_on_all(Action::ManageUsers)?;
    let user = users::by_id(op.conn(), id)?.ok_or(DomainError::NotFound)?;
    Ok(Person {
        grants: grants::of_user(op.conn(), id)?,
        user,
    })
}
