//! `/api/v1/projects/{project}/keys/{id}/rotation`.

use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::Value;
use time::Duration;
use utoipa::ToSchema;

use super::path::{KeyPath, location};
use super::{as_json, id_of};
use crate::access::Action;
use crate::domain::{Op, keys};
use crate::json::NewKeyJson;
use crate::web::api::base::answer::Data;
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::body::OptionalJson;
use crate::web::api::base::error::ApiError;
use crate::web::api::base::idempotency::{self, Created};
use crate::web::api::base::types::never_null;

/// One day, in seconds.
const DEFAULT_OVERLAP: i64 = 86_400;

/// How to rotate a key.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"overlap_seconds": 3600}))]
pub struct Rotation {
    /// How long the old key keeps working, at most 90 days; a day without it.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false, minimum = 0, maximum = 7_776_000)]
    overlap_seconds: Option<i64>,
}

/// Rotate a key
///
/// Creates its successor, with the same name, scopes and limits. The old key keeps working for
/// the overlap, then expires. The secret, `key`, is in this answer and nowhere else, ever.
#[utoipa::path(post, path = "/projects/{project}/keys/{id}/rotation", operation_id = "rotateKey",
    tag = "keys",
    request_body = Option<Rotation>,
    params(("project" = String, Path, example = "default"), ("id" = i64, Path),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "A repeated call within 24 hours creates nothing and gets the same answer, \
                       without the secret")),
    responses((status = 201, description = "The successor, with its secret",
        body = Data<NewKeyJson<'static>>)))]
pub async fn rotate(
    req: HttpRequest,
    bearer: Bearer,
    path: KeyPath,
    OptionalJson(body): OptionalJson<Rotation>,
) -> Result<HttpResponse, ApiError> {
    let overlap = body.fields.overlap_seconds.unwrap_or(DEFAULT_OVERLAP);
    let overlap = Duration::seconds(overlap);
    let KeyPath { project: of, id } = path.clone();
    let allow = move |op: &mut Op| keys::find_to(op, Action::MintKeys, of.as_deref(), id).map(drop);
    let in_path = path.project.clone();
    let location = |key: &Value| location(in_path.as_deref(), id_of(key));
    let creating = async |call| {
        let KeyPath { project: slug, id } = path.clone();
        let rotating = bearer.act(move |op| {
            op.for_call(call);
            let (project, _) = keys::find_to(op, Action::MintKeys, slug.as_deref(), id)?;
            let minted = keys::rotate_at_once(op, &project, id, overlap)?;
            Ok((project, minted.key, minted.secret))
        });
        let (project, key, secret) = rotating.await?;
        Ok(Created {
            data: as_json(&bearer, &project, &key),
            secret: Some(("key", secret.expose().to_owned().into())),
        })
    };
    idempotency::create(&req, &bearer, &body.raw, allow, location, creating).await
}
