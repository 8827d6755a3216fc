//! `/audit/export`: what is filtered, as a file.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::query::{AuditQuery, PATH};
use crate::access::{Action, policy};
use crate::domain::audit::{self, Asked, ExportFormat};
use crate::domain::{DomainError, FieldError};
use crate::web::shared::download::{self, Ended, Progress};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::session::{is_random_word, random_word};
use crate::web::shared::times::grouped;
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "audit/export.html")]
struct ExportPage {
    layout: Layout,
    /// The filter: each field of the form, what it is called, and its value.
    asked: Vec<(&'static str, &'static str, String)>,
    leaves_out_sign_ins: bool,
    /// Names this export, to ask how far it is.
    name: String,
    back: String,
    errors: Errors,
}

/// How far an export is.
#[derive(Template)]
#[template(path = "audit/export_progress.html")]
struct ProgressPart {
    name: String,
    /// `None` if it has not begun, or if another instance makes it.
    progress: Option<ProgressView>,
}

struct ProgressView {
    entries: String,
    percent: u64,
    ended: Option<Ended>,
}

#[derive(Debug, Deserialize)]
pub struct ExportFields {
    #[serde(flatten)]
    asked: Asked,
    #[serde(default)]
    format: String,
    #[serde(default)]
    sign_ins: String,
    #[serde(default)]
    name: String,
}

/// Which export is asked about.
#[derive(Debug, Deserialize)]
pub struct Named {
    #[serde(default)]
    name: String,
}

/// Says what is exported, and asks for the form.
pub async fn show(
    visitor: Visitor,
    query: web::Query<AuditQuery>,
) -> Result<HttpResponse, WebError> {
    let query = query.into_inner().tidied();
    respond(visitor, query, StatusCode::OK, Vec::new()).await
}

async fn respond(
    visitor: Visitor,
    query: AuditQuery,
    status: StatusCode,
    errors: Vec<FieldError>,
) -> Result<HttpResponse, WebError> {
    let (viewer, ()) = visitor
        .view(|op| match op.actor().may_anywhere(Action::ExportAudit) {
            true => Ok(()),
            false => Ok(policy::allow(op.actor(), Action::ExportAudit, None)?),
        })
        .await?;
    let page = ExportPage {
        layout: Layout::new(&viewer, Section::Audit, None, "Export the audit log"),
        asked: query
            .asked
            .fields()
            .map(|(name, value)| (name, title(name), value.to_owned()))
            .collect(),
        leaves_out_sign_ins: query.asked.action.is_empty(),
        name: random_word().map_err(|error| DomainError::Internal(error.to_string()))?,
        back: query.url(PATH),
        errors: Errors(errors),
    };
    Ok(page::full(status, &page))
}

fn title(field: &str) -> &'static str {
    match field {
        "q" => "Search",
        "from" => "From",
        "until" => "To",
        "actor" => "Actor",
        "action" => "Actions",
        "project" => "Project",
        "key" => "Key",
        "consumer" => "Consumer",
        _ => "Address",
    }
}

/// Sends the file.
pub async fn submit(
    visitor: Visitor,
    Form(fields): Form<ExportFields>,
) -> Result<HttpResponse, WebError> {
    let ExportFields {
        mut asked,
        format,
        sign_ins,
        name,
    } = fields;
    if !sign_ins.is_empty() && asked.action.is_empty() {
        asked.action = "all".into();
    }
    let format: ExportFormat = format.parse().map_err(|_| WebError::BadForm)?;
    let signer = visitor.state.signer.clone();
    let own = asked.clone();
    let begun = visitor
        .act(move |op| audit::export(op, &own, format, signer))
        .await;
    match begun {
        Ok(export) => {
            let (state, claim) = (visitor.state.clone(), visitor.claim().clone());
            Ok(download::answer(state, claim, export, format, name))
        }
        Err(DomainError::Invalid(errors)) => {
            let query = AuditQuery::of(asked);
            respond(visitor, query, StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
        Err(error) => Err(error.into()),
    }
}

/// How far an export is.
pub async fn progress(
    visitor: Visitor,
    query: web::Query<Named>,
) -> Result<HttpResponse, WebError> {
    let name = query.into_inner().name;
    if !is_random_word(&name) {
        return Err(DomainError::NotFound.into());
    }
    let user = visitor.claim().user_id;
    let progress = visitor.state.downloads.progress(user, &name);
    let view = |progress: Progress| ProgressView {
        entries: grouped(i64::try_from(progress.entries).unwrap_or(i64::MAX)),
        percent: progress.percent,
        ended: progress.ended,
    };
    let part = ProgressPart {
        name,
        progress: progress.map(view),
    };
    Ok(page::full(StatusCode::OK, &part))
}
