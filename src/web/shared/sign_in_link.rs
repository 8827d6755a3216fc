//! The link to the login page, and from there back to where the visitor was going.

use actix_web::HttpRequest;
use actix_web::http::{Method, Uri, header};
use form_urlencoded::Serializer;

use crate::domain::keys::may_hold_secret;

/// Where a visitor was going who has to sign in first.
pub struct SignInLink {
    next: Option<String>,
    /// They sent a form, which was not processed.
    lost_form: bool,
}

impl SignInLink {
    /// The link for this request.
    pub fn from(req: &HttpRequest) -> Self {
        let lost_form = req.method() == Method::POST;
        let next = match lost_form {
            // Many addresses only take forms: the way back is to the page with the form.
            true => page_with_form(req),
            false => (req.path() != "/").then(|| without_secret(req.uri())),
        };
        SignInLink { next, lost_form }
    }

    /// The path of the login page.
    pub fn path(&self) -> String {
        let mut query = Serializer::new(String::new());
        if let Some(next) = &self.next {
            query.append_pair("next", next);
        }
        if self.lost_form {
            query.append_pair("ended", "1");
        }
        let path = format!("/login?{}", query.finish());
        path.trim_end_matches('?').to_owned()
    }
}

/// Path and query of an address; without the query, if a search in it may have a secret in it.
fn without_secret(uri: &Uri) -> String {
    let mut fields = form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes());
    match fields.any(|(name, text)| name == "q" && may_hold_secret(&text)) {
        true => uri.path().to_owned(),
        false => uri.to_string(),
    }
}

/// Path and query of the page of this console that a form was sent from.
pub fn page_with_form(req: &HttpRequest) -> Option<String> {
    let from = req.headers().get(header::REFERER)?.to_str().ok()?;
    let from: Uri = from.parse().ok()?;
    let host = req.headers().get(header::HOST)?.to_str().ok()?;
    let is_ours = from.authority().is_some_and(|own| own.as_str() == host);
    let path = from.path_and_query().map(ToString::to_string);
    path.filter(|path| is_ours && path != "/")
}
