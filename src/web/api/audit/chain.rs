//! `/api/v1/audit/chain`: how far the log is signed for.

use actix_web::{HttpRequest, HttpResponse};
use base16ct::lower as hex;
use serde::Serialize;
use utoipa::ToSchema;

use crate::clock::rfc3339;
use crate::domain::audit;
use crate::web::api::base::answer::{self, Data};
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::error::ApiError;

/// How many checkpoints are listed.
const LISTED: i64 = 24;

/// What is known of the chain.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditChain)]
pub struct ChainJson {
    /// The number of the last entry.
    #[schema(example = 12345)]
    last_entry: i64,
    /// Its SHA-256, in hexadecimal digits.
    hash: String,
    /// The entry at which the chain was last seen to break; null if it does not.
    #[schema(required)]
    broken_at: Option<i64>,
    /// What checkpoints and exports are checked with: a verifier key as of
    /// `c2sp.org/signed-note`.
    public_key: String,
    /// The newest checkpoints, the last one first.
    checkpoints: Vec<CheckpointJson>,
}

/// A signed statement of the log's length and hash.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Checkpoint)]
pub struct CheckpointJson {
    /// The number of the last entry then.
    entry: i64,
    #[schema(format = DateTime)]
    at: String,
    /// The hash of that entry.
    hash: String,
    /// Whether the entries up to this one were deleted afterwards.
    is_cut: bool,
    /// The statement and its signature, to keep elsewhere.
    note: String,
}

/// Read the state of the audit chain
#[utoipa::path(get, path = "/audit/chain", operation_id = "readAuditChain", tag = "audit",
    responses((status = 200, description = "What is known of the chain", body = Data<ChainJson>)))]
pub async fn read(req: HttpRequest, bearer: Bearer) -> Result<HttpResponse, ApiError> {
    let public_key = bearer.state.signer.public().to_string();
    let state = bearer.act(|op| audit::state(op, LISTED)).await?;
    let checkpoints = state.checkpoints.into_iter().map(|it| CheckpointJson {
        entry: it.entry,
        at: rfc3339(it.at),
        hash: hex::encode_string(&it.hash),
        is_cut: it.is_cut,
        note: it.note,
    });
    let chain = ChainJson {
        last_entry: state.head.entry,
        hash: hex::encode_string(&state.head.hash),
        broken_at: state.broken_at,
        public_key,
        checkpoints: checkpoints.collect(),
    };
    Ok(answer::plain_data(&req, &chain))
}
