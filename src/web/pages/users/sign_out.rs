//! `/users/{id}/sign-out`: end every session of a person.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::PersonView;
use crate::domain::manage_users::{end_sessions, find_user};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::logout::Nothing;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/sign_out.html")]
struct SignOutPage {
    layout: Layout,
    person: PersonView,
    is_self: bool,
}

/// Says what ends.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let person = visitor
        .act(move |conn, actor, _| find_user(conn, actor, id))
        .await?;
    let title = format!("End all sessions of {}", person.user.email);
    let page = SignOutPage {
        layout: Layout::new(&visitor, Section::People, None, title),
        person: PersonView::new(person, &visitor.projects, visitor.now),
        is_self: visitor.actor.id() == Some(id),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Ends them.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    visitor
        .act(move |conn, actor, now| end_sessions(conn, actor, id, now))
        .await?;
    Ok(super::after_ending_sessions(&visitor, id, "signed-out"))
}
