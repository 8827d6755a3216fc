//! Reading a request's body, bounded in size and time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, BytesMut};
use futures_util::StreamExt;

/// The largest body any request may have.
pub const MAX_BYTES: usize = 64 * 1024;
/// How long a whole body may take to arrive.
const MAX_TIME: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("The body is larger than 64 KiB.")]
    TooLarge,
    #[error("The body took longer than 10 seconds to arrive.")]
    TooSlow,
    #[error("The body broke off.")]
    Broken(#[from] PayloadError),
}

/// Reads the whole body.
///
/// # Errors
/// It is larger than 64 KiB, takes longer than ten seconds, or breaks off.
pub async fn read(payload: Payload) -> Result<Bytes, BodyError> {
    let collected = tokio::time::timeout(MAX_TIME, collect(payload)).await;
    collected.unwrap_or(Err(BodyError::TooSlow))
}

async fn collect(mut payload: Payload) -> Result<Bytes, BodyError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(BodyError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

/// Whether the content type is JSON. Pages of other sites can't send that without asking first, and
/// nobody answers them.
pub fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(header::CONTENT_TYPE) else {
        return false;
    };
    let kind = kind.to_str().unwrap_or_default();
    let kind = kind.split(';').next().unwrap_or_default().trim();
    kind.eq_ignore_ascii_case("application/json")
        || kind.eq_ignore_ascii_case("application/merge-patch+json")
}
