//! `/keys/handover`: hand several keys that were selected in a list over to another person.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::selection::{Selected, SelectionQuery, after, list};
use crate::access::Action;
use crate::domain::keys;
use crate::domain::{DomainError, FieldError};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/handover.html", blocks = ["form"])]
struct HandoverPage {
    layout: Layout,
    title: String,
    keys: Vec<Selected>,
    back: String,
    fields: HandoverFields,
    errors: Errors,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct HandoverFields {
    id: Vec<i64>,
    back: String,
    /// The email of the new owner.
    owner: String,
}

/// Names the selected keys, and asks who answers for them from now on.
pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    req: HttpRequest,
) -> Result<HttpResponse, WebError> {
    let query = SelectionQuery::of(&req);
    let fields = HandoverFields {
        id: query.id,
        back: query.back,
        owner: String::new(),
    };
    form(visitor, htmx, StatusCode::OK, fields, vec![]).await
}

pub async fn submit(
    visitor: Visitor,
    htmx: Htmx,
    Form(fields): Form<HandoverFields>,
) -> Result<HttpResponse, WebError> {
    let (ids, owner) = (fields.id.clone(), fields.owner.clone());
    let handing_over = visitor.act(move |op| match owner.trim() {
        "" => Err(DomainError::field("owner", "Required.")),
        owner => keys::hand_over(op, &ids, owner),
    });
    match handing_over.await {
        Ok(changed) => {
            let done = after(&fields.back, "handed-over", changed.len());
            Ok(page::leave(&htmx, &done))
        }
        Err(DomainError::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            form(visitor, htmx, status, fields, errors).await
        }
        Err(error) => Err(error.into()),
    }
}

async fn form(
    visitor: Visitor,
    htmx: Htmx,
    status: StatusCode,
    fields: HandoverFields,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, WebError> {
    let ids = fields.id.clone();
    let loading = visitor.view(move |op| keys::selection(op, Action::EditKeys, &ids));
    let (viewer, selected) = loading.await?;
    let number = i64::try_from(selected.len()).unwrap_or(i64::MAX);
    let title = format!("Hand over {}", plural(number, "key"));
    let page = HandoverPage {
        layout: Layout::new(&viewer, Section::Keys, None, title.clone()),
        title,
        back: list(&fields.back).to_owned(),
        keys: Selected::all(selected, &viewer),
        fields,
        errors: Errors(errors),
    };
    Ok(page::respond_in_dialog(
        &htmx,
        status,
        &page,
        &page.as_form(),
    ))
}
