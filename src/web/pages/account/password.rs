//! `/account/password`: change your own password.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;

use super::{sessions, show};
use crate::domain::passwords::Password;
use crate::domain::{DomainError, account};
use crate::http::TrustedProxies;
use crate::web::shared::form::Form;
use crate::web::shared::{Visitor, WebError, page, session};

#[derive(Default, Deserialize)]
#[serde(default)]
pub struct PasswordForm {
    present_password: String,
    password: String,
}

/// Changes the password. Every other session ends; this one stays.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    Form(fields): Form<PasswordForm>,
) -> Result<HttpResponse, WebError> {
    // An open browser must not be a way to guess the password faster than at sign-in.
    let email = visitor.act(|op| Ok(op.actor().name().to_owned())).await?;
    let throttle = &visitor.state.throttle;
    let address = proxies.client_ip(&req);
    throttle.attempt_on_own(&email, address)?;
    let PasswordForm {
        present_password,
        password,
    } = fields;
    let own = visitor.session.clone();
    let changing = visitor.act_hashing(move |op| {
        let (present, new) = (Password::new(present_password), Password::new(password));
        let but = sessions::own_digest(op, &own)?;
        account::change_password(op, &present, &new, but.as_deref())
    });
    match changing.await {
        Ok(stamp) => {
            throttle.was_right_on_own(&email, address);
            session::go_on(&session, &stamp)?;
            Ok(page::see_other("/account?done=password"))
        }
        Err(DomainError::Invalid(errors)) => {
            let (viewer, subject) = show::load(&visitor).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(show::form(&viewer, status, subject, errors, None))
        }
        Err(error) => Err(error.into()),
    }
}
