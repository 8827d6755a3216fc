//! Sessions: actix-session's cookie over our own store.
//!
//! The cookie holds a random 256-bit id, the database its SHA-256. A session ends 30 minutes
//! after it was last seen and 12 hours after it began, whichever comes first.

use std::collections::HashMap;

use actix_session::config::{BrowserSession, CookieContentSecurity};
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_session::{Session, SessionMiddleware};
use actix_web::body::MessageBody;
use actix_web::cookie::{self, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};
use time::Duration;

use super::AppState;
use super::turns::{Asker, Work};
use crate::access::{Origin, Proof};
use crate::clock::UtcTime;
use crate::db::{DbError, UnauditedTx, sessions, unaudited, unaudited_or_soon};
use crate::domain::actors::Claim;
use crate::domain::actors::Recognised;
use crate::domain::{DomainError, lifetimes};
use crate::records::StoredSession;

/// A session's last use is written down at most this often.
const TOUCH_EVERY: Duration = Duration::minutes(1);

const USER: &str = "user_id";
const ID: &str = "id";
const CSRF: &str = "csrf";
const STAMP: &str = "stamp";
const CLIENT_IP: &str = "client_ip";
const USER_AGENT: &str = "user_agent";

/// What a session of a signed-in person holds.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user_id: i64,
    /// The stamp of the password it began with; see [`crate::records::User::stamp`].
    pub stamp: String,
    /// Names the session without giving it away; reveals are bound to it.
    pub id: String,
    /// The token that every form of this session carries.
    pub csrf: String,
}

impl SignedIn {
    /// Reads the session; `None` if nobody is signed in.
    pub fn read(session: &Session) -> Option<Self> {
        Some(SignedIn {
            user_id: session.get(USER).ok()??,
            stamp: session.get(STAMP).ok()??,
            id: session.get(ID).ok()??,
            csrf: session.get(CSRF).ok()??,
        })
    }

    /// Who the session says its visitor is.
    pub fn claim(&self, origin: Origin) -> Claim {
        Claim {
            user_id: self.user_id,
            proof: Proof::Session {
                stamp: self.stamp.clone(),
            },
            origin,
        }
    }
}

/// Begins a new session for a person who comes from `origin`, under a new id, and ends the old one.
///
/// # Errors
/// The operating system can't provide randomness.
pub fn begin(session: &Session, person: &Recognised, origin: &Origin) -> Result<(), DomainError> {
    let (id, csrf) = (random_word()?, random_word()?);
    session.clear();
    let written = session
        .insert(USER, person.id)
        .and_then(|()| session.insert(STAMP, &person.stamp))
        .and_then(|()| session.insert(ID, id))
        .and_then(|()| session.insert(CSRF, csrf))
        .and_then(|()| session.insert(CLIENT_IP, &origin.client_ip))
        .and_then(|()| session.insert(USER_AGENT, &origin.user_agent));
    session.renew();
    written.map_err(|error| DomainError::Internal(error.to_string()))
}

/// Keeps the session in which a person changed their password: with the new password's stamp, and
/// under a new id, so that a copy of the cookie ends like every other session.
///
/// # Errors
/// The session can't be written.
pub fn go_on(session: &Session, stamp: &str) -> Result<(), DomainError> {
    let written = session.insert(STAMP, stamp);
    session.renew();
    written.map_err(|error| DomainError::Internal(error.to_string()))
}

/// Whether `row` is the session that `signed_in` was read from.
pub fn is_own(row: &StoredSession, signed_in: &SignedIn) -> bool {
    let state: Option<HashMap<String, String>> = serde_json::from_str(&row.state).ok();
    let id = state.and_then(|state| held(&state, ID));
    id.is_some_and(|id| id == signed_in.id)
}

/// Whether a session has expired at the time `now`.
pub fn is_over(row: &StoredSession, now: UtcTime) -> bool {
    row.last_seen_at + lifetimes::SESSION_IDLE <= now || row.created_at + lifetimes::SESSION <= now
}

/// Names a session without giving it away, for forms and URLs that end it.
pub fn name_of(row: &StoredSession) -> String {
    row.digest
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The digest of the session with this name; `None` if no session can have this name.
pub fn digest_named(name: &str) -> Option<Vec<u8>> {
    if name.len() != 64 {
        return None;
    }
    let byte = |at: usize| u8::from_str_radix(name.get(at..at + 2)?, 16).ok();
    (0..64).step_by(2).map(byte).collect()
}

/// 256 random bits in URL-safe base 64.
///
/// # Errors
/// The operating system can't provide randomness.
pub fn random_word() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(bytes))
}

/// Whether `text` could be a [`random_word`].
pub fn is_random_word(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    text.len() == 43 && text.bytes().all(is_plain)
}

/// The middleware that reads and writes sessions.
pub fn middleware(
    state: web::Data<AppState>,
    cookie_key: &[u8; 64],
) -> SessionMiddleware<DbSessions> {
    let (https, name) = (state.is_https(), state.cookies.of_host("session"));
    SessionMiddleware::builder(DbSessions(state), cookie::Key::from(cookie_key))
        .cookie_name(name)
        .cookie_secure(https)
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_path("/".into())
        .cookie_content_security(CookieContentSecurity::Signed)
        .session_lifecycle(BrowserSession::default())
        .build()
}

/// What pages ask by themselves, while somebody watches them or not.
const BY_ITSELF: [&str; 2] = ["/audit/latest", "/exports/progress"];

tokio::task_local! {
    /// Set while a request is answered that nobody made.
    static UNATTENDED: ();
}

/// The middleware that keeps a page which asks by itself from keeping its session alive.
///
/// # Errors
/// Whatever the answer fails with.
pub async fn let_rest<B: MessageBody>(
    req: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    match BY_ITSELF.contains(&req.path()) {
        true => UNATTENDED.scope((), next.call(req)).await,
        false => next.call(req).await,
    }
}

/// Sessions in the database.
pub struct DbSessions(web::Data<AppState>);

impl DbSessions {
    async fn write(
        &self,
        asker: Asker,
        f: impl FnOnce(&mut UnauditedTx) -> Result<(), DbError> + Send + 'static,
    ) -> anyhow::Result<()> {
        let writing = self
            .0
            .run(Work::Urgent, asker, move |conn| Ok(unaudited(conn, f)?));
        Ok(writing.await?)
    }
}

impl DbSessions {
    /// Writes down something that reading does not wait for.
    async fn note(
        &self,
        asker: Asker,
        f: impl FnOnce(&mut UnauditedTx) -> Result<(), DbError> + Send + 'static,
    ) -> Result<(), DomainError> {
        let writing = self.0.run(Work::Urgent, asker, move |conn| {
            Ok(unaudited_or_soon(conn, f)?)
        });
        writing.await.inspect_err(|error| {
            tracing::debug!(%error, "when a session was seen is written down later");
        })
    }
}

impl SessionStore for DbSessions {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let (digest, now) = (digest(key.as_ref()), self.0.clock.now());
        let own = digest.clone();
        let finding = self.0.run(Work::Urgent, Asker::Bearer, move |conn| {
            Ok(sessions::by_digest(conn, &own)?)
        });
        let found = finding
            .await
            .map_err(|error| LoadError::Other(error.into()))?;
        let Some(mut row) = found else {
            return Ok(None);
        };
        row.last_seen_at = self.0.last_seen.of(&digest, row.last_seen_at);
        // By now it is known whose session it is: one that waits for a lock keeps nobody else.
        let person = Asker::Person(row.user_id);
        if is_over(&row, now) {
            self.note(person, move |tx| sessions::delete(tx, &digest))
                .await
                .ok();
            return Ok(None);
        }
        let is_attended = UNATTENDED.try_with(|()| ()).is_err();
        if is_attended && row.last_seen_at + TOUCH_EVERY <= now {
            let own = digest.clone();
            let touching = self.note(person, move |tx| sessions::touch(tx, &own, now));
            if touching.await.is_err() {
                self.0.last_seen.keep(digest, now);
            }
        }
        serde_json::from_str(&row.state).map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(
        &self,
        state: HashMap<String, String>,
        _ttl: &cookie::time::Duration,
    ) -> Result<SessionKey, SaveError> {
        let user = state.get(USER).and_then(|user| user.parse().ok());
        let user: i64 =
            user.ok_or_else(|| SaveError::Other(anyhow::anyhow!("only people have sessions")))?;
        let json = serde_json::to_string(&state)
            .map_err(|error| SaveError::Serialization(error.into()))?;
        let word = random_word().map_err(|error| SaveError::Other(error.into()))?;
        let key = SessionKey::try_from(word).map_err(|error| SaveError::Other(error.into()))?;
        let now = self.0.clock.now();
        let row = StoredSession {
            digest: digest(key.as_ref()),
            user_id: user,
            state: json,
            created_at: now,
            last_seen_at: now,
            client_ip: held(&state, CLIENT_IP),
            user_agent: held(&state, USER_AGENT),
        };
        self.write(Asker::Person(user), move |tx| sessions::insert(tx, &row))
            .await
            .map_err(SaveError::Other)?;
        Ok(key)
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _ttl: &cookie::time::Duration,
    ) -> Result<SessionKey, UpdateError> {
        let json = serde_json::to_string(&state)
            .map_err(|error| UpdateError::Serialization(error.into()))?;
        let digest = digest(key.as_ref());
        self.write(Asker::Bearer, move |tx| {
            sessions::set_state(tx, &digest, &json)
        })
        .await
        .map_err(UpdateError::Other)?;
        Ok(key)
    }

    /// Sessions track their own expiry; see `load`.
    async fn update_ttl(
        &self,
        _key: &SessionKey,
        _ttl: &cookie::time::Duration,
    ) -> anyhow::Result<()> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> anyhow::Result<()> {
        let digest = digest(key.as_ref());
        self.write(Asker::Bearer, move |tx| sessions::delete(tx, &digest))
            .await
    }
}

/// The text that a session holds under this name, if any.
fn held(state: &HashMap<String, String>, name: &str) -> Option<String> {
    serde_json::from_str(state.get(name)?).ok()?
}

/// What the database stores of the id in a session's cookie.
fn digest(id: &str) -> Vec<u8> {
    Sha256::digest(id.as_bytes()).to_vec()
}
