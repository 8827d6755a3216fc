//! People, their grants and their personal tokens as pages show them.

use super::fields::{ALL_PROJECTS, project_roles};
use crate::clock::UtcTime;
use crate::records::{Grant, KeyState, Person, Project, Role, Token};
use crate::web::shared::times::Moment;

/// A person, formatted for display.
pub struct PersonView {
    pub id: i64,
    pub path: String,
    pub email: String,
    /// "Owner of all projects", "Support of Media".
    pub roles: Vec<String>,
    pub state: UserState,
    /// When that state began.
    pub since: Moment,
}

/// Whether a person can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserState {
    Active,
    /// They have yet to choose a password.
    Invited,
    Disabled,
}

/// A person's grant, formatted for display.
pub struct GrantView {
    /// The grant's value in the project field.
    pub project: String,
    /// The project's name, or "All projects".
    pub place: String,
    pub role: Role,
    /// The roles that could replace it.
    pub roles: Vec<Role>,
    pub since: Moment,
    pub by: String,
}

/// A personal token, formatted for display.
pub struct TokenView {
    pub id: i64,
    pub description: String,
    pub prefix: String,
    pub permissions: Vec<String>,
    /// The project's name, or "All projects".
    pub place: String,
    pub expires: Moment,
    pub last_used: Option<Moment>,
    pub last_used_ip: Option<String>,
    pub state: KeyState,
}

impl PersonView {
    /// `person`, where `projects` are all the projects there are.
    pub fn new(person: Person, projects: &[Project], now: UtcTime) -> Self {
        let Person { user, grants } = person;
        let (state, since) = match (user.disabled_at, user.joined_at) {
            (Some(disabled), _) => (UserState::Disabled, disabled),
            (None, Some(joined)) => (UserState::Active, joined),
            (None, None) => (UserState::Invited, user.created_at),
        };
        PersonView {
            id: user.id,
            path: super::path(user.id),
            email: user.email,
            roles: grants
                .iter()
                .map(|grant| role_in_words(grant, projects))
                .collect(),
            state,
            since: Moment::new(since, now),
        }
    }

    /// Whether they have chosen a password and are not disabled.
    pub fn is_active(&self) -> bool {
        self.state == UserState::Active
    }

    /// Whether they have yet to choose a password.
    pub fn is_invited(&self) -> bool {
        self.state == UserState::Invited
    }

    pub fn is_disabled(&self) -> bool {
        self.state == UserState::Disabled
    }
}

impl UserState {
    /// The CSS class for its shape and colour, shared with a key's states.
    pub fn as_str(self) -> &'static str {
        match self {
            UserState::Active => "active",
            UserState::Invited => "expiring",
            UserState::Disabled => "revoked",
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            UserState::Active => "Active",
            UserState::Invited => "Invited",
            UserState::Disabled => "Disabled",
        }
    }
}

impl GrantView {
    /// `grant`, where `projects` are all the projects there are.
    pub fn new(grant: Grant, projects: &[Project], now: UtcTime) -> Self {
        let project = find(grant.project_id, projects).map(|project| project.slug.clone());
        GrantView {
            project: project.unwrap_or_else(|| ALL_PROJECTS.into()),
            place: place(grant.project_id, projects),
            roles: match grant.project_id {
                Some(_) => project_roles(),
                None => Role::ALL.to_vec(),
            },
            role: grant.role,
            since: Moment::new(grant.created_at, now),
            by: grant.created_by,
        }
    }
}

impl TokenView {
    /// `token`, where `projects` are all the projects there are.
    pub fn new(token: Token, projects: &[Project], now: UtcTime) -> Self {
        let state = match token.revoked_at {
            Some(_) => KeyState::Revoked,
            None if token.is_active(now) => KeyState::Active,
            None => KeyState::Expired,
        };
        TokenView {
            id: token.id,
            permissions: token.permissions,
            place: place(token.project_id, projects),
            description: token.description,
            prefix: token.prefix,
            expires: Moment::new(token.expires_at, now),
            last_used: token.last_used_at.map(|at| Moment::new(at, now)),
            last_used_ip: token.last_used_ip,
            state,
        }
    }

    /// Whether there is something to revoke.
    pub fn is_active(&self) -> bool {
        self.state == KeyState::Active
    }
}

/// "Owner of all projects", "Support of Media".
pub(super) fn role_in_words(grant: &Grant, projects: &[Project]) -> String {
    let place = match grant.project_id {
        Some(_) => place(grant.project_id, projects),
        None => "all projects".into(),
    };
    format!("{} of {place}", grant.role.title())
}

fn find(id: Option<i64>, projects: &[Project]) -> Option<&Project> {
    projects.iter().find(|project| Some(project.id) == id)
}

/// The name of the project with this id; without an id, all projects.
fn place(id: Option<i64>, projects: &[Project]) -> String {
    match id {
        Some(_) => find(id, projects).map_or_else(String::new, |project| project.name.clone()),
        None => "All projects".into(),
    }
}
