//! Who may do what: the one table of roles and actions.

use std::fmt;
use std::str::FromStr;

use super::actor::{Actor, Who};
use super::error::Denial;
use crate::db::tokens::Token;

/// What a grant makes of a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Owner,
    Admin,
    Support,
    Auditor,
    Viewer,
}

/// What can be done, in one project or, without one, on the whole instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    SeeKeys,
    MintKeys,
    EditKeys,
    RevokeKeys,
    ReadAudit,
    ManageProject,
    ManageProjects,
    ManageUsers,
}

impl Role {
    pub const ALL: [Role; 5] = [
        Role::Owner,
        Role::Admin,
        Role::Support,
        Role::Auditor,
        Role::Viewer,
    ];

    /// The word in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Owner => "owner",
            Role::Admin => "admin",
            Role::Support => "support",
            Role::Auditor => "auditor",
            Role::Viewer => "viewer",
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            Role::Owner => "Owner",
            Role::Admin => "Admin",
            Role::Support => "Support",
            Role::Auditor => "Auditor",
            Role::Viewer => "Viewer",
        }
    }

    /// Whether this role may do `action`: the table itself.
    pub fn may(self, action: Action) -> bool {
        use Role::{Admin, Auditor, Owner, Support, Viewer};
        match action {
            Action::SeeKeys => matches!(self, Owner | Admin | Support | Auditor | Viewer),
            Action::MintKeys | Action::EditKeys | Action::ManageProject => {
                matches!(self, Owner | Admin)
            }
            Action::RevokeKeys => matches!(self, Owner | Admin | Support),
            Action::ReadAudit => matches!(self, Owner | Admin | Support | Auditor),
            Action::ManageProjects | Action::ManageUsers => matches!(self, Owner),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text named no role.
#[derive(Debug, thiserror::Error)]
#[error("a role is owner, admin, support, auditor or viewer")]
pub struct UnknownRole;

impl FromStr for Role {
    type Err = UnknownRole;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Role::ALL
            .into_iter()
            .find(|role| role.as_str() == text)
            .ok_or(UnknownRole)
    }
}

impl Action {
    pub const ALL: [Action; 8] = [
        Action::SeeKeys,
        Action::MintKeys,
        Action::EditKeys,
        Action::RevokeKeys,
        Action::ReadAudit,
        Action::ManageProject,
        Action::ManageProjects,
        Action::ManageUsers,
    ];

    /// The name of the permission that a personal token needs for it.
    pub fn permission(self) -> &'static str {
        match self {
            Action::SeeKeys => "keys:read",
            Action::MintKeys => "keys:create",
            Action::EditKeys => "keys:edit",
            Action::RevokeKeys => "keys:revoke",
            Action::ReadAudit => "audit:read",
            Action::ManageProject => "project:manage",
            Action::ManageProjects => "projects:manage",
            Action::ManageUsers => "users:manage",
        }
    }

    /// What the permission allows, in words.
    pub fn description(self) -> &'static str {
        match self {
            Action::SeeKeys => "See keys and how they are used",
            Action::MintKeys => "Create and rotate keys",
            Action::EditKeys => "Edit keys",
            Action::RevokeKeys => "Revoke keys",
            Action::ReadAudit => "Read the audit log",
            Action::ManageProject => "Change scopes, grants and settings of projects",
            Action::ManageProjects => "Create and archive projects",
            Action::ManageUsers => "Invite, disable and grant roles to people",
        }
    }

    /// The action that a permission stands for.
    pub fn from_permission(name: &str) -> Option<Action> {
        Action::ALL
            .into_iter()
            .find(|action| action.permission() == name)
    }

    /// The word in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::SeeKeys => "see keys",
            Action::MintKeys => "create keys",
            Action::EditKeys => "edit keys",
            Action::RevokeKeys => "revoke keys",
            Action::ReadAudit => "read the audit log",
            Action::ManageProject => "change the project",
            Action::ManageProjects => "create or archive projects",
            Action::ManageUsers => "manage people",
        }
    }
}

/// A role on one project or, where that is `None`, on all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grant {
    pub role: Role,
    pub project_id: Option<i64>,
}

/// What a personal token leaves of what its owner may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    pub token_id: i64,
    /// Names the token in the audit log.
    pub prefix: String,
    pub actions: Vec<Action>,
    /// The one project it is bound to.
    pub project_id: Option<i64>,
}

impl Narrowing {
    /// What this token leaves.
    pub fn of(token: &Token) -> Self {
        let names = token.permissions();
        let actions = names
            .iter()
            .filter_map(|name| Action::from_permission(name));
        Narrowing {
            token_id: token.id,
            prefix: token.prefix.clone(),
            actions: actions.collect(),
            project_id: token.project_id,
        }
    }

    fn reaches(&self, project: Option<i64>) -> bool {
        self.project_id.is_none() || self.project_id == project
    }
}

impl Actor {
    /// Whether they may do `action` in `project`; without a project, on the whole instance.
    pub fn may(&self, action: Action, project: Option<i64>) -> bool {
        match &self.who {
            Who::CommandLine => true,
            Who::Nobody => false,
            Who::Person { grants, token, .. } => {
                let narrow = token.as_ref();
                narrow.is_none_or(|token| token.reaches(project) && token.actions.contains(&action))
                    && applying(grants, project).any(|grant| grant.role.may(action))
            }
        }
    }

    /// Whether they may do `action` in some project at least, or on the whole instance.
    pub fn may_anywhere(&self, action: Action) -> bool {
        match &self.who {
            Who::Person { grants, .. } => grants
                .iter()
                .any(|grant| self.may(action, grant.project_id)),
            Who::CommandLine => true,
            Who::Nobody => false,
        }
    }

    /// Whether the project exists for them.
    pub fn knows(&self, project: i64) -> bool {
        match &self.who {
            Who::CommandLine => true,
            Who::Nobody => false,
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

/// Lets the actor make somebody `role` in `project`, or on all: whoever comes with a personal token
/// gives away no more than the token may do itself.
///
/// # Errors
/// The denial of the first action that the role allows and the token does not.
pub fn require_to_give(actor: &Actor, role: Role, project: Option<i64>) -> Result<(), Denial> {
    let mut allowed = Action::ALL.into_iter().filter(|action| role.may(*action));
    // Without a token, who may give a role at all is decided by the action of giving.
    match actor.token() {
        None => Ok(()),
        Some(_) => allowed.try_for_each(|action| require(actor, action, project)),
    }
}

/// Lets the actor do `action`, or says why not.
///
/// # Errors
/// The denial; a hidden one if the project does not exist for them.
pub fn require(actor: &Actor, action: Action, project: Option<i64>) -> Result<(), Denial> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Origin;
    use crate::domain::actor::Proof;

    fn person(grants: Vec<Grant>) -> Actor {
        let who = Who::Person {
            id: 1,
            email: "ana@example.com".into(),
            grants,
            token: None,
            proof: Proof::Jwt { version: 1 },
        };
        Actor {
            who,
            origin: Origin::default(),
        }
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
        let ana = person(vec![Grant {
            role: Role::Admin,
            project_id: Some(1),
        }]);
        assert!(require(&ana, Action::MintKeys, Some(1)).is_ok());
        assert!(require(&ana, Action::SeeKeys, Some(2)).unwrap_err().hidden);
        assert!(!require(&ana, Action::ManageUsers, None).unwrap_err().hidden);
    }

    #[test]
    fn a_token_narrows_what_its_owner_may_and_never_widens_it() {
        let narrowed = |role, project_id| {
            let mut ana = person(vec![Grant {
                role,
                project_id: None,
            }]);
            if let Who::Person { token, .. } = &mut ana.who {
                *token = Some(Narrowing {
                    token_id: 1,
                    prefix: "kwp_a1b2c3d4".into(),
                    actions: vec![Action::SeeKeys, Action::MintKeys],
                    project_id,
                });
            }
            ana
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
    }

    #[test]
    fn grants_add_up() {
        let ana = person(vec![
            Grant {
                role: Role::Viewer,
                project_id: None,
            },
            Grant {
                role: Role::Support,
                project_id: Some(2),
            },
        ]);
        assert!(ana.may(Action::RevokeKeys, Some(2)));
        assert!(!ana.may(Action::RevokeKeys, Some(1)));
        assert!(
            !require(&ana, Action::RevokeKeys, Some(1))
                .unwrap_err()
                .hidden
        );
    }
}
