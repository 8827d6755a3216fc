//! `/account/tokens/{id}/revocation`: end a personal token.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::TokenView;
use crate::domain::tokens;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "account/tokens/revocation.html")]
struct RevocationPage {
    layout: Layout,
    token: TokenView,
}

/// Shows the token and what depends on it.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    let (user, id) = (visitor.session.user_id, id.into_inner());
    let loading = visitor.view(move |op| tokens::revocation_form(op, user, id));
    let (viewer, token) = loading.await?;
    let title = format!("Revoke {}", token.description);
    let page = RevocationPage {
        layout: Layout::new(&viewer, Section::Account, None, title),
        token: TokenView::new(token, &viewer.projects, viewer.now),
    };
    Ok(page::full(StatusCode::OK, &page))
}

pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let (user, id) = (visitor.session.user_id, id.into_inner());
    let revoking = visitor.act(move |op| tokens::revoke(op, user, id));
    revoking.await?;
    Ok(page::see_other("/account?done=token"))
}
