//! Actions, and the permissions of personal tokens that stand for them.

use strum::VariantArray;

/// Something an actor can do, in one project or on the whole instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::VariantArray)]
pub enum Action {
    /// See keys and how they are used.
    SeeKeys,
    /// Be told everything about a key when it is verified.
    VerifyKeys,
    /// Create, rotate and import keys.
    MintKeys,
    /// Edit keys.
    EditKeys,
    /// Revoke keys.
    RevokeKeys,
    /// Read the audit log.
    ReadAudit,
    /// Export the audit log and lists of keys, and look at the past.
    ExportAudit,
    /// Change a project's scopes, grants and settings.
    ManageProject,
    /// Create and archive projects.
    ManageProjects,
    /// Invite and disable people, and give them roles.
    ManageUsers,
    /// Open and close access reviews.
    OpenReviews,
}

impl Action {
    /// Every action, in the order pages offer the permissions.
    pub const ALL: &[Action] = Action::VARIANTS;

    /// The permission that a personal token needs for this action.
    pub fn permission(self) -> &'static str {
        match self {
            Action::SeeKeys => "keys:read",
            Action::VerifyKeys => "keys:verify",
            Action::MintKeys => "keys:create",
            Action::EditKeys => "keys:edit",
            Action::RevokeKeys => "keys:revoke",
            Action::ReadAudit => "audit:read",
            Action::ExportAudit => "audit:export",
            Action::ManageProject => "project:manage",
            Action::ManageProjects => "projects:manage",
            Action::ManageUsers => "users:manage",
            Action::OpenReviews => "reviews:open",
        }
    }

    /// What the permission allows, in words.
    pub fn description(self) -> &'static str {
        match self {
            Action::SeeKeys => "See keys and how they are used",
            Action::VerifyKeys => "Verify keys, and get their owner and metadata",
            Action::MintKeys => "Create and rotate keys",
            Action::EditKeys => "Edit keys",
            Action::RevokeKeys => "Revoke keys",
            Action::ReadAudit => "Read the audit log",
            Action::ExportAudit => "Export the audit log and keys, and look at the past",
            Action::ManageProject => "Change scopes, members and settings of projects",
            Action::ManageProjects => "Create and archive projects",
            Action::ManageUsers => "Invite and disable people, and assign roles",
            Action::OpenReviews => "Open and close access reviews",
        }
    }

    /// The action that a permission stands for; `None` if there is no such permission.
    pub fn from_permission(name: &str) -> Option<Action> {
        let mut all = Action::ALL.iter().copied();
        all.find(|action| action.permission() == name)
    }

    /// The action's name in the audit log.
    pub fn as_str(self) -> &'static str {
        match self {
            Action::SeeKeys => "see keys",
            Action::VerifyKeys => "verify keys",
            Action::MintKeys => "create keys",
            Action::EditKeys => "edit keys",
            Action::RevokeKeys => "revoke keys",
            Action::ReadAudit => "read the audit log",
            Action::ExportAudit => "export the audit log or keys",
            Action::ManageProject => "change the project",
            Action::ManageProjects => "create or archive projects",
            Action::ManageUsers => "manage people",
            Action::OpenReviews => "open access reviews",
        }
    }
}
