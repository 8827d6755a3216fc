//! `/setup`: the first owner.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::passwords::Password;
use crate::domain::{DomainError, account};
use crate::http::TrustedProxies;
use crate::web::shared::csrf::AnonymousToken;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::visitor::origin;
use crate::web::shared::{AppState, WebError, acting, cookies, page, session};

#[derive(Template)]
#[template(path = "setup.html")]
struct SetupPage {
    csrf: String,
    code: String,
    email: String,
    errors: Errors,
}

#[derive(Deserialize)]
pub struct SetupForm {
    code: String,
    email: String,
    password: String,
}

/// The form; 404 once there is an owner.
pub async fn show(req: HttpRequest, state: web::Data<AppState>) -> Result<HttpResponse, WebError> {
    let asking = acting::act_as_nobody(&state, origin(&req), account::is_open);
    if !asking.await? {
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

/// Creates the first owner, and signs them in.
pub async fn submit(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    Form(fields): Form<SetupForm>,
) -> Result<HttpResponse, WebError> {
    let address = proxies.client_ip(&req);
    state.throttle.attempt_from(address)?;
    let SetupForm {
        code,
        email,
        password,
    } = fields;
    let (typed_code, typed_email) = (code.clone(), email.clone());
    let _turn = state.hashing_turn().await?;
    let making = acting::act_as_nobody(&state, origin(&req), move |op| {
        let password = Password::new(password);
        account::set_up(op, &code, &email, &password)?;
        account::sign_in(op, &email, &password)
    });
    match making.await {
        Ok(recognised) => {
            state.throttle.was_right_from(address);
            let owner = recognised.ok_or(DomainError::NotFound)?;
            session::begin(&session, &owner, &origin(&req))?;
            let mut response = page::see_other("/");
            cookies::expire_twins(&req, &state.cookies.of_host("session"), &mut response);
            Ok(response)
        }
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
