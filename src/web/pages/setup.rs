//! `/setup`: the first owner.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::Errors;
use crate::domain::passwords::Password;
use crate::domain::{Actor, DomainError, set_up};
use crate::http::TrustedProxies;
use crate::web::csrf::AnonymousToken;
use crate::web::form::Form;
use crate::web::visitor::origin;
use crate::web::{AppState, WebError, page};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    csrf: String,
    code: String,
    email: String,
    errors: Errors,
}

/// The fields of the form.
#[derive(Deserialize)]
pub struct SetupForm {
    code: String,
    email: String,
    password: String,
}

/// The form; once there is an owner, there is nothing here.
pub async fn show(req: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, WebError> {
    if !state.run(|conn| set_up::is_open(conn)).await? {
        return Err(DomainError::NotFound.into());
    }
    form(
        &req,
        &state,
        StatusCode::OK,
        String::new(),
        String::new(),
        Errors::default(),
    )
}

/// Makes the first owner.
pub async fn submit(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    Form(fields): Form<SetupForm>,
) -> Result<HttpResponse, WebError> {
    state.throttle.attempt_from(proxies.client_ip(&req))?;
    let (actor, now) = (Actor::nobody(origin(&req)), state.clock.now());
    let SetupForm {
        code,
        email,
        password,
    } = fields;
    let (typed_code, typed_email) = (code.clone(), email.clone());
    let made = state
        .run_hashing(move |conn| {
            let password = Password::new(password);
            set_up::set_up(conn, &actor, &code, &email, &password, now)
        })
        .await;
    match made {
        Ok(()) => Ok(page::see_other("/login?done=owner")),
        Err(DomainError::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            form(
                &req,
                &state,
                status,
                typed_code,
                typed_email,
                Errors(errors),
            )
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    req: &HttpRequest,
    state: &AppState,
    status: StatusCode,
    code: String,
    email: String,
    errors: Errors,
) -> Result<HttpResponse, WebError> {
    let token = AnonymousToken::for_browser(req, state)?;
    let csrf = token.token.clone();
    Ok(token.respond(
        status,
        &SetupPage {
            csrf,
            code,
            email,
            errors,
        },
    ))
}
