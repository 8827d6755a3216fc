//! `/account/sessions/…`: end your own sessions.

use actix_web::HttpResponse;
use serde::Deserialize;

use super::device;
use crate::clock::UtcTime;
use crate::domain::{DomainError, Op, account};
use crate::records::StoredSession;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::session::{self, SignedIn};
use crate::web::shared::times::Moment;
use crate::web::shared::{Visitor, WebError, page};

/// A session, formatted for display.
pub(super) struct SessionView {
    /// Names it in the form that ends it.
    pub digest: String,
    pub device: String,
    /// The whole user agent.
    pub agent: String,
    pub address: Option<String>,
    pub began: Moment,
    pub last_seen: Moment,
    /// Whether the page was requested in this session.
    pub is_own: bool,
}

impl SessionView {
    /// Those of `rows` that have not expired, the visitor's own first.
    pub fn all(rows: Vec<StoredSession>, own: &SignedIn, now: UtcTime) -> Vec<Self> {
        let alive = rows.into_iter().filter(|row| !session::is_over(row, now));
        let mut views: Vec<_> = alive.map(|row| Self::new(row, own, now)).collect();
        views.sort_by_key(|view| !view.is_own);
        views
    }

    fn new(row: StoredSession, own: &SignedIn, now: UtcTime) -> Self {
        SessionView {
            digest: session::name_of(&row),
            device: device::in_words(row.user_agent.as_deref()),
            is_own: session::is_own(&row, own),
            began: Moment::new(row.created_at, now),
            last_seen: Moment::new(row.last_seen_at, now),
            agent: row.user_agent.unwrap_or_default(),
            address: row.client_ip,
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct EndForm {
    session: String,
}

/// Ends one session. If it ended in the meantime, that is fine too.
pub async fn end(visitor: Visitor, Form(fields): Form<EndForm>) -> Result<HttpResponse, WebError> {
    let digest = session::digest_named(&fields.session).ok_or(WebError::BadForm)?;
    let ending = visitor.act(move |op| account::end_session(op, &digest));
    match ending.await {
        Ok(()) | Err(DomainError::NotFound) => Ok(page::see_other("/account?done=session")),
        Err(error) => Err(error.into()),
    }
}

/// Ends all sessions except this one.
pub async fn end_others(visitor: Visitor, _form: Form<NoFields>) -> Result<HttpResponse, WebError> {
    let own = visitor.session.clone();
    let ending = visitor.act(move |op| {
        let but = own_digest(op, &own)?;
        account::end_other_sessions(op, but.as_deref())
    });
    ending.await?;
    Ok(page::see_other("/account?done=sessions"))
}

/// The digest of the visitor's own session; see [`StoredSession::digest`].
///
/// # Errors
/// Nobody is signed in.
pub(super) fn own_digest(op: &mut Op, own: &SignedIn) -> Result<Option<Vec<u8>>, DomainError> {
    let all = account::list_sessions(op)?;
    let own = all.into_iter().find(|row| session::is_own(row, own));
    Ok(own.map(|row| row.digest))
}
