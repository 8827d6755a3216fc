//! `/projects/{p}/scopes/catalogue`: add a scope template.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use crate::domain::projects;
use crate::domain::scopes::{self, Catalogue};
use crate::web::shared::form::Form;
use crate::web::shared::{Visitor, WebError, page};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct CatalogueFields {
    catalogue: String,
}

/// Adds the scopes of it that the project doesn't have.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<CatalogueFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let done = format!("{}?done=catalogue", super::list_path(&slug));
    let catalogue: Catalogue = fields.catalogue.parse().map_err(|_| WebError::BadForm)?;
    let adding = visitor.act(move |op| {
        let project = projects::find(op, &slug)?;
        scopes::add_catalogue(op, &project, catalogue)
    });
    adding.await?;
    Ok(page::see_other(&done))
}
