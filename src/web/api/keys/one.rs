//! `/api/v1/projects/{project}/keys/{id}`: read, edit, revoke; and `/state` for polling.

use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::path::KeyPath;
use super::version;
use crate::access::Action;
use crate::domain::DomainError;
use crate::domain::keys::{self, KeyDraft, RevokeRequest};
use crate::json::{KeyJson, RateLimitJson, merge_patch};
use crate::records::{Key, RevokeReason};
use crate::web::api::base::answer::{self, Data};
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::body::Json;
use crate::web::api::base::error::ApiError;
use crate::web::api::base::query::Query;
use crate::web::api::base::types::{Time, never_null, null_is_empty, null_or};

/// What of a key is to change. What is left out stays as it is (RFC 7396).
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Production Backend EU", "rate_limit": null}))]
pub struct KeyPatch {
    /// What people call it: 1 to 100 characters.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// All of them, not only those that are new.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
    /// Null is never.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<Time>)]
    expires_at: Option<Option<Time>>,
    /// Null is the project's.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<RateLimitJson>)]
    rate_limit: Option<Option<RateLimitJson>>,
    /// All of them; null or an empty list is anywhere.
    #[serde(default, deserialize_with = "null_is_empty")]
    allowed_ips: Option<Vec<String>>,
    /// Null or an empty text is nobody in particular.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>, max_length = 255)]
    consumer: Option<Option<String>>,
    /// What it names is written, and what it sets to null is taken out, at any depth. Null takes out
    /// everything.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Option<Map<String, Value>>>,
    /// The email of the person who answers for it, who must have a role in the project. Null is nobody.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
}

/// Why a key is revoked.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RevokeQuery {
    /// `compromised`, `unused`, `rotated` or `other`; without it `other`.
    #[param(value_type = Option<String>, example = "compromised")]
    reason: Option<String>,
    /// In a few words: 1 to 100 characters.
    #[param(example = "Found in a public repository")]
    note: Option<String>,
}

/// The state of a key, in a few bytes.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = State)]
pub struct StateJson {
    /// `active`, `expiring`, `expired` or `revoked`.
    #[schema(example = "active")]
    state: &'static str,
}

/// Read a key
#[utoipa::path(get, path = "/projects/{project}/keys/{id}", operation_id = "readKey",
    tag = "keys",
    params(("project" = String, Path, example = "default"), ("id" = i64, Path)),
    responses((status = 200, description = "The key", body = Data<KeyJson<'static>>)))]
pub async fn read(
    req: HttpRequest,
    bearer: Bearer,
    path: KeyPath,
) -> Result<HttpResponse, ApiError> {
    let (project, key) = bearer
        .act(move |op| keys::find_in(op, path.project.as_deref(), path.id))
        .await?;
    let json = KeyJson::new(&key, &project, bearer.now);
    Ok(answer::data(&req, json, &version(&key)))
}

/// Read a key's state
///
/// For those who poll: with `If-None-Match` the answer is mostly an empty 304.
#[utoipa::path(get, path = "/projects/{project}/keys/{id}/state", operation_id = "readKeyState",
    tag = "keys",
    params(("project" = String, Path, example = "default"), ("id" = i64, Path)),
    responses((status = 200, description = "The state", body = Data<StateJson>)))]
pub async fn state(
    req: HttpRequest,
    bearer: Bearer,
    path: KeyPath,
) -> Result<HttpResponse, ApiError> {
    let (project, key) = bearer
        .act(move |op| keys::find_in(op, path.project.as_deref(), path.id))
        .await?;
    let state = KeyJson::new(&key, &project, bearer.now).state();
    Ok(answer::plain_data(&req, StateJson { state }))
}

/// Edit a key
#[utoipa::path(patch, path = "/projects/{project}/keys/{id}", operation_id = "editKey",
    tag = "keys",
    request_body = KeyPatch,
    params(("project" = String, Path, example = "default"), ("id" = i64, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag of the key as it was read; \
            412 if somebody edited it since")),
    responses((status = 200, description = "The updated key", body = Data<KeyJson<'static>>)))]
pub async fn edit(
    req: HttpRequest,
    bearer: Bearer,
    path: KeyPath,
    body: Json<KeyPatch>,
) -> Result<HttpResponse, ApiError> {
    let patch = body.fields;
    let still = answer::if_match(&req, version);
    let (project, key) = bearer
        .act(move |op| {
            let (project, _) =
                keys::find_to(op, Action::EditKeys, path.project.as_deref(), path.id)?;
            keys::edit(op, &project, path.id, &still, |key| patch.draft(key))?;
            let key = keys::read_to(op, Action::EditKeys, &project, path.id)?;
            Ok((project, key))
        })
        .await?;
    let data = KeyJson::new(&key, &project, bearer.now);
    Ok(answer::changed(data, &version(&key)))
}

/// Revoke a key
///
/// This can’t be undone. When the answer is here, no instance accepts the key any more. One that
/// was revoked before is answered as it is.
#[utoipa::path(delete, path = "/projects/{project}/keys/{id}", operation_id = "revokeKey",
    tag = "keys",
    params(("project" = String, Path, example = "default"), ("id" = i64, Path), RevokeQuery),
    responses((status = 200, description = "The key, revoked", body = Data<KeyJson<'static>>)))]
pub async fn revoke(
    bearer: Bearer,
    path: KeyPath,
    query: Query<RevokeQuery>,
) -> Result<HttpResponse, ApiError> {
    let query = query.fields;
    let request = RevokeRequest {
        reason: query
            .reason
            .unwrap_or_else(|| RevokeReason::Other.as_str().to_owned()),
        note: query.note.unwrap_or_else(|| "Revoked by a program".into()),
    };
    let (project, key) = bearer
        .act(move |op| {
            let (project, _) =
                keys::find_to(op, Action::RevokeKeys, path.project.as_deref(), path.id)?;
            match keys::revoke(op, &project, path.id, &request) {
                Ok(key) => Ok((project, key)),
                Err(DomainError::Conflict(_)) => {
                    let key = keys::read_to(op, Action::RevokeKeys, &project, path.id)?;
                    Ok((project, key))
                }
                Err(error) => Err(error),
            }
        })
        .await?;
    let data = KeyJson::new(&key, &project, bearer.now);
    Ok(answer::changed(data, &version(&key)))
}

impl KeyPatch {
    /// The key with these changes applied.
    fn draft(&self, key: &Key) -> KeyDraft {
        let mut draft = KeyDraft::from(key);
        if let Some(name) = &self.name {
            draft.label.clone_from(name);
        }
        if let Some(scopes) = &self.scopes {
            draft.scopes.clone_from(scopes);
        }
        if let Some(at) = self.expires_at {
            draft.expires_at = at.map(|at| at.0);
        }
        if let Some(limit) = self.rate_limit {
            draft.rate_limit = limit.map(Into::into);
        }
        if let Some(networks) = &self.allowed_ips {
            draft.allowed_ips.clone_from(networks);
        }
        if let Some(consumer) = &self.consumer {
            draft.consumer = consumer.clone().unwrap_or_default();
        }
        match &self.metadata {
            None => {}
            Some(None) => draft.metadata.clear(),
            Some(Some(patch)) => merge_patch(&mut draft.metadata, patch),
        }
        draft.owner = self.owner.clone().map(Option::unwrap_or_default);
        draft
    }
}
