//! `/projects/{p}/keys/{id}/replacement`: for a key whose secret nobody stored.

use actix_web::{HttpResponse, web};

use crate::domain::{keys, projects};
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::{Visitor, WebError};

/// Revokes the key, creates one just like it, and redirects to the new one's reveal.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let (of, session) = (slug.clone(), visitor.session.id.clone());
    let replacing = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        keys::replace(op, &project, id, &session)
    });
    let minted = replacing.await?;
    Ok(super::new::to_reveal(&visitor, &slug, &minted))
}
