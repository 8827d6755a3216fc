//! `/password`: choose a password, with a link that works once.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Errors;
use crate::domain::actor::Proof;
use crate::domain::passwords::Password;
use crate::domain::{Actor, DomainError, password_link};
use crate::http::TrustedProxies;
use crate::web::csrf::AnonymousToken;
use crate::web::form::Form;
use crate::web::session::SignedIn;
use crate::web::visitor::origin;
use crate::web::{AppState, WebError, page};

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    csrf: String,
    code: String,
    /// Whose link it is; without, it does not work any more.
    email: Option<String>,
    /// Who is signed in in this browser.
    signed_in: Option<String>,
    errors: Errors,
}

/// The secret part of the link.
#[derive(Deserialize)]
pub struct PasswordQuery {
    #[serde(default)]
    code: String,
}

/// The fields of the form.
#[derive(Deserialize)]
pub struct PasswordForm {
    code: String,
    password: String,
}

/// The form. Uses nothing up: mail programs and chats look at links before people do.
pub async fn show(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    query: web::Query<PasswordQuery>,
) -> Result<HttpResponse, WebError> {
    state.throttle.attempt_from(proxies.client_ip(&req))?;
    let code = query.into_inner().code;
    answer(&req, &state, &session, code, Errors::default()).await
}

/// Gives the person the password they chose.
pub async fn submit(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    Form(fields): Form<PasswordForm>,
) -> Result<HttpResponse, WebError> {
    state.throttle.attempt_from(proxies.client_ip(&req))?;
    let (actor, now) = (Actor::nobody(origin(&req)), state.clock.now());
    let PasswordForm { code, password } = fields;
    let sent = code.clone();
    let chosen = state
        .run_hashing(move |conn| {
            let password = Password::new(password);
            password_link::choose_password(conn, &actor, &sent, &password, now)
        })
        .await;
    let errors = match chosen {
        Ok(()) => {
            // Whoever was signed in here may be somebody else than whoever signs in next.
            session.purge();
            return Ok(page::see_other("/login?done=password"));
        }
        Err(DomainError::NotFound) => Errors::default(),
        Err(DomainError::Invalid(errors)) => Errors(errors),
        Err(error) => return Err(error.into()),
    };
    answer(&req, &state, &session, code, errors).await
}

/// The form, with what is wrong in it, or the page that says that the link has ended.
async fn answer(
    req: &HttpRequest,
    state: &web::Data<AppState>,
    session: &Session,
    code: String,
    errors: Errors,
) -> Result<HttpResponse, WebError> {
    let (sent, now, from) = (code.clone(), state.clock.now(), origin(req));
    let signed_in = SignedIn::read(session);
    let own = signed_in.clone();
    let (person, visitor) = state
        .run(move |conn| {
            let person = password_link::person_of(conn, &sent, now)?;
            let visitor = match own {
                Some(SignedIn { user_id, stamp, .. }) => {
                    Actor::load(conn, user_id, Proof::Session { stamp }, from, now)?
                }
                None => None,
            };
            Ok((person, visitor))
        })
        .await?;
    let status = match &person {
        None => StatusCode::NOT_FOUND,
        Some(_) if errors.any() => StatusCode::UNPROCESSABLE_ENTITY,
        Some(_) => StatusCode::OK,
    };
    let token = AnonymousToken::for_browser(req, state)?;
    // In a browser where somebody is signed in, every form is checked against their session.
    let csrf = signed_in.map_or_else(|| token.token.clone(), |signed_in| signed_in.csrf);
    let page = PasswordPage {
        csrf,
        code,
        email: person.map(|person| person.email),
        signed_in: visitor.map(|visitor| visitor.name().to_owned()),
        errors,
    };
    Ok(token.respond(status, &page))
}
