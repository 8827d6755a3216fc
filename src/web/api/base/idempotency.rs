//! Calls that create something, and their `Idempotency-Key`
//! (draft-ietf-httpapi-idempotency-key-header): repeating a call with the same key creates nothing
//! new and gets the same answer, without the secret.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::bearer::Bearer;
use super::error::ApiError;
use crate::domain::idempotency::{self, Call, EarlierCall};
use crate::domain::{DomainError, FieldError, Op};

const HEADER: &str = "idempotency-key";
const MAX_LENGTH: usize = 200;

/// Something that was just created.
pub struct Created {
    /// The resource, without a secret.
    pub data: Value,
    /// The name of the secret's field, and the secret. Only this one answer has them.
    pub secret: Option<(&'static str, Zeroizing<String>)>,
}

/// Runs `creating` and answers 201 with what it made, or repeats the answer if this call was made
/// before. `creating` is to pass the call on to [`Op::for_call`], so that it is remembered together
/// with what it creates. `allow` says whether the person may create such a thing: by the time of
/// the repeat, they may have lost the role. `location` is the path of the new resource.
///
/// # Errors
/// Whatever `creating` or `allow` fails with; or the key belongs to a different call.
pub async fn create(
    req: &HttpRequest,
    bearer: &Bearer,
    body: &[u8],
    allow: impl FnOnce(&mut Op) -> Result<(), DomainError> + Send + 'static,
    location: impl Fn(&Value) -> String,
    creating: impl AsyncFnOnce(Option<Call>) -> Result<Created, ApiError>,
) -> Result<HttpResponse, ApiError> {
    let Some(call) = sent_call(req, bearer, body)? else {
        return Ok(answer(creating(None).await?, location));
    };
    if let Some(earlier) = earlier(bearer, &call).await? {
        bearer.act(allow).await?;
        return repeated(&earlier, &call, location);
    }
    match creating(Some(call.clone())).await {
        Ok(created) => Ok(answer(created, location)),
        // Another call with the key was faster, or it is unknown whether this one was done.
        Err(error) => match earlier(bearer, &call).await {
            Ok(Some(earlier)) => {
                bearer.act(allow).await?;
                repeated(&earlier, &call, location)
            }
            _ => Err(error),
        },
    }
}

async fn earlier(bearer: &Bearer, call: &Call) -> Result<Option<EarlierCall>, ApiError> {
    let call = call.clone();
    bearer.act(move |op| idempotency::earlier(op, &call)).await
}

/// The call, if it was sent with a key.
fn sent_call(req: &HttpRequest, bearer: &Bearer, body: &[u8]) -> Result<Option<Call>, DomainError> {
    let mut sent = req.headers().get_all(HEADER);
    let Some(value) = sent.next() else {
        return Ok(None);
    };
    let key = value.to_str().unwrap_or_default();
    let is_good = (1..=MAX_LENGTH).contains(&key.len()) && sent.next().is_none();
    if !is_good {
        let detail = "Send one key of 1 to 200 printable ASCII characters.";
        return Err(DomainError::Invalid(vec![FieldError::new(
            "Idempotency-Key",
            detail,
        )]));
    }
    let token = bearer.actor.token().map(|token| token.token_id);
    let request = Sha256::new()
        .chain_update(req.method().as_str())
        .chain_update(req.path())
        .chain_update(body)
        .chain_update(format!("{token:?}"))
        .finalize()
        .to_vec();
    Ok(Some(Call {
        user: bearer.id(),
        key: key.to_owned(),
        request,
    }))
}

fn answer(created: Created, location: impl Fn(&Value) -> String) -> HttpResponse {
    let location = location(&created.data);
    let mut data = created.data;
    if let (Value::Object(fields), Some((name, secret))) = (&mut data, created.secret) {
        fields.insert(name.into(), Value::from(secret.as_str()));
    }
    respond(&location, &data)
}

fn repeated(
    earlier: &EarlierCall,
    call: &Call,
    location: impl Fn(&Value) -> String,
) -> Result<HttpResponse, ApiError> {
    if earlier.request != call.request {
        let detail = "This key was used for another call.";
        return Err(DomainError::field("Idempotency-Key", detail).into());
    }
    let data: Value = serde_json::from_str(&earlier.answer).unwrap_or_default();
    Ok(respond(&location(&data), &data))
}

fn respond(location: &str, data: &Value) -> HttpResponse {
    HttpResponse::Created()
        .insert_header((header::LOCATION, location))
        .json(json!({ "data": data }))
}
