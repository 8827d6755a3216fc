//! `/users/{id}/disabling`: keep a person out.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::PersonView;
use crate::domain::DomainError;
use crate::domain::manage_users::{disable_user, find_user, obstacle};
use crate::domain::tokens::list_tokens;
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::logout::Nothing;
use crate::web::times::plural;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/disabling.html")]
struct DisablingPage {
    layout: Layout,
    person: PersonView,
    /// "2 personal tokens", if any work.
    tokens: Option<String>,
    /// Why they can't be disabled.
    obstacle: Option<String>,
    is_self: bool,
}

/// Says what ends, and what goes on.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let loading = visitor.act(move |conn, actor, now| {
        let person = find_user(conn, actor, id)?;
        if person.user.disabled_at.is_some() {
            let told = "This person was disabled already.";
            return Err(DomainError::Conflict(told.into()));
        }
        let tokens = list_tokens(conn, actor, id)?;
        let active = tokens.iter().filter(|token| token.is_active(now)).count();
        let obstacle = obstacle(conn, actor, &person)?;
        Ok((person, active, obstacle))
    });
    let (person, active, obstacle) = loading.await?;
    let active = i64::try_from(active).unwrap_or(i64::MAX);
    let title = format!("Disable {}", person.user.email);
    let page = DisablingPage {
        layout: Layout::new(&visitor, Section::People, None, title),
        person: PersonView::new(person, &visitor.projects, visitor.now),
        tokens: (active > 0).then(|| plural(active, "personal token")),
        obstacle,
        is_self: visitor.actor.id() == Some(id),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Disables them.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    visitor
        .act(move |conn, actor, now| disable_user(conn, actor, id, now))
        .await?;
    Ok(super::after_ending_sessions(&visitor, id, "disabled"))
}
