//! The cookie that opens the one reveal of a new secret, of a key or a personal token.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};

use super::{Visitor, page};
use crate::clock::UtcTime;
use crate::domain::lifetimes::REVEAL;
use crate::domain::reveal::Minted;
use crate::domain::seal::SealKey;

/// Redirects to the reveal of what was just created, whose own page is at `path`, and sets the
/// cookie that opens it.
pub fn lead_to(visitor: &Visitor, path: &str, minted: &Minted) -> HttpResponse {
    let reveal = format!("{path}/reveal");
    let https = visitor.state.is_https();
    let opener = BASE64_URL_SAFE_NO_PAD.encode(minted.seal_key.expose());
    let name = visitor.state.cookies.of_path(&cookie(minted.id));
    let cookie = Cookie::build(name, opener)
        .path(reveal.clone())
        .max_age(REVEAL)
        .secure(https)
        .http_only(true)
        .same_site(SameSite::Strict)
        .finish();
    let mut response = page::see_other(&reveal);
    response
        .add_cookie(&cookie)
        .expect("base 64 is a cookie value");
    response
}

/// The seal key from the cookie for the reveal of `id`, if the browser sent it.
pub fn seal_key(req: &HttpRequest, visitor: &Visitor, id: i64) -> Option<SealKey> {
    let name = visitor.state.cookies.of_path(&cookie(id));
    let cookie = req.cookie(&name)?;
    SealKey::from_bytes(&BASE64_URL_SAFE_NO_PAD.decode(cookie.value()).ok()?)
}

/// How many whole seconds a page counts down, at least one.
pub fn seconds_left(until: UtcTime, now: UtcTime) -> i64 {
    (until - now).whole_seconds().max(1)
}

/// What the cookie that opens the reveal of `id` is for.
fn cookie(id: i64) -> String {
    format!("reveal_{id}")
}
