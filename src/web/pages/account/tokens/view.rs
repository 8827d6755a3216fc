//! A personal token as pages show it.

use crate::clock::UtcTime;
use crate::records::{KeyState, Project, Token};
use crate::web::shared::times::Moment;

/// A personal token, formatted for display.
pub struct TokenView {
    pub path: String,
    pub description: String,
    pub prefix: String,
    pub permissions: Vec<String>,
    /// The name of the project it is bound to, or "all".
    pub project: String,
    pub expires: Moment,
    pub last_used: Option<Moment>,
    pub last_used_ip: Option<String>,
    /// Active, expired or revoked, in the words for keys.
    pub state: KeyState,
    pub is_active: bool,
}

impl TokenView {
    /// `token` for a visitor who may see `projects`.
    pub fn new(token: Token, projects: &[Project], now: UtcTime) -> Self {
        let is_active = token.is_active(now);
        TokenView {
            path: super::path(token.id),
            permissions: token.permissions,
            project: project(token.project_id, projects),
            expires: Moment::new(token.expires_at, now),
            last_used: token.last_used_at.map(|at| Moment::new(at, now)),
            state: match (token.revoked_at, is_active) {
                (Some(_), _) => KeyState::Revoked,
                (None, true) => KeyState::Active,
                (None, false) => KeyState::Expired,
            },
            is_active,
            description: token.description,
            prefix: token.prefix,
            last_used_ip: token.last_used_ip,
        }
    }
}

fn project(id: Option<i64>, projects: &[Project]) -> String {
    let Some(id) = id else {
        return "all".into();
    };
    let known = projects.iter().find(|project| project.id == id);
    // They may have lost their role there since.
    known.map_or("a project you can't see".into(), |project| {
        project.name.clone()
    })
}
