//! `/users/{id}/disabling`: keep a person out.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::PersonView;
use crate::domain::users;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/disabling.html")]
struct DisablingPage {
    layout: Layout,
    person: PersonView,
    /// "2 personal tokens", unless none works.
    tokens: Option<String>,
    /// Why they can't be disabled.
    obstacle: Option<String>,
    is_self: bool,
}

/// Says what ends, and what keeps working.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let loading = visitor.view(move |op| users::disabling_form(op, id));
    let (viewer, form) = loading.await?;
    let title = format!("Disable {}", form.person.user.email);
    let page = DisablingPage {
        layout: Layout::new(&viewer, Section::People, None, title),
        person: PersonView::new(form.person, &viewer.projects, viewer.now),
        tokens: (form.tokens > 0).then(|| plural(form.tokens, "personal token")),
        obstacle: form.obstacle,
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
    visitor.act(move |op| users::disable(op, id)).await?;
    Ok(super::after_ending_sessions(&visitor, id, "disabled"))
}
