//! `/users/{id}/tokens/{token}/revocation`: end somebody's personal token.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::view::{PersonView, TokenView};
use crate::domain::{tokens, users};
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/token_revocation.html")]
struct RevocationPage {
    layout: Layout,
    person: PersonView,
    token: TokenView,
}

/// Shows the token, whose it is, and what fails without it.
pub async fn show(visitor: Visitor, path: web::Path<(i64, i64)>) -> Result<HttpResponse, WebError> {
    let (id, token) = path.into_inner();
    let loading = visitor.view(move |op| {
        let person = users::find(op, id)?;
        let token = tokens::revocation_form(op, id, token)?;
        Ok((person, token))
    });
    let (viewer, (person, token)) = loading.await?;
    let title = format!("Revoke {}", token.description);
    let page = RevocationPage {
        layout: Layout::new(&viewer, Section::People, None, title),
        person: PersonView::new(person, &viewer.projects, viewer.now),
        token: TokenView::new(token, &viewer.projects, viewer.now),
    };
    Ok(page::full(StatusCode::OK, &page))
}

pub async fn submit(
    visitor: Visitor,
    path: web::Path<(i64, i64)>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let (id, token) = path.into_inner();
    let revoking = visitor.act(move |op| {
        // `tokens::revoke` lets everybody end their own; this page is for those who manage people,
        // and `users::find` refuses everybody else.
        users::find(op, id)?;
        tokens::revoke(op, id, token)
    });
    revoking.await?;
    let location = format!("{}?done=revoked", super::path(id));
    Ok(page::see_other(&location))
}
