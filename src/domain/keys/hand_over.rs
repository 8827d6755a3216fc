//! Hand several keys that were selected in a list over to another person.

use super::draft::KeyDraft;
use super::edit::edit;
use super::revoke_selected::selection;
use crate::access::Action;
use crate::domain::{DomainError, Op, Precondition};
use crate::records::{Key, Project};

/// Makes the person with the email `owner` answer for the keys with these ids, with an audit entry
/// each, and returns those that another person answered for. Without a text, nobody does. If it fails
/// midway, the keys before stay handed over, and the rest can be handed over again.
///
/// # Errors
/// The actor may not edit one of them, or it does not exist; there are none or too many; the person has
/// no role in the project of one of them; the database fails.
pub fn hand_over(
    op: &mut Op,
    ids: &[i64],
    owner: &str,
) -> Result<Vec<(Project, Key)>, DomainError> {
    let mut changed = Vec::new();
    for (project, key) in selection(op, Action::EditKeys, ids)? {
        let draft = |key: &Key| KeyDraft {
            owner: Some(owner.to_owned()),
            ..KeyDraft::from(key)
        };
        match edit(op, &project, key.id, &Precondition::none(), draft) {
            Ok(true) => changed.push((project, key)),
            // Somebody revoked it meanwhile.
            Ok(false) | Err(DomainError::Conflict(_)) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(changed)
}
