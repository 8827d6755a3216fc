//! `/projects/{p}/keys/{id}/replacement`: for a key whose secret nobody stored.

use actix_web::{HttpResponse, web};

use crate::domain::list_projects::find_project;
use crate::domain::replace_key::replace_key;
use crate::web::form::Form;
use crate::web::pages::logout::Nothing;
use crate::web::{Visitor, WebError};

/// Revokes the key, creates the same again, and leads to the new one's reveal.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let session = visitor.session.id.clone();
    let replacing = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &slug)?;
        let minted = replace_key(conn, actor, &project, id, &session, now)?;
        Ok((project, minted))
    });
    let (project, minted) = replacing.await?;
    Ok(super::new::to_reveal(&visitor, &project.slug, &minted))
}
