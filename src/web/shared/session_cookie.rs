//! Which of a request's cookies is the session's. There may be several with its name, set for other
//! paths or domains: the first counts whose signature is ours. And after `keyward rotate-secret`,
//! cookies that were signed with the previous secret keep working for a day.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::AppState;
use super::cookies::CookieNames;
use crate::clock::UtcTime;
use crate::instance_secret::DerivedKey;

const SESSION: &str = "session";

/// The keys of session cookies, and what the cookies are called.
pub struct Keys {
    current: Signed,
    /// The previous one, and when it stops counting.
    previous: Option<(Signed, UtcTime)>,
}

struct Signed {
    key: Key,
    name: String,
}

impl Keys {
    /// From the derived keys, of which the first is the current one, and the database's
    /// installation id.
    pub fn new(keys: &[DerivedKey], installation: &str, https: bool) -> Self {
        let signed = |key: &DerivedKey| Signed {
            key: Key::from(key.bytes.as_ref()),
            name: CookieNames::new(key, installation, https).of_host(SESSION),
        };
        let previous = keys.iter().find_map(|key| Some((signed(key), key.until?)));
        Keys {
            current: signed(&keys[0]),
            previous,
        }
    }
}

/// The middleware in front of the sessions' own, which looks at the first cookie with the session's
/// name: leaves the one that counts.
pub async fn choose(
    mut req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(cookies) = with_one_session(&req) {
        req.headers_mut().insert(header::COOKIE, cookies);
    }
    next.call(req).await
}

/// The request's cookies, with the session's once; `None` if there is nothing to do.
fn with_one_session(req: &ServiceRequest) -> Option<HeaderValue> {
    let keys = req.app_data::<web::Data<Keys>>()?;
    let state = req.app_data::<web::Data<AppState>>()?;
    let lines = req.headers().get_all(header::COOKIE);
    let all: Vec<Cookie> = lines
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|one| Cookie::parse_encoded(one.trim().to_owned()).ok())
        .collect();
    let previous = keys.previous.as_ref();
    let previous = previous.filter(|(_, until)| state.clock.now() < *until);
    let accepted = [Some(&keys.current), previous.map(|(signed, _)| signed)];
    let session = accepted.into_iter().flatten().find_map(|signed| {
        let named = all.iter().filter(|cookie| cookie.name() == signed.name);
        let mut verified = named.filter_map(|cookie| {
            let jar = CookieJar::new();
            jar.signed(&signed.key).verify(cookie.clone())
        });
        verified.next()
    })?;
    let mut jar = CookieJar::new();
    let own = Cookie::new(keys.current.name.clone(), session.value().to_owned());
    jar.signed_mut(&keys.current.key).add(own);
    let own = jar.get(&keys.current.name)?.clone();
    let others = all.iter().filter(|cookie| cookie.name() != own.name());
    let line: Vec<String> = std::iter::once(&own)
        .chain(others)
        .map(|cookie| cookie.encoded().stripped().to_string())
        .collect();
    HeaderValue::from_str(&line.join("; ")).ok()
}
