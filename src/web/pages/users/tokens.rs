//! `/users/{id}/tokens/{token}/revocation`: end a personal token of somebody.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::{PersonView, TokenView};
use crate::domain::DomainError;
use crate::domain::manage_users::find_user;
use crate::domain::policy::{self, Action};
use crate::domain::tokens::{find_token, revoke_token};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::logout::Nothing;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/token_revocation.html")]
struct RevocationPage {
    layout: Layout,
    person: PersonView,
    token: TokenView,
}

/// Names the token, whose it is, and what fails without it.
pub async fn show(visitor: Visitor, path: web::Path<(i64, i64)>) -> Result<HttpResponse, WebError> {
    let (id, token) = path.into_inner();
    let loading = visitor.act(move |conn, actor, _| {
        let person = find_user(conn, actor, id)?;
        let token = find_token(conn, actor, id, token)?;
        if let Some(by) = &token.revoked_by {
            let told = format!("This token was revoked already, by {by}.");
            return Err(DomainError::Conflict(told));
        }
        Ok((person, token))
    });
    let (person, token) = loading.await?;
    let title = format!("Revoke {}", token.description);
    let page = RevocationPage {
        layout: Layout::new(&visitor, Section::People, None, title),
        person: PersonView::new(person, &visitor.projects, visitor.now),
        token: TokenView::new(token, &visitor.projects, visitor.now),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Revokes the token.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(i64, i64)>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let (id, token) = path.into_inner();
    visitor
        .act(move |conn, actor, now| {
            // `revoke_token` lets everybody end their own; this page is for owners.
            policy::require(actor, Action::ManageUsers, None)?;
            revoke_token(conn, actor, id, token, now)
        })
        .await?;
    let location = format!("{}?done=revoked", super::path(id));
    Ok(page::see_other(&location))
}
