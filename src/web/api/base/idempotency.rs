//! Calls that create something, and their `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header): repeating a call with the same key creates nothing
//! new and gets the same answer, without the secret.

use std::future::Future;

use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::bearer::Bearer;
use super::error::ApiError;
use crate::domain::idempotency::{self, Call};
use crate::domain::{DomainError, FieldError, Op};
use crate::web::shared::turns::{Asker, Work};

const HEADER: &str = "idempotency-key";
const MAX_LENGTH: usize = 200;

/// Something that was just created.
pub struct Created {
    /// The path of the new resource.
    pub location: String,
    /// The resource, without a secret.
    pub data: Value,
    /// The name of the secret's field, and the secret. Only this one answer has them.
    pub secret: Option<(&'static str, Zeroizing<String>)>,
}

/// Runs `creating` and answers 201 with what it made, or repeats the answer if this call was made
/// before. `allow` says whether the person may create such a thing: by the time of the repeat, they
/// may have lost the role.
///
/// # Errors
/// Whatever `creating` or `allow` fails with; or the key belongs to a different call, or to one that is still
/// running or was cut off.
pub async fn create(
    req: &HttpRequest,
    bearer: &Bearer,
    body: &[u8],
    allow: impl FnOnce(&mut Op) -> Result<(), DomainError> + Send + 'static,
    creating: impl Future<Output = Result<Created, ApiError>>,
) -> Result<HttpResponse, ApiError> {
    let Some(own_key) = sent_key(req)? else {
        return Ok(answer(creating.await?));
    };
    let user = bearer.id();
    let request = Sha256::new()
        .chain_update(req.method().as_str())
        .chain_update(req.path())
        .chain_update(body)
        .chain_update(format!(
            "{:?}",
            bearer.actor.token().map(|token| token.token_id)
        ))
        .finalize()
        .to_vec();
    let (key, own_request) = (own_key.clone(), request.clone());
    let reserving = on_record(bearer, move |op| {
        idempotency::reserve(op, user, &key, &own_request)
    });
    if let Some(call) = reserving.await? {
        bearer.act(allow).await?;
        return repeated(call, &request);
    }
    match creating.await {
        Ok(created) => {
            let kept = json!({ "location": created.location, "data": created.data }).to_string();
            let status = StatusCode::CREATED.as_u16();
            let finishing = on_record(bearer, move |op| {
                idempotency::finish(op, user, &own_key, status, &kept)
            });
            // The resource exists: failing to keep the answer must not hide that.
            if let Err(error) = finishing.await {
                tracing::error!(%error, "the answer to a call could not be kept");
            }
            Ok(answer(created))
        }
        // It may exist: keep the record, so that a repeated call can't create another.
        Err(error) if !error.means_nothing_was_done() => Err(error),
        Err(error) => {
            let forgetting = on_record(bearer, move |op| idempotency::forget(op, user, &own_key));
            if let Err(error) = forgetting.await {
                tracing::error!(%error, "a call that failed could not be forgotten");
            }
            Err(error)
        }
    }
}

/// Reads or writes the record of a call, even if the bearer may no longer act by then: what was
/// created has to be remembered.
async fn on_record<T: Send + 'static>(
    bearer: &Bearer,
    work: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
) -> Result<T, DomainError> {
    let (actor, now) = (bearer.actor.clone(), bearer.now);
    let (urgent, asker) = (Work::Urgent, Asker::Person(bearer.id()));
    let running = bearer.state.run(urgent, asker, move |conn| {
        work(&mut Op::new(conn, &actor, now))
    });
    running.await
}

fn sent_key(req: &HttpRequest) -> Result<Option<String>, DomainError> {
    let mut sent = req.headers().get_all(HEADER);
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    match (1..=MAX_LENGTH).contains(&text.len()) && sent.next().is_none() {
        true => Ok(Some(text.to_owned())),
        false => Err(DomainError::Invalid(vec![FieldError::new(
            "Idempotency-Key",
            "Send one key of 1 to 200 visible ASCII characters.",
        )])),
    }
}

fn answer(created: Created) -> HttpResponse {
    let mut data = created.data;
    if let (Value::Object(fields), Some((name, secret))) = (&mut data, created.secret) {
        fields.insert(name.into(), Value::from(secret.as_str()));
    }
    respond(&created.location, &data)
}

fn repeated(call: Call, request: &[u8]) -> Result<HttpResponse, ApiError> {
    if call.request != request {
        let detail = "This key was used for another call.";
        return Err(DomainError::field("Idempotency-Key", detail).into());
    }
    if call.status == 0 {
        let message = "The first call with this Idempotency-Key is still under way, or was cut \
                       off. Look whether what it should create is there before you try with \
                       another key.";
        return Err(DomainError::Conflict(message.into()).into());
    }
    let kept: Value = serde_json::from_str(&call.answer).unwrap_or_default();
    let location = kept["location"].as_str().unwrap_or_default();
    Ok(respond(location, &kept["data"]))
}

fn respond(location: &str, data: &Value) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(json!({ "data": data }))
}
