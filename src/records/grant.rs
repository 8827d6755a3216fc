//! Roles, and the grants that give them to people.

use strum::VariantArray;

use crate::clock::UtcTime;

/// What a grant lets a person do.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    strum::Display,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
)]
#[strum(
    serialize_all = "lowercase",
    parse_err_ty = UnknownRole,
    parse_err_fn = UnknownRole::new
)]
pub enum Role {
    /// May do everything, on all projects.
    Owner,
    /// Manages a project and its keys.
    Admin,
    /// Finds and revokes keys.
    Support,
    /// Reads everything, changes nothing.
    Auditor,
    /// Sees keys and how they are used.
    Viewer,
}

impl Role {
    /// Every role, the most powerful first.
    pub const ALL: &[Role] = Role::VARIANTS;

    /// The word in the database and on the command line.
    pub fn as_str(self) -> &'static str {
        self.into()
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
}

/// The text is not the name of a role.
#[derive(Debug, thiserror::Error)]
#[error("a role is owner, admin, support, auditor or viewer")]
pub struct UnknownRole;

impl UnknownRole {
    fn new(_: &str) -> Self {
        UnknownRole
    }
}

/// A role given to a person, on one project or on all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The person.
    pub user_id: i64,
    /// The project; `None` is every project.
    pub project_id: Option<i64>,
    /// The role they have there.
    pub role: Role,
    /// Who gave it.
    pub created_by: String,
    /// When it was given.
    pub created_at: UtcTime,
}
