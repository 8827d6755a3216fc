//! `/account/password`: another password for oneself.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{sessions, show};
use crate::domain::DomainError;
use crate::domain::own_account::change_password;
use crate::domain::passwords::Password;
use crate::http::TrustedProxies;
use crate::web::form::Form;
use crate::web::{Visitor, WebError, page, session};

/// The fields of the form.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    present_password: String,
    password: String,
}

/// Changes the password. Every other session ends; this one goes on.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    Form(fields): Form<PasswordForm>,
) -> Result<HttpResponse, WebError> {
    // Whoever found an open browser must not guess here what the sign-in slows down.
    let throttle = &visitor.state.throttle;
    throttle.attempt_on_own(visitor.actor.name(), proxies.client_ip(&req))?;
    let (actor, now, own) = (visitor.actor.clone(), visitor.now, visitor.session.clone());
    let PasswordForm {
        present_password,
        password,
    } = fields;
    let changing = visitor.state.run_hashing(move |conn| {
        let (present, new) = (Password::new(present_password), Password::new(password));
        let but = sessions::own_digest(conn, &actor, &own)?;
        change_password(conn, &actor, &present, &new, but.as_deref(), now)
    });
    match changing.await {
        Ok(stamp) => {
            session::go_on(&session, &stamp)?;
            Ok(page::see_other("/account?done=password"))
        }
        Err(DomainError::Invalid(errors)) => {
            show::account(&visitor, StatusCode::UNPROCESSABLE_ENTITY, errors, None).await
        }
        Err(error) => Err(error.into()),
    }
}
