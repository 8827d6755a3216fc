//! `/users/{id}/sign-out`: end every session of a person.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::PersonView;
use crate::domain::users;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError};

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
    let (viewer, person) = visitor.view(move |op| users::find(op, id)).await?;
    let title = format!("End all sessions of {}", person.user.email);
    let page = SignOutPage {
        layout: Layout::new(&viewer, Section::People, None, title),
        person: PersonView::new(person, &viewer.projects, viewer.now),
        is_self: viewer.actor.id() == Some(id),
    };
    Ok(page::full(StatusCode::OK, &page))
}

pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    visitor.act(move |op| users::end_sessions(op, id)).await?;
    Ok(super::after_ending_sessions(&visitor, id, "signed-out"))
}
