//! `/reviews/{id}/file`: who answered what, as a file.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::domain::files::FileFormat;
use crate::domain::reviews;
use crate::web::shared::form::Form;
use crate::web::shared::{Visitor, WebError, download};

#[derive(Debug, Deserialize)]
pub struct FileFields {
    #[serde(default)]
    format: String,
}

/// Sends the file.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    Form(fields): Form<FileFields>,
) -> Result<HttpResponse, WebError> {
    let format: FileFormat = fields.format.parse().map_err(|_| WebError::BadForm)?;
    let id = id.into_inner();
    let file = visitor.act(move |op| reviews::file(op, id, format)).await?;
    let (state, claim) = (visitor.state.clone(), visitor.claim().clone());
    let name = format!("review-{id}");
    Ok(download::answer(
        state,
        claim,
        file,
        format,
        &name,
        name.clone(),
    ))
}
