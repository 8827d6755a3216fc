//! `/audit/export`: what is filtered, as a file.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::query::{AuditQuery, PATH};
use crate::access::Action;
use crate::domain::audit::{self, Asked};
use crate::domain::files::FileFormat;
use crate::domain::{DomainError, FieldError};
use crate::web::pages::exports::ExportView;
use crate::web::shared::download;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "audit/export.html")]
struct ExportPage {
    layout: Layout,
    export: ExportView,
    back: String,
    errors: Errors,
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
        .view(|op| op.allow_anywhere(Action::ExportAudit))
        .await?;
    let fields = query.asked.fields();
    let asked = fields.map(|(name, value)| (name, title(name), value.to_owned()));
    let export = ExportView::new("/audit/export", asked.collect())?;
    let export = export.of_audit(query.asked.action.is_empty());
    let page = ExportPage {
        layout: Layout::new(&viewer, Section::Audit, None, "Export the audit log"),
        export,
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
    let format: FileFormat = format.parse().map_err(|_| WebError::BadForm)?;
    let signer = visitor.state.signer.clone();
    let own = asked.clone();
    let begun = visitor
        .act(move |op| audit::export(op, &own, format, signer))
        .await;
    match begun {
        Ok(export) => {
            let (state, claim) = (visitor.state.clone(), visitor.claim().clone());
            Ok(download::answer(
                state, claim, export, format, "audit", name,
            ))
        }
        Err(DomainError::Invalid(errors)) => {
            let query = AuditQuery::of(asked);
            respond(visitor, query, StatusCode::UNPROCESSABLE_ENTITY, errors).await
        }
        Err(error) => Err(error.into()),
    }
}
