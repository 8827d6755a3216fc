//! Groups of the audit log's actions, to filter by.

use strum::{EnumString, IntoStaticStr, VariantArray};

/// A group of actions. An action may be in several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "snake_case")]
pub enum ActionGroup {
    /// What happened to keys.
    Keys,
    /// People, their roles, and their personal tokens.
    People,
    /// Projects and their scopes.
    Projects,
    /// Who signed in and out, and who could not.
    SignIns,
    /// What was refused: sign-ins and permissions.
    Refusals,
    /// Access reviews.
    Reviews,
    /// Look-ups of keys by their secrets, and exports.
    LookUps,
    /// The instance itself.
    Instance,
}

impl ActionGroup {
    /// The group's name in lists.
    pub fn title(self) -> &'static str {
        match self {
            ActionGroup::Keys => "Keys",
            ActionGroup::People => "People and roles",
            ActionGroup::Projects => "Projects and scopes",
            ActionGroup::SignIns => "Sign-ins",
            ActionGroup::Refusals => "Refusals",
            ActionGroup::Reviews => "Access reviews",
            ActionGroup::LookUps => "Look-ups and exports",
            ActionGroup::Instance => "Instance",
        }
    }

    /// Whether `action` is in the group.
    pub fn has(self, action: &str) -> bool {
        let (noun, verb) = action.split_once('.').unwrap_or((action, ""));
        let is_look_up = matches!(verb, "looked_up" | "exported");
        match self {
            ActionGroup::Keys => matches!(noun, "key" | "keys") && !is_look_up,
            ActionGroup::People => matches!(noun, "user" | "grant" | "token"),
            ActionGroup::Projects => matches!(noun, "project" | "scope" | "scopes"),
            ActionGroup::SignIns => noun == "session",
            ActionGroup::Refusals => matches!(action, "access.denied" | "session.refused"),
            ActionGroup::Reviews => noun == "review",
            ActionGroup::LookUps => is_look_up,
            ActionGroup::Instance => {
                matches!(noun, "instance" | "database" | "rollback") || action == "audit.cut"
            }
        }
    }
}
