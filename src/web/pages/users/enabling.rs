//! `/users/{id}/enabling`: let a disabled person in again.

use actix_web::{HttpResponse, web};

use crate::domain::users;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::{Visitor, WebError, page};

pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    visitor.act(move |op| users::enable(op, id)).await?;
    let location = format!("{}?done=enabled", super::path(id));
    Ok(page::see_other(&location))
}
