//! `/exports/progress`: how far an export is; and what the pages that begin one have in common.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::DomainError;
use crate::web::shared::download::{Ended, Progress};
use crate::web::shared::page;
use crate::web::shared::session::{is_random_word, random_word};
use crate::web::shared::times::grouped;
use crate::web::shared::{Visitor, WebError};

/// What `parts/export_form.html` shows.
pub struct ExportView {
    /// Names this export, to ask how far it is.
    pub name: String,
    pub action: String,
    /// The filter: each field of the form, what it is called, and its value.
    pub asked: Vec<(&'static str, &'static str, String)>,
    /// The value, the title and a hint for each format.
    pub formats: [(&'static str, &'static str, &'static str); 2],
    pub leaves_out_sign_ins: bool,
}

const CSV: (&str, &str, &str) = ("csv", "CSV", "For spreadsheets");
const JSONL: (&str, &str, &str) = ("jsonl", "JSON Lines", "For programs");

impl ExportView {
    /// A form that is sent to `action`. CSV comes first, unless it is the audit log's.
    ///
    /// # Errors
    /// There is no randomness.
    pub fn new(
        action: impl Into<String>,
        asked: Vec<(&'static str, &'static str, String)>,
    ) -> Result<Self, WebError> {
        let name = random_word().map_err(|error| DomainError::Internal(error.to_string()))?;
        Ok(ExportView {
            name,
            action: action.into(),
            asked,
            formats: [CSV, JSONL],
            leaves_out_sign_ins: false,
        })
    }

    /// The same for the audit log.
    pub fn of_audit(self, leaves_out_sign_ins: bool) -> Self {
        ExportView {
            formats: [JSONL, CSV],
            leaves_out_sign_ins,
            ..self
        }
    }
}

/// How far an export is.
#[derive(Template)]
#[template(path = "parts/export_progress.html")]
struct ProgressPart {
    name: String,
    /// `None` if it has not begun, or if another instance makes it.
    progress: Option<ProgressView>,
}

struct ProgressView {
    records: String,
    percent: u64,
    ended: Option<Ended>,
}

/// Which export is asked about.
#[derive(Debug, Deserialize)]
pub struct Named {
    #[serde(default)]
    name: String,
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
        records: grouped(i64::try_from(progress.records).unwrap_or(i64::MAX)),
        percent: progress.percent,
        ended: progress.ended,
    };
    let part = ProgressPart {
        name,
        progress: progress.map(view),
    };
    Ok(page::full(StatusCode::OK, &part))
}
