//! `/projects/{p}/keys/{id}/edit`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::fields::{DATE, FieldsView, KEEP, KeyFields, NEVER};
use super::view::KeyView;
use crate::clock::UtcTime;
use crate::domain::keys::{self, EditForm};
use crate::domain::{DomainError, FieldError, Precondition, audit, projects};
use crate::records::Key;
use crate::web::shared::form::Form;
use crate::web::shared::meanwhile::{self, Meanwhile, Row, Versioned};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::Moment;
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/edit.html")]
struct EditPage {
    layout: Layout,
    key: KeyView,
    form: FieldsView,
    meanwhile: Option<Meanwhile>,
}

impl Versioned for KeyFields {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("label", "Label"),
        ("consumer", "Consumer"),
        ("owner", "Owner"),
        ("metadata", "Metadata"),
        ("scopes", "Scopes"),
        ("expires", "Expires"),
        ("rate_limit_requests", "Rate limit, requests"),
        ("rate_limit_seconds", "Rate limit, seconds"),
        ("allowed_ips", "Allowed addresses"),
    ];

    fn text(name: &str, value: &str) -> String {
        match (name, value) {
            ("expires", NEVER) => "Never".into(),
            ("expires", DATE) => "On the date in the form".into(),
            ("expires", days) if days.parse::<i64>().is_ok() => format!("In {days} days"),
            _ => value.replace('\n', ", "),
        }
    }
}

/// What the form starts with, besides what the key has.
#[derive(Deserialize)]
pub struct EditQuery {
    /// `used` selects only the scopes that the key was asked for.
    #[serde(default)]
    scopes: String,
}

pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    query: web::Query<EditQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let is_narrowing = query.scopes == "used";
    let loading = visitor.view(move |op| {
        let subject = keys::edit_form(op, &slug, id)?;
        let asked = keys::asked_scopes(op, &subject.project, &subject.key)?;
        let used = keys::only_used(&subject.key, &asked);
        Ok((subject, used.filter(|_| is_narrowing)))
    });
    let (viewer, (subject, used)) = loading.await?;
    let mut fields = opened(&subject.key, viewer.now);
    if let Some(used) = used {
        fields.scopes = used;
    }
    let status = StatusCode::OK;
    Ok(form(&viewer, status, subject, fields, vec![], None))
}

/// Saves the changes.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    Form(fields): Form<KeyFields>,
) -> Result<HttpResponse, WebError> {
    let version: i64 = fields.version.parse().map_err(|_| WebError::BadForm)?;
    let (slug, id) = path.into_inner();
    let (of, typed) = (slug.clone(), fields.clone());
    let editing = visitor.act(move |op| {
        let now = op.now();
        let project = projects::find(op, &of)?;
        let still = Precondition::that(move |key: &Key| key.version == version);
        let draft = |key: &Key| typed.draft(key.expires_at, now);
        keys::edit(op, &project, id, &still, draft)
    });
    match editing.await {
        Ok(changed) => {
            let path = super::path(&slug, id);
            let done = if changed { "?done=edited" } else { "" };
            Ok(page::see_other(&format!("{path}{done}")))
        }
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| keys::edit_form(op, &slug, id));
            let (viewer, subject) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors, None))
        }
        Err(DomainError::Stale) => {
            let loading = visitor.view(move |op| {
                let subject = keys::edit_form(op, &slug, id)?;
                let history = audit::of_key(op, &subject.key)?.unwrap_or_default();
                let edit = history
                    .into_iter()
                    .find(|entry| entry.action == "key.edited");
                Ok((subject, edit))
            });
            let (viewer, (subject, edit)) = loading.await?;
            let (fields, rows) = brought_onto(fields, &subject.key, viewer.now);
            let meanwhile = Meanwhile {
                what: "key",
                by: edit.map(|entry| meanwhile::author(&entry, &viewer)),
                rows,
            };
            let status = StatusCode::CONFLICT;
            Ok(form(
                &viewer,
                status,
                subject,
                fields,
                vec![],
                Some(meanwhile),
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// What the form of `key` shows at first, and remembers.
fn opened(key: &Key, now: UtcTime) -> KeyFields {
    KeyFields {
        seen: meanwhile::written(&with_end(key, now)),
        ..KeyFields::of(key)
    }
}

/// The fields of `key` with the end that the option `keep` stands for.
fn with_end(key: &Key, now: UtcTime) -> KeyFields {
    let end = key.expires_at.map(|at| Moment::new(at, now).exact);
    KeyFields {
        expires: end.unwrap_or_else(|| NEVER.into()),
        ..KeyFields::of(key)
    }
}

/// What was typed, brought onto a newer version of the key, and what is different there.
fn brought_onto(mut typed: KeyFields, key: &Key, now: UtcTime) -> (KeyFields, Vec<Row>) {
    let before: Option<KeyFields> = meanwhile::read(&typed.seen);
    let saved = with_end(key, now);
    if typed.expires == KEEP {
        typed
            .expires
            .clone_from(&before.as_ref().unwrap_or(&saved).expires);
    }
    let (mut fields, rows) = meanwhile::merge(typed, before.as_ref(), &saved);
    if fields.expires == saved.expires {
        fields.expires = KEEP.into();
    }
    let newest = opened(key, now);
    (fields.version, fields.seen) = (newest.version, newest.seen);
    (fields, rows)
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: EditForm,
    fields: KeyFields,
    errors: Vec<FieldError>,
    meanwhile: Option<Meanwhile>,
) -> HttpResponse {
    let EditForm {
        project,
        key,
        catalogue,
        answerable,
    } = subject;
    let offered = (catalogue, answerable);
    let title = format!("Edit {}", key.label);
    let page = EditPage {
        layout: Layout::new(viewer, Section::Keys, Some(&project), title),
        form: FieldsView::new(fields, &project, offered, Some(&key), errors, viewer.now),
        key: KeyView::new(key, &project, &viewer.actor, viewer.now),
        meanwhile,
    };
    page::full(status, &page)
}
