//! `/account/tokens/{id}/reveal`: the one reveal of a new personal token.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use keyward_key::PlainKey;

use super::TokenView;
use crate::domain::{DomainError, tokens};
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::links::LinkOrigin;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError, reveal};

#[derive(Template)]
#[template(path = "account/tokens/reveal.html")]
struct RevealPage {
    layout: Layout,
    token: TokenView,
    /// Whole seconds the secret can still be revealed; `None` if it no longer can.
    seconds_left: Option<i64>,
}

#[derive(Template)]
#[template(path = "account/tokens/revealed.html")]
struct RevealedPage {
    layout: Layout,
    token: TokenView,
    secret: PlainKey,
    seconds_left: i64,
    /// A command that lists keys with the token in `KEYWARD_TOKEN`.
    curl: String,
}

/// Shows what can be revealed, without using up the reveal.
pub async fn show(
    req: HttpRequest,
    visitor: Visitor,
    id: web::Path<i64>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let (user, session) = (visitor.session.user_id, visitor.session.id.clone());
    let seal_key = reveal::seal_key(&req, &visitor, id);
    let loading = visitor.view(move |op| {
        let token = tokens::find(op, user, id)?;
        let until = tokens::waiting_until(op, &token, &session, seal_key.as_ref())?;
        Ok((token, until))
    });
    let (viewer, (token, until)) = loading.await?;
    let title = format!("Reveal {}", token.description);
    let page = RevealPage {
        layout: Layout::new(&viewer, Section::Account, None, title),
        token: TokenView::new(token, &viewer.projects, viewer.now),
        seconds_left: until.map(|until| reveal::seconds_left(until, viewer.now)),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Shows the secret, once.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let (user, session) = (visitor.session.user_id, visitor.session.id.clone());
    let seal_key = reveal::seal_key(&req, &visitor, id);
    let revealing = visitor.view(move |op| {
        let token = tokens::find(op, user, id)?;
        let Some(seal_key) = seal_key else {
            return Ok(None);
        };
        match tokens::reveal(op, id, &session, &seal_key) {
            Ok(revealed) => Ok(Some((token, revealed))),
            Err(DomainError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let (viewer, revealed) = revealing.await?;
    // Too late: the page itself says so, and still does after a reload.
    let Some((token, revealed)) = revealed else {
        return Ok(page::see_other(&format!("{}/reveal", super::path(id))));
    };
    let title = token.description.clone();
    let page = RevealedPage {
        layout: Layout::new(&viewer, Section::Account, None, title),
        token: TokenView::new(token, &viewer.projects, viewer.now),
        secret: revealed.secret,
        curl: format!(
            r#"curl "{}/api/v1/keys" -H "Authorization: Bearer $KEYWARD_TOKEN""#,
            LinkOrigin::of(&req)
                .map(|link| link.origin)
                .unwrap_or_default()
        ),
        seconds_left: reveal::seconds_left(revealed.until, viewer.now),
    };
    Ok(page::full(StatusCode::OK, &page))
}
