//! `/account/tokens/{id}/revocation`: end a personal token.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::TokenView;
use crate::domain::DomainError;
use crate::domain::tokens::{find_token, revoke_token};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::logout::Nothing;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "account/tokens/revocation.html")]
struct RevocationPage {
    layout: Layout,
    token: TokenView,
}

/// Names the token and what depends on it.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    let (user, id) = (visitor.session.user_id, id.into_inner());
    let loading = visitor.act(move |conn, actor, _| {
        let token = find_token(conn, actor, user, id)?;
        if let Some(by) = &token.revoked_by {
            let told = format!("This token was revoked already, by {by}.");
            return Err(DomainError::Conflict(told));
        }
        Ok(token)
    });
    let token = loading.await?;
    let title = format!("Revoke {}", token.description);
    let page = RevocationPage {
        layout: Layout::new(&visitor, Section::Account, None, title),
        token: TokenView::new(token, &visitor.projects, visitor.now),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Revokes it.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let (user, id) = (visitor.session.user_id, id.into_inner());
    let revoking = visitor.act(move |conn, actor, now| revoke_token(conn, actor, user, id, now));
    revoking.await?;
    Ok(page::see_other("/account?done=token"))
}
