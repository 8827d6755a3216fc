//! `/reviews/{id}/closing`: close a review in which everything is answered.

use actix_web::{HttpResponse, web};

use crate::domain::reviews;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::{Visitor, WebError, page};

/// Closes the review.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    Form(NoFields {}): Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    visitor.act(move |op| reviews::close(op, id)).await?;
    let done = format!("{}?done=closed", super::path(id));
    Ok(page::see_other(&done))
}
