//! Keeps foreign forms out: a token in each form, and a check of where it was sent from.

use actix_session::SessionExt;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use subtle::ConstantTimeEq;

use super::cookies::all_named;
use super::session::{SignedIn, is_random_word, random_word};
use super::{AppState, WebError, compression, page};
use crate::domain::DomainError;

/// The cookie that forms before signing in are compared with.
const FORM: &str = "form";

/// The field that every form carries.
pub const FIELD: &str = "csrf";

/// The token for a form that someone fills in before signing in, and the cookie it is compared
/// with (double submit: there is no session yet to keep it in).
pub struct AnonymousToken {
    /// What the form carries.
    pub token: String,
    word: String,
    cookie: String,
    https: bool,
}

impl AnonymousToken {
    /// The token that this browser already has, or a new one.
    ///
    /// # Errors
    /// The operating system can't provide randomness.
    pub fn for_browser(req: &HttpRequest, state: &AppState) -> Result<Self, DomainError> {
        let cookie = state.cookies.of_host(FORM);
        let mut own = all_named(req, &cookie).into_iter();
        let word = match own.find(|value| is_random_word(value)) {
            Some(value) => value,
            None => random_word()?,
        };
        let https = state.is_https();
        Ok(AnonymousToken {
            token: masked(&word)?,
            word,
            cookie,
            https,
        })
    }

    /// Answers with a page that carries the token, and sets the cookie. Some of these pages repeat
    /// the code of a link that was followed, so none is compressed.
    pub fn respond(&self, status: StatusCode, page: &impl Template) -> HttpResponse {
        let cookie = Cookie::build(self.cookie.as_str(), self.word.as_str())
            .path("/")
            .secure(self.https)
            .http_only(true)
            .same_site(SameSite::Lax)
            .finish();
        let mut response = page::full(status, page);
        response
            .add_cookie(&cookie)
            .expect("a token is a cookie value");
        compression::keep_plain(&mut response);
        response
    }
}

/// A token as a page carries it: other bytes in every answer, so that the length of a compressed
/// page says nothing about it.
///
/// # Errors
/// The operating system can't provide randomness.
pub fn masked(token: &str) -> Result<String, DomainError> {
    let mut both = vec![0; token.len()];
    getrandom::fill(&mut both)?;
    let hidden: Vec<u8> = xor(&both, token.as_bytes());
    both.extend(hidden);
    Ok(BASE64_URL_SAFE_NO_PAD.encode(both))
}

/// The token in what a form carried; nothing if it carried something else.
fn unmasked(sent: &str) -> Vec<u8> {
    let both = BASE64_URL_SAFE_NO_PAD.decode(sent).unwrap_or_default();
    let (mask, hidden) = both.split_at(both.len() / 2);
    xor(mask, hidden)
}

fn xor(one: &[u8], other: &[u8]) -> Vec<u8> {
    let pairs = one.iter().zip(other);
    pairs.map(|(one, other)| one ^ other).collect()
}

/// Accepts a form only if it carries the token of this session or browser and was not sent from a
/// foreign page.
///
/// # Errors
/// The token is missing or wrong, or a foreign page sent the form.
pub fn check(req: &HttpRequest, state: &AppState, token: Option<&str>) -> Result<(), WebError> {
    let expected = match SignedIn::read(&req.get_session()) {
        Some(session) => vec![session.csrf],
        None => all_named(req, &state.cookies.of_host(FORM)),
    };
    let token = unmasked(token.unwrap_or_default());
    let mut matching = expected
        .iter()
        .filter(|expected| !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(&token)));
    match matching.next().is_some() && sender(req, state) != Sender::Foreign {
        true => Ok(()),
        false => Err(WebError::ForeignForm),
    }
}

/// Who sent a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sender {
    /// A page of ours: a browser says so.
    OwnPage,
    /// A person by hand, or a program that doesn't say. Such forms still need the token.
    Unknown,
    /// Another site's page.
    Foreign,
}

/// What browsers say about where a request comes from (Fetch Metadata; RFC 6454 `Origin`).
pub fn sender(req: &HttpRequest, state: &AppState) -> Sender {
    let text = |name: &str| {
        req.headers()
            .get(name)
            .map(|value| value.to_str().unwrap_or("?"))
    };
    if let Some(site) = text("sec-fetch-site") {
        return match site {
            "same-origin" => Sender::OwnPage,
            "none" => Sender::Unknown,
            _ => Sender::Foreign,
        };
    }
    let Some(origin) = text("origin") else {
        return Sender::Unknown;
    };
    // What browsers say over plain http if a proxy sets `Referrer-Policy: no-referrer`. Sandboxed
    // pages of other sites say it too, and don't know the token.
    if origin == "null" && !state.is_https() {
        return Sender::Unknown;
    }
    let is_own = match &state.public_url {
        Some(url) => origin.eq_ignore_ascii_case(&url.origin),
        None => {
            let host = req
                .headers()
                .get(header::HOST)
                .and_then(|host| host.to_str().ok());
            let origin = origin.split_once("://").map(|(_, host)| host);
            origin.is_some() && origin == host
        }
    };
    match is_own {
        true => Sender::OwnPage,
        false => Sender::Foreign,
    }
}
