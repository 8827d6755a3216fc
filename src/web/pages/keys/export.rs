//! `/projects/{p}/keys/export` and `/keys/export`: the keys of a list, as a file.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::across;
use super::list_query::ListQuery;
use crate::access::Action;
use crate::domain::files::FileFormat;
use crate::domain::{DomainError, Op, keys, projects};
use crate::records::Project;
use crate::web::pages::exports::ExportView;
use crate::web::shared::download;
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/export.html")]
struct ExportPage {
    layout: Layout,
    export: ExportView,
    back: String,
}

#[derive(Debug, Deserialize)]
pub struct ExportFields {
    #[serde(flatten)]
    query: ListQuery,
    #[serde(default)]
    format: String,
    #[serde(default)]
    name: String,
}

/// Asks for the form, for the keys of one project.
pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    respond(visitor, Some(slug.into_inner()), query.into_inner()).await
}

/// The same for the keys of all projects.
pub async fn show_all(
    visitor: Visitor,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    respond(visitor, None, query.into_inner()).await
}

/// Sends the file with the keys of one project.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<ExportFields>,
) -> Result<HttpResponse, WebError> {
    send(visitor, Some(slug.into_inner()), fields).await
}

/// The same with the keys of all projects.
pub async fn submit_all(
    visitor: Visitor,
    Form(fields): Form<ExportFields>,
) -> Result<HttpResponse, WebError> {
    send(visitor, None, fields).await
}

/// The path of the list.
fn list_path(slug: Option<&str>) -> String {
    slug.map_or(across::PATH.to_owned(), super::list_path)
}

async fn respond(
    visitor: Visitor,
    slug: Option<String>,
    query: ListQuery,
) -> Result<HttpResponse, WebError> {
    let list = list_path(slug.as_deref());
    let loading = visitor.view(move |op| prepared(op, slug.as_deref(), &query));
    let (viewer, (project, query)) = loading.await?;
    let fields = query.fields().into_iter();
    let fields = fields.filter(|(name, _)| *name != "sort");
    let asked = fields.map(|(name, value)| (name, title(name), value.to_owned()));
    let page = ExportPage {
        layout: Layout::new(&viewer, Section::Keys, project.as_ref(), "Export keys"),
        export: ExportView::new(format!("{list}/export"), asked.collect())?,
        back: query.url(&list),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// The project whose keys the actor may export, or `None` for all, and the filter without a secret:
/// the audit log tells it.
fn prepared(
    op: &mut Op,
    slug: Option<&str>,
    query: &ListQuery,
) -> Result<(Option<Project>, ListQuery), DomainError> {
    let query = ListQuery {
        q: keys::without_secrets(&query.q),
        ..query.at_start()
    };
    let Some(slug) = slug else {
        op.allow_anywhere(Action::ExportAudit)?;
        return Ok((None, query.tidied()));
    };
    let project = projects::find(op, slug)?;
    op.allow(Action::ExportAudit, &project)?;
    let query = query.without_secret(op, &project)?.unwrap_or(query);
    Ok((Some(project), query.tidied()))
}

fn title(field: &str) -> &'static str {
    match field {
        "q" => "Search",
        "state" => "State",
        "environment" => "Environment",
        "scope" => "Can use",
        "carries" => "Carries",
        "unused" => "Not used for, in days",
        "within" => "Expires within, in days",
        "owner" => "Owner",
        "consumer" => "Consumer",
        "finding" => "Finding",
        _ => "Created by",
    }
}

async fn send(
    visitor: Visitor,
    slug: Option<String>,
    fields: ExportFields,
) -> Result<HttpResponse, WebError> {
    let format: FileFormat = fields.format.parse().map_err(|_| WebError::BadForm)?;
    let asked = fields.query;
    let beginning = visitor.act(move |op| {
        let (_, query) = prepared(op, slug.as_deref(), &asked)?;
        let filter = query.filter(op.now());
        keys::export(op, slug.as_deref(), filter, &query.fields(), format)
    });
    let export = beginning.await?;
    let (state, claim) = (visitor.state.clone(), visitor.claim().clone());
    Ok(download::answer(
        state,
        claim,
        export,
        format,
        "keys",
        fields.name,
    ))
}
