//! `/users/{id}/enabling`: let a disabled person in again.

use actix_web::{HttpResponse, web};

use crate::domain::manage_users::enable_user;
use crate::web::form::Form;
use crate::web::pages::logout::Nothing;
use crate::web::{Visitor, WebError, page};

/// Enables them.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    visitor
        .act(move |conn, actor, now| enable_user(conn, actor, id, now))
        .await?;
    let location = format!("{}?done=enabled", super::path(id));
    Ok(page::see_other(&location))
}
