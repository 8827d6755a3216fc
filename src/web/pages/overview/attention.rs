//! Keys that need somebody: why, and what to do about each.

use crate::access::{Action, Actor};
use crate::clock::UtcTime;
use crate::domain::overview::Concern;
use crate::records::{Key, Project};
use crate::web::pages::keys::KeyView;
use crate::web::shared::times::Moment;

/// A key that needs somebody.
pub struct ConcernView {
    pub key: KeyView,
    pub project: String,
    /// "Expires", "Revoked", with the time that follows.
    pub why: &'static str,
    pub at: Option<Moment>,
    /// "last used", "still tried", with the time that follows.
    pub and: &'static str,
    pub then: Option<Moment>,
    /// What to do: the words on the button, and where it leads.
    pub action: (&'static str, String),
}

impl ConcernView {
    /// Why `key` of `project` is a concern, and what `actor` can do about it.
    pub fn new(concern: Concern, project: &Project, key: Key, actor: &Actor, now: UtcTime) -> Self {
        let moment = |at| Moment::new(at, now);
        let used = key.last_use.as_ref().map(|last| moment(last.at));
        let revoked = key.revocation.as_ref().map(|revocation| revocation.at);
        let ended = revoked.or(project.archived_at);
        let is_replaced = key.replaced_by.is_some();
        let may_rotate = actor.may(Action::MintKeys, Some(project.id)) && !is_replaced;
        let may_edit = actor.may(Action::EditKeys, Some(project.id));
        let path = super::super::keys::path(&project.slug, key.id);
        let (why, at, and, then) = match concern {
            Concern::Tried if ended.is_some() => (
                "Revoked",
                ended.map(moment),
                "last tried",
                key.tried_at.map(moment),
            ),
            Concern::Tried => (
                "Expired",
                key.expires_at.map(moment),
                "last tried",
                key.tried_at.map(moment),
            ),
            Concern::Orphaned => (
                "Its owner is gone, created",
                Some(moment(key.created_at)),
                "last used",
                used,
            ),
            Concern::Expiring if is_replaced => (
                "Rotated, ends",
                key.expires_at.map(moment),
                "last used",
                used,
            ),
            Concern::Expiring => ("Expires", key.expires_at.map(moment), "last used", used),
            Concern::Dormant if used.is_none() => (
                "Never used, created",
                Some(moment(key.created_at)),
                "",
                None,
            ),
            Concern::Dormant => ("Last used", used, "", None),
        };
        let key = KeyView::new(key, project, actor, now);
        let action = match concern {
            Concern::Tried => ("See callers", format!("{path}#callers")),
            Concern::Orphaned if may_edit => ("Hand over", format!("{path}/edit#owner")),
            Concern::Expiring if may_rotate => ("Rotate", format!("{path}/rotation")),
            Concern::Dormant if key.may_revoke => ("Revoke", format!("{path}/revocation")),
            _ => ("View", path),
        };
        ConcernView {
            key,
            project: project.name.clone(),
            why,
            at,
            and,
            then,
            action,
        }
    }
}
