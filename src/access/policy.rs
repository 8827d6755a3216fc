//! The table of roles and actions, and the permits that follow from it.
//!
//! - A personal token may do what its permissions and its owner's roles both allow.
//! - The right to change a key includes seeing the key that is changed, but no other.
//! - A token gives nobody, by a role or by enabling them, what it may not do itself.
//! - A role that takes nothing away from a person ends nothing of theirs.

use super::{Action, Actor, Who};
use crate::records::{Grant, Role};

impl Role {
    /// Whether this role allows `action`. This is the table of roles.
    pub fn may(self, action: Action) -> bool {
        use Role::{Admin, Auditor, Owner, Support, Viewer};
        match action {
            Action::SeeKeys | Action::VerifyKeys => {
                matches!(self, Owner | Admin | Support | Auditor | Viewer)
            }
            Action::MintKeys | Action::EditKeys | Action::ManageProject => {
                matches!(self, Owner | Admin)
            }
            Action::RevokeKeys => matches!(self, Owner | Admin | Support),
            Action::ReadAudit => matches!(self, Owner | Admin | Support | Auditor),
            Action::ExportAudit | Action::OpenReviews => matches!(self, Owner | Admin | Auditor),
            Action::ManageProjects | Action::ManageUsers => matches!(self, Owner),
        }
    }
}

impl Actor {
    /// Whether they may do `action` in `project`; without a project, on the whole instance.
    pub fn may(&self, action: Action, project: Option<i64>) -> bool {
        match &self.who {
            Who::CommandLine => true,
            Who::Service | Who::Nobody => false,
            Who::Person { grants, token, .. } => {
                let narrow = token.as_ref();
                narrow.is_none_or(|token| token.reaches(project) && token.actions.contains(&action))
                    && applying(grants, project).any(|grant| grant.role.may(action))
            }
        }
    }

    /// Whether they may do `action` in at least one project, or on the whole instance.
    pub fn may_anywhere(&self, action: Action) -> bool {
        match &self.who {
            Who::Person { grants, token, .. } => {
                // A role on all projects also holds in the one that a token is bound to.
                let bound = token.as_ref().and_then(|token| token.project_id);
                let places = grants.iter().map(|grant| grant.project_id);
                places
                    .chain(bound.map(Some))
                    .any(|place| self.may(action, place))
            }
            Who::CommandLine => true,
            Who::Service | Who::Nobody => false,
        }
    }

    /// Whether they may know that the project exists.
    pub fn knows(&self, project: i64) -> bool {
        match &self.who {
            Who::CommandLine => true,
            Who::Service | Who::Nobody => false,
            Who::Person { grants, token, .. } => {
                let narrow = token.as_ref();
                narrow.is_none_or(|token| token.reaches(Some(project)))
                    && applying(grants, Some(project)).next().is_some()
            }
        }
    }
}

fn applying(grants: &[Grant], project: Option<i64>) -> impl Iterator<Item = &Grant> {
    grants
        .iter()
        .filter(move |grant| grant.project_id.is_none() || grant.project_id == project)
}

/// Somebody tried something they are not allowed to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{action:?} was denied")]
pub struct Denial {
    /// What they tried.
    pub action: Action,
    /// Where; `None` is the whole instance.
    pub project_id: Option<i64>,
    /// Whether they may not even know of the project. The answer is then "not found".
    pub hidden: bool,
}

/// The proof that an actor may make a change.
///
/// Every change by an actor takes one ([`change`](crate::db::change())), and only [`require`] creates
/// it, so a use case that forgets to ask the policy does not compile:
///
/// ```compile_fail,E0451
/// use keyward::access::{Actor, Permit};
///
/// fn forged(actor: &Actor) -> Permit<'_> {
///     Permit { actor, project_id: None }
/// }
/// ```
///
/// The same function compiles once it asks:
///
/// ```
/// use keyward::access::{Action, Actor, Denial, Permit, policy};
///
/// fn granted(actor: &Actor) -> Result<Permit<'_>, Denial> {
///     policy::require(actor, Action::ManageUsers, None)
/// }
/// ```
#[derive(Clone, Copy, Debug)]
#[must_use = "to read, ask with `allow`"]
pub struct Permit<'a> {
    actor: &'a Actor,
    project_id: Option<i64>,
}

impl<'a> Permit<'a> {
    /// The actor who may make the change.
    pub fn actor(self) -> &'a Actor {
        self.actor
    }

    /// The project it holds in; `None` is the whole instance.
    pub fn project_id(self) -> Option<i64> {
        self.project_id
    }
}

/// Whether the actor may do `action` in `project`; without a project, on the whole instance. For
/// reads: a change takes the proof that [`require`] gives.
///
/// # Errors
/// The denial, which is hidden if the actor may not know of the project.
pub fn allow(actor: &Actor, action: Action, project: Option<i64>) -> Result<(), Denial> {
    if actor.may(action, project) {
        return Ok(());
    }
    let hidden = project.is_some_and(|project| !actor.knows(project));
    Err(Denial {
        action,
        project_id: project,
        hidden,
    })
}

/// Whether the actor may do `action` in at least one project, or on the whole instance. For reads.
///
/// # Errors
/// The denial, on the whole instance.
pub fn allow_anywhere(actor: &Actor, action: Action) -> Result<(), Denial> {
    match actor.may_anywhere(action) {
        true => Ok(()),
        false => allow(actor, action, None),
    }
}

/// The proof that the actor may do `action` in `project`; without a project, on the whole
/// instance.
///
/// # Errors
/// As for [`allow`].
pub fn require(actor: &Actor, action: Action, project: Option<i64>) -> Result<Permit<'_>, Denial> {
    allow(actor, action, project)?;
    Ok(Permit {
        actor,
        project_id: project,
    })
}

/// Whether the actor may give somebody `role` in `project`, or on all projects. A personal token can't
/// give away more than it may do itself.
///
/// # Errors
/// The denial of the first action that the role allows and the token does not.
pub fn allow_to_give(actor: &Actor, role: Role, project: Option<i64>) -> Result<(), Denial> {
    // Without a token, the right to give roles is enough, which the caller checks.
    if actor.token().is_none() {
        return Ok(());
    }
    let allowed = Action::ALL.iter().filter(|action| role.may(**action));
    for action in allowed {
        let action = match action {
            // Reading keys tells all that verifying them does.
            Action::VerifyKeys => Action::SeeKeys,
            action => *action,
        };
        allow(actor, action, project)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::access::{Narrowing, Origin, OwnPermit};

    fn grant(role: Role, project_id: Option<i64>) -> Grant {
        Grant {
            user_id: 1,
            project_id,
            role,
            created_by: "command line".into(),
            created_at: datetime!(2026-11-20 12:00),
        }
    }

    fn person(grants: Vec<Grant>) -> Actor {
        let who = Who::Person {
            id: 1,
            email: "ana@example.com".into(),
            grants,
            token: None,
        };
        Actor {
            who,
            origin: Origin::default(),
        }
    }

    fn with_token(mut actor: Actor, actions: &[Action], project_id: Option<i64>) -> Actor {
        if let Who::Person { token, .. } = &mut actor.who {
            *token = Some(Narrowing {
                token_id: 1,
                prefix: "kwp_a1b2c3d4".into(),
                actions: actions.to_vec(),
                project_id,
            });
        }
        actor
    }

    #[test]
    fn the_table_is_the_one_in_the_handbook() {
        use Action::{EditKeys, ManageUsers, MintKeys, ReadAudit, RevokeKeys, SeeKeys};
        let table = [
            (
                Role::Owner,
                &[
                    SeeKeys,
                    MintKeys,
                    EditKeys,
                    RevokeKeys,
                    ReadAudit,
                    ManageUsers,
                ][..],
            ),
            (
                Role::Admin,
                &[SeeKeys, MintKeys, EditKeys, RevokeKeys, ReadAudit],
            ),
            (Role::Support, &[SeeKeys, RevokeKeys, ReadAudit]),
            (Role::Auditor, &[SeeKeys, ReadAudit]),
            (Role::Viewer, &[SeeKeys]),
        ];
        for (role, allowed) in table {
            for action in [
                SeeKeys,
                MintKeys,
                EditKeys,
                RevokeKeys,
                ReadAudit,
                ManageUsers,
            ] {
                assert_eq!(
                    role.may(action),
                    allowed.contains(&action),
                    "{role} {action:?}"
                );
            }
        }
    }

    #[test]
    fn a_project_without_a_grant_does_not_exist() {
        let ana = person(vec![grant(Role::Admin, Some(1))]);
        assert!(allow(&ana, Action::MintKeys, Some(1)).is_ok());
        assert!(allow(&ana, Action::SeeKeys, Some(2)).unwrap_err().hidden);
        assert!(!allow(&ana, Action::ManageUsers, None).unwrap_err().hidden);
    }

    #[test]
    fn a_token_narrows_what_its_owner_may_and_never_widens_it() {
        let narrowed = |role, project_id| {
            let ana = person(vec![grant(role, None)]);
            with_token(ana, &[Action::SeeKeys, Action::MintKeys], project_id)
        };
        let admin = narrowed(Role::Admin, None);
        assert!(admin.may(Action::MintKeys, Some(1)));
        assert!(!admin.may(Action::RevokeKeys, Some(1)));
        let viewer = narrowed(Role::Viewer, None);
        assert!(!viewer.may(Action::MintKeys, Some(1)));
        let bound = narrowed(Role::Owner, Some(1));
        assert!(bound.may(Action::MintKeys, Some(1)) && bound.knows(1));
        assert!(!bound.may(Action::MintKeys, Some(2)) && !bound.knows(2));
        assert!(!bound.may(Action::SeeKeys, None));
        assert!(bound.may_anywhere(Action::SeeKeys));
        assert!(!bound.may_anywhere(Action::RevokeKeys));
    }

    #[test]
    fn grants_add_up() {
        let ana = person(vec![
            grant(Role::Viewer, None),
            grant(Role::Support, Some(2)),
        ]);
        assert!(ana.may(Action::RevokeKeys, Some(2)));
        assert!(!ana.may(Action::RevokeKeys, Some(1)));
        assert!(!allow(&ana, Action::RevokeKeys, Some(1)).unwrap_err().hidden);
    }

    #[test]
    fn what_is_ones_own_is_nobody_elses_and_no_tokens() {
        let ana = person(vec![]);
        assert_eq!(ana.own().map(OwnPermit::user_id), Some(1));
        assert!(ana.own_token(1).is_none());
        let script = with_token(ana, &[Action::ManageUsers], None);
        assert!(script.own().is_none() && script.own_token(2).is_none());
        assert_eq!(script.own_token(1).map(OwnPermit::user_id), Some(1));
        assert!(Actor::command_line().own().is_none());
        assert!(Actor::nobody(Origin::default()).own().is_none());
    }
}
