//! `/api/v1/audit/export`: the entries as a file.

use actix_web::HttpResponse;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::domain::audit::{self, Asked};
use crate::domain::files::FileFormat;
use crate::domain::{DomainError, FieldError};
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::body::Json;
use crate::web::api::base::error::ApiError;
use crate::web::api::base::types::never_null;
use crate::web::shared::download;

/// What to export. Everything without a filter.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewAuditExport, example = json!({"format": "jsonl", "from": "2026-03-01", "until": "2026-03-31"}))]
pub struct NewExport {
    /// `jsonl` (JSON Lines, signed, with the hashes) or `csv`.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(required, value_type = String, example = "jsonl")]
    format: Option<String>,
    /// Words that what an entry is about has.
    q: Option<String>,
    /// A day or a time in UTC: the first one.
    from: Option<String>,
    /// A day in UTC, all of which is included, or a time, which is not.
    until: Option<String>,
    /// An email, `command line`, `Keyward` or `nobody`.
    actor: Option<String>,
    /// An action or a group of actions, as for the list.
    action: Option<String>,
    /// The slug of a project.
    project: Option<String>,
    /// The id of a key.
    #[schema(example = 7)]
    key: Option<i64>,
    /// The consumer of the key that entries are about, as it was then.
    consumer: Option<String>,
    /// The address that entries came from.
    address: Option<String>,
}

/// Export the audit log
///
/// Oldest first, without a limit. JSON Lines begin with a line that says what is exported and end
/// with a signed one, so that `keyward audit verify` can check the file offline; one without its last
/// line is not complete. A connection that breaks off ends without the last chunk, which clients
/// report as an error. The export itself becomes an entry.
#[utoipa::path(post, path = "/audit/export", operation_id = "exportAuditLog", tag = "audit",
    request_body = NewExport,
    responses((status = 200, description = "The entries", content(
        (String = "application/jsonl"), (String = "text/csv")))))]
pub async fn create(bearer: Bearer, body: Json<NewExport>) -> Result<HttpResponse, ApiError> {
    let new = body.fields;
    let format = new.format.as_deref().unwrap_or_default();
    let format: FileFormat = format.parse().map_err(|_| {
        let detail = "Choose `jsonl` or `csv`.";
        DomainError::Invalid(vec![FieldError::new("format", detail)])
    })?;
    let text = Option::unwrap_or_default;
    let asked = Asked {
        q: text(new.q),
        from: text(new.from),
        until: text(new.until),
        actor: text(new.actor),
        action: new.action.unwrap_or_else(|| "all".into()),
        project: text(new.project),
        key: new.key.map(|key| key.to_string()).unwrap_or_default(),
        consumer: text(new.consumer),
        address: text(new.address),
    };
    let signer = bearer.state.signer.clone();
    let begun = bearer.act(move |op| audit::export(op, &asked, format, signer));
    let export = begun.await?;
    let (state, claim) = (bearer.state.clone(), bearer.claim().clone());
    Ok(download::answer(
        state,
        claim,
        export,
        format,
        "audit",
        String::new(),
    ))
}
