//! `/keys/revocation`: end several keys that were selected in a list.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::across;
use super::view::KeyView;
use crate::access::Action;
use crate::domain::keys::{self, FEW, RevokeRequest};
use crate::domain::{DomainError, FieldError};
use crate::records::{Key, KeyState, Project, RevokeReason};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::links::own_path;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/selection.html", blocks = ["form"])]
struct SelectionPage {
    layout: Layout,
    title: String,
    keys: Vec<Selected>,
    /// How many of them were used in the last days, in words.
    in_use: Option<String>,
    /// The number to type, if there are many.
    number: Option<usize>,
    back: String,
    reasons: &'static [RevokeReason],
    fields: SelectionFields,
    errors: Errors,
}

/// A selected key, and the name of its project.
pub(super) struct Selected {
    pub(super) project: String,
    pub(super) key: KeyView,
}

impl Selected {
    /// The selected keys as `viewer` sees them.
    pub(super) fn all(selected: Vec<(Project, Key)>, viewer: &Viewer) -> Vec<Self> {
        let one = |(project, key): (Project, Key)| Selected {
            key: KeyView::new(key, &project, &viewer.actor, viewer.now),
            project: project.name,
        };
        selected.into_iter().map(one).collect()
    }
}

/// The parameters of the address: `id` as often as keys are selected.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SelectionQuery {
    pub(super) id: Vec<i64>,
    /// The list to go back to.
    pub(super) back: String,
}

impl SelectionQuery {
    /// The parameters of this request.
    pub(super) fn of(req: &HttpRequest) -> Self {
        serde_html_form::from_str(req.query_string()).unwrap_or_default()
    }
}

/// The list that a form names to go back to, if it is one of our pages, else that of all keys.
pub(super) fn list(back: &str) -> &str {
    own_path(back).unwrap_or(across::PATH)
}

/// The list once something was `done` to so many keys, which it says; see [`Done`](super::done::Done).
pub(super) fn after(back: &str, done: &str, keys: usize) -> String {
    let list = list(back);
    let sign = if list.contains('?') { '&' } else { '?' };
    format!("{list}{sign}done={done}&keys={keys}")
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct SelectionFields {
    id: Vec<i64>,
    back: String,
    reason: String,
    note: String,
    /// The number of keys, typed.
    number: String,
}

/// Names the selected keys, and asks for a reason.
pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    req: HttpRequest,
) -> Result<HttpResponse, WebError> {
    let query = SelectionQuery::of(&req);
    let fields = SelectionFields {
        id: query.id,
        back: query.back,
        ..SelectionFields::default()
    };
    form(visitor, htmx, StatusCode::OK, fields, vec![]).await
}

pub async fn submit(
    visitor: Visitor,
    htmx: Htmx,
    Form(fields): Form<SelectionFields>,
) -> Result<HttpResponse, WebError> {
    let request = RevokeRequest {
        reason: fields.reason.clone(),
        note: fields.note.clone(),
    };
    let (ids, typed) = (fields.id.clone(), fields.number.clone());
    let revoking = visitor.act(move |op| keys::revoke_selected(op, &ids, &request, &typed));
    match revoking.await {
        Ok(revoked) => {
            let done = after(&fields.back, "revoked", revoked.len());
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
    fields: SelectionFields,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, WebError> {
    let ids = fields.id.clone();
    let loading = visitor.view(move |op| keys::selection(op, Action::RevokeKeys, &ids));
    let (viewer, selected) = loading.await?;
    let page = page_of(&viewer, selected, fields, errors);
    Ok(page::respond_in_dialog(
        &htmx,
        status,
        &page,
        &page.as_form(),
    ))
}

fn page_of(
    viewer: &Viewer,
    selected: Vec<(Project, Key)>,
    mut fields: SelectionFields,
    errors: Vec<FieldError>,
) -> SelectionPage {
    let number = selected.len();
    let title = format!(
        "Revoke {}",
        plural(i64::try_from(number).unwrap_or(i64::MAX), "key")
    );
    let now = viewer.now;
    // Nobody needs keys that nobody uses: the likely reason is chosen.
    let dormant = |(_, key): &(Project, Key)| key.state(now) == KeyState::Dormant;
    if fields.reason.is_empty() && errors.is_empty() && selected.iter().all(dormant) {
        fields.reason = RevokeReason::Unused.as_str().to_owned();
    }
    let lately = now - time::Duration::DAY;
    let is_used = |key: &Key| key.last_use.as_ref().is_some_and(|last| last.at > lately);
    let used = selected.iter().filter(|(_, key)| is_used(key)).count();
    SelectionPage {
        layout: Layout::new(viewer, Section::Keys, None, title.clone()),
        title,
        in_use: (used > 0).then(|| plural(i64::try_from(used).unwrap_or(i64::MAX), "key")),
        number: (number > FEW).then_some(number),
        back: list(&fields.back).to_owned(),
        keys: Selected::all(selected, viewer),
        reasons: RevokeReason::ALL,
        fields,
        errors: Errors(errors),
    }
}
