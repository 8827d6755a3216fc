//! `/password`: choose a password, with a link that works once.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::passwords::Password;
use crate::domain::{DomainError, account};
use crate::http::TrustedProxies;
use crate::web::shared::csrf::{self, AnonymousToken};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::session::SignedIn;
use crate::web::shared::visitor::origin;
use crate::web::shared::{AppState, WebError, acting, cross_site, page};

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    csrf: String,
    code: String,
    /// Whose link it is; `None` if it no longer works.
    email: Option<String>,
    /// Who is signed in, in this browser.
    signed_in: Option<String>,
    errors: Errors,
}

/// The secret part of the link.
#[derive(Deserialize)]
pub struct PasswordQuery {
    #[serde(default)]
    code: String,
}

#[derive(Deserialize)]
pub struct PasswordForm {
    code: String,
    password: String,
}

/// The form. Opening it doesn't use the link up: mail programs and chats open links before people
/// do.
pub async fn show(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    query: web::Query<PasswordQuery>,
) -> Result<HttpResponse, WebError> {
    // Links on other sites, such as web mail, cost nobody anything.
    let address = proxies.client_ip(&req);
    let counts = !cross_site::is_from_elsewhere(req.headers());
    if counts {
        state.throttle.attempt_from(address)?;
    }
    let code = query.into_inner().code;
    let page = answer(&req, &state, &session, code, Errors::default()).await?;
    if counts && page.status() == StatusCode::OK {
        state.throttle.was_right_from(address);
    }
    Ok(page)
}

/// Sets the password that the person chose.
pub async fn submit(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    Form(fields): Form<PasswordForm>,
) -> Result<HttpResponse, WebError> {
    let address = proxies.client_ip(&req);
    state.throttle.attempt_from(address)?;
    let PasswordForm { code, password } = fields;
    let sent = code.clone();
    let turn = state.hashing_turn().await?;
    let choosing = acting::act_as_nobody(&state, origin(&req), move |op| {
        account::choose_password(op, &sent, &Password::new(password))
    });
    let chosen = choosing.await;
    drop(turn);
    let errors = match chosen {
        Ok(()) => {
            state.throttle.was_right_from(address);
            // Whoever was signed in here may not be the person who signs in next.
            session.purge();
            return Ok(page::see_other("/login?done=password"));
        }
        Err(DomainError::NotFound) => Errors::default(),
        Err(DomainError::Invalid(errors)) => Errors(errors),
        Err(error) => return Err(error.into()),
    };
    answer(&req, &state, &session, code, errors).await
}

/// The form with its errors, or the page that says that the link no longer works.
async fn answer(
    req: &HttpRequest,
    state: &AppState,
    session: &Session,
    code: String,
    errors: Errors,
) -> Result<HttpResponse, WebError> {
    let sent = code.clone();
    let signed_in = SignedIn::read(session);
    let claim = signed_in
        .as_ref()
        .map(|signed_in| signed_in.claim(origin(req)));
    let loading = acting::act_as_nobody(state, origin(req), move |op| {
        let now = op.now();
        let person = account::person_of(op, &sent)?;
        let visitor = match claim {
            Some(claim) => claim.load(op.conn(), now)?,
            None => None,
        };
        Ok((person, visitor))
    });
    let (person, visitor) = loading.await?;
    let status = match &person {
        None => StatusCode::NOT_FOUND,
        Some(_) if errors.any() => StatusCode::UNPROCESSABLE_ENTITY,
        Some(_) => StatusCode::OK,
    };
    let token = AnonymousToken::for_browser(req, state)?;
    // In a browser where somebody is signed in, every form is checked against their session.
    let csrf = match signed_in {
        Some(signed_in) => csrf::masked(&signed_in.csrf)?,
        None => token.token.clone(),
    };
    let page = PasswordPage {
        csrf,
        code,
        email: person.map(|person| person.email),
        signed_in: visitor.map(|visitor| visitor.name().to_owned()),
        errors,
    };
    Ok(token.respond(status, &page))
}
