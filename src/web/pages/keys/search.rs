//! `/projects/{p}/keys/search`: where the list's form leads. A search may have a secret in it, so it
//! comes in a body; the address that the answer leads to has none.

use actix_web::{HttpResponse, web};

use super::list_query::ListQuery;
use crate::domain::projects;
use crate::web::shared::form::Form;
use crate::web::shared::{Visitor, WebError, page};

pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(asked): Form<ListQuery>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let list = super::list_path(&slug);
    let cleaning = visitor.act(move |op| {
        let project = projects::find(op, &slug)?;
        let cleaned = asked.without_secret(op, &project)?;
        Ok(cleaned.unwrap_or_else(|| asked.at_start()))
    });
    let query = cleaning.await?.tidied();
    Ok(page::see_other(&query.url(&list)))
}
