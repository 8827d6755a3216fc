//! After `keyward rotate-secret`: cookies signed with the previous secret keep working for a day.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, CookieJar, Key};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use super::AppState;
use super::session::cookie_name;
use crate::clock::UtcTime;
use crate::instance_secret::DerivedKey;

/// The keys of session cookies.
pub struct Keys {
    current: Key,
    /// The previous key, and when it stops counting.
    previous: Option<(Key, UtcTime)>,
}

impl Keys {
    /// From the derived keys, of which the first is the current one.
    pub fn new(keys: &[DerivedKey]) -> Self {
        let previous = keys.iter().find_map(|key| {
            let until = key.until?;
            Some((Key::from(key.bytes.as_ref()), until))
        });
        Keys {
            current: Key::from(keys[0].bytes.as_ref()),
            previous,
        }
    }
}

/// The middleware in front of the sessions' own: while the previous secret still counts, it
/// re-signs session cookies that were signed with it.
pub async fn renew(
    mut req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if let Some(cookies) = renewed(&req) {
        req.headers_mut().insert(header::COOKIE, cookies);
    }
    next.call(req).await
}

/// The request's cookies with the session cookie re-signed; `None` if there is nothing to do.
fn renewed(req: &ServiceRequest) -> Option<HeaderValue> {
    let keys = req.app_data::<web::Data<Keys>>()?;
    let state = req.app_data::<web::Data<AppState>>()?;
    let (previous, until) = keys.previous.as_ref()?;
    let name = cookie_name("session", state.is_https());
    let sent = req.headers().get(header::COOKIE)?.to_str().ok()?;
    let all = sent.split(';').map(str::trim);
    let mut all: Vec<Cookie> = all
        .filter_map(|one| Cookie::parse_encoded(one.to_owned()).ok())
        .collect();
    let session = all.iter_mut().find(|cookie| cookie.name() == name)?;
    let mut jar = CookieJar::new();
    let verified = jar.signed(previous).verify(session.clone());
    let verified = verified.filter(|_| state.clock.now() < *until)?;
    jar.signed_mut(&keys.current).add(verified.into_owned());
    let signed = jar.get(&name)?.value().to_owned();
    session.set_value(signed);
    let line: Vec<String> = all
        .iter()
        .map(|cookie| cookie.encoded().stripped().to_string())
        .collect();
    HeaderValue::from_str(&line.join("; ")).ok()
}
