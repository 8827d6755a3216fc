//! What can be done, and the permissions of personal tokens that stand for it.

use strum::VariantArray;

/// What can be done, in one project or on the whole instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Action {
    /// See keys and how they are used.
    SeeKeys,
    /// Create, rotate and import keys.
    MintKeys,
    /// Edit keys.
    EditKeys,
    /// Revoke keys.
    RevokeKeys,
    /// Read the audit log.
    ReadAudit,
    /// Change a project's scopes, grants and settings.
    ManageProject,
    /// Create and archive projects.
    ManageProjects,
    /// Invite and disable people, and give them roles.
    ManageUsers,
}

impl Action {
    /// Every action, in the order pages offer the permissions.
    pub const ALL: &[Action] = Action::VARIANTS;

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
        let mut all = Action::ALL.iter().copied();
        all.find(|action| action.permission() == name)
    }

    /// The words in the audit log.
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
