//! Personal tokens in JSON.

use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::{UtcTime, rfc3339};
use crate::records::{Project, Token};

/// A personal token, without its secret.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Token)]
pub struct TokenJson {
    #[schema(example = 1)]
    id: i64,
    #[schema(example = "Nightly rotation")]
    description: String,
    /// The first characters of the secret, to recognise it by.
    #[schema(example = "kwp_a1b2c3d4")]
    token_prefix: String,
    #[schema(example = json!(["keys:read", "keys:create"]))]
    permissions: Vec<String>,
    /// The slug of the one project it is bound to; null is all.
    #[schema(required, example = "default")]
    project: Option<String>,
    is_active: bool,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    expires_at: String,
    #[schema(required, format = DateTime)]
    last_used_at: Option<String>,
    #[schema(required, example = "203.0.113.7")]
    last_used_ip: Option<String>,
    #[schema(required, format = DateTime)]
    revoked_at: Option<String>,
    #[schema(required)]
    revoked_by: Option<String>,
}

impl TokenJson {
    /// The token as `now` has it. `projects` are all that it may be bound to.
    pub fn new(token: &Token, projects: &[Project], now: UtcTime) -> Self {
        let project = projects
            .iter()
            .find(|project| Some(project.id) == token.project_id);
        TokenJson {
            id: token.id,
            description: token.description.clone(),
            token_prefix: token.prefix.clone(),
            permissions: token.permissions.clone(),
            project: project.map(|project| project.slug.clone()),
            is_active: token.is_active(now),
            created_at: rfc3339(token.created_at),
            expires_at: rfc3339(token.expires_at),
            last_used_at: token.last_used_at.map(rfc3339),
            last_used_ip: token.last_used_ip.clone(),
            revoked_at: token.revoked_at.map(rfc3339),
            revoked_by: token.revoked_by.clone(),
        }
    }
}
