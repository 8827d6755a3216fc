//! A key as pages show it.

use super::across;
use super::fields::metadata_text;
use super::list_query::ListQuery;
use crate::access::{Action, Actor};
use crate::clock::UtcTime;
use crate::records::{Key, KeyState, Project};
use crate::web::shared::rate_limit_fields;
use crate::web::shared::times::Moment;

/// A key, formatted for display.
pub struct KeyView {
    pub id: i64,
    pub path: String,
    pub label: String,
    pub prefix: String,
    pub environment: &'static str,
    pub scopes: Vec<String>,
    pub created: Moment,
    pub created_by: String,
    pub expires: Option<Moment>,
    pub last_used: Option<Moment>,
    pub last_used_ip: Option<String>,
    pub last_used_agent: Option<String>,
    pub state: ShownState,
    pub rate_limit: Option<String>,
    pub allowed_ips: Vec<String>,
    pub consumer: Option<String>,
    pub owner: Option<String>,
    /// The lists of all keys with the same owner, and with the same consumer.
    pub of_owner: String,
    pub of_consumer: String,
    /// As JSON; empty if there is none.
    pub metadata: String,
    pub revocation: Option<RevocationView>,
    /// It is refused as expired before its expiry.
    pub is_refused_early: bool,
    pub may_revoke: bool,
    pub may_edit: bool,
}

/// What the pill of a key says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShownState {
    Own(KeyState),
    /// It was not revoked itself, but its project is archived.
    Ended,
}

impl ShownState {
    /// For a key in this state; archiving its project ends one that was not revoked before.
    pub fn of(state: KeyState, is_archived: bool) -> Self {
        match is_archived && state != KeyState::Revoked {
            true => ShownState::Ended,
            false => ShownState::Own(state),
        }
    }

    /// The CSS class for its shape and colour.
    pub fn as_str(self) -> &'static str {
        match self {
            ShownState::Own(state) => state.as_str(),
            ShownState::Ended => "archived",
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            ShownState::Own(state) => state.title(),
            ShownState::Ended => "Ended",
        }
    }
}

/// When, by whom and why a key was revoked.
pub struct RevocationView {
    pub at: Moment,
    pub by: String,
    pub reason: &'static str,
    pub note: Option<String>,
}

impl KeyView {
    /// Whom to ask about it: its owner, else its creator.
    pub fn responsible(&self) -> &str {
        self.owner.as_deref().unwrap_or(&self.created_by)
    }

    /// `key` of `project`, with the buttons that `actor` may press.
    pub fn new(key: Key, project: &Project, actor: &Actor, now: UtcTime) -> Self {
        let is_open = project.archived_at.is_none();
        let state = ShownState::of(key.state(now), !is_open);
        let may = |action| actor.may(action, Some(key.project_id));
        let alive = key.revocation.is_none();
        KeyView {
            is_refused_early: alive
                && key.refused_as_expired
                && key.expires_at.is_some_and(|expiry| expiry > now),
            id: key.id,
            path: super::path(&project.slug, key.id),
            may_revoke: alive && may(Action::RevokeKeys),
            may_edit: alive && is_open && may(Action::EditKeys),
            label: key.label,
            prefix: key.prefix,
            environment: key.environment.title(),
            scopes: key.scopes,
            created: Moment::new(key.created_at, now),
            created_by: key.created_by,
            expires: key.expires_at.map(|at| Moment::new(at, now)),
            last_used: key.last_use.as_ref().map(|last| Moment::new(last.at, now)),
            last_used_ip: key.last_use.as_ref().and_then(|last| last.ip.clone()),
            last_used_agent: key.last_use.and_then(|last| last.user_agent),
            state,
            rate_limit: key.rate_limit.map(rate_limit_fields::in_words),
            allowed_ips: key.allowed_ips.iter().map(ToString::to_string).collect(),
            of_owner: like(|query| &mut query.owner, key.owner.as_ref()),
            of_consumer: like(|query| &mut query.consumer, key.consumer.as_ref()),
            consumer: key.consumer,
            owner: key.owner,
            metadata: metadata_text(&key.metadata),
            revocation: key.revocation.map(|revocation| RevocationView {
                at: Moment::new(revocation.at, now),
                by: revocation.by,
                reason: revocation.reason.title(),
                note: revocation.note,
            }),
        }
    }
}

/// The list of all keys that have `value` in this field of the filter.
fn like(field: fn(&mut ListQuery) -> &mut String, value: Option<&String>) -> String {
    let mut query = ListQuery::default();
    field(&mut query).clone_from(value.unwrap_or(&String::new()));
    query.url(across::PATH)
}
