//! What a changed role takes away from a person.

use crate::access::Action;
use crate::db::{DbError, Tx, grants, users};
use crate::records::{Grant, Role};

/// Ends a person's short-lived tokens if they may do less than before, now that they have the role
/// `now` in a place (a project, or all of them) where they had `was`. Roles are read with every
/// request, so this is for tokens that somebody has copied. One that takes nothing away ends nothing:
/// otherwise the admin of one project could keep an owner's programs from working.
pub(super) fn end_tokens_if_less(
    tx: &mut Tx,
    user: i64,
    place: Option<i64>,
    was: Option<Role>,
    now: Option<Role>,
) -> Result<(), DbError> {
    let all = grants::of_user(tx.conn(), user)?;
    match is_less(&all, place, was, now) {
        true => users::raise_version(tx, user),
        false => Ok(()),
    }
}

fn is_less(all: &[Grant], place: Option<i64>, was: Option<Role>, now: Option<Role>) -> bool {
    let others = all.iter().filter(|grant| grant.project_id != place);
    let everywhere = others.filter(|grant| grant.project_id.is_none());
    let others: Vec<Role> = everywhere.map(|grant| grant.role).collect();
    let allows = |own: Option<Role>, action: Action| {
        let mut roles = others.iter().copied().chain(own);
        roles.any(|role| role.may(action))
    };
    Action::ALL
        .iter()
        .any(|action| allows(was, *action) && !allows(now, *action))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn on_all(role: Role) -> Vec<Grant> {
        vec![Grant {
            user_id: 1,
            project_id: None,
            role,
            created_by: "command line".into(),
            created_at: datetime!(2026-11-20 12:00),
        }]
    }

    #[test]
    fn only_what_takes_something_away_is_less() {
        let project = Some(1);
        let (admin, viewer) = (Some(Role::Admin), Some(Role::Viewer));
        assert!(is_less(&[], project, admin, viewer));
        assert!(is_less(&[], project, viewer, None));
        assert!(!is_less(&[], project, viewer, admin));
        assert!(!is_less(&[], project, None, viewer));
        let owner = on_all(Role::Owner);
        assert!(!is_less(&owner, project, None, viewer));
        assert!(!is_less(&owner, project, admin, None));
        assert!(is_less(&owner, None, Some(Role::Owner), None));
        assert!(is_less(&on_all(Role::Viewer), project, admin, None));
    }
}
