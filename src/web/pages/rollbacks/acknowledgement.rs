//! `/rollbacks/{entry}/acknowledgement`: take a loss off the overview.

use actix_web::{HttpResponse, web};

use crate::domain::rollbacks;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::{Visitor, WebError, page};

pub async fn submit(
    visitor: Visitor,
    entry: web::Path<i64>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let entry = entry.into_inner();
    visitor
        .act(move |op| rollbacks::acknowledge(op, entry))
        .await?;
    Ok(page::see_other("/"))
}
