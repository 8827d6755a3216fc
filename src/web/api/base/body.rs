//! JSON bodies: read whole, with every wrong field reported at once.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::error::ApiError;
use crate::domain::{DomainError, FieldError};
use crate::http::body;
use crate::http::details::{sentence, unknown_field};

/// No valid body has more.
const MAX_FIELDS: usize = 32;

/// A JSON object as `T`, whose fields all have defaults: the use case reports missing fields
/// together with wrong ones.
pub struct Json<T> {
    /// The fields, read as `T`.
    pub fields: T,
    /// The body as it was sent.
    pub raw: Bytes,
}

/// Like [`Json`], but no body, or null, counts as an empty object.
pub struct OptionalJson<T>(pub Json<T>);

impl<T: DeserializeOwned + 'static> FromRequest for Json<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, payload) = (body::is_json(req.headers()), payload.take());
        Box::pin(async move { from_body(body::read(payload).await?, is_json) })
    }
}

impl<T: DeserializeOwned + 'static> FromRequest for OptionalJson<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (is_json, payload) = (body::is_json(req.headers()), payload.take());
        Box::pin(async move {
            let raw = body::read(payload).await?;
            let json = match &raw[..] {
                b"" | b"null" => Json {
                    fields: read_fields(Map::new())?,
                    raw,
                },
                _ => from_body(raw, is_json)?,
            };
            Ok(OptionalJson(json))
        })
    }
}

fn from_body<T: DeserializeOwned>(raw: Bytes, is_json: bool) -> Result<Json<T>, ApiError> {
    if !is_json && !raw.is_empty() {
        return Err(ApiError::UnsupportedMediaType);
    }
    let object = serde_json::from_slice::<Map<String, Value>>(&raw);
    let object = object.map_err(|error| {
        ApiError::BadRequest(format!("The body is not a JSON object: {error}."))
    })?;
    // Each wrong field costs another parse.
    if object.len() > MAX_FIELDS {
        let message = format!("The body has more than {MAX_FIELDS} fields.");
        return Err(ApiError::BadRequest(message));
    }
    let fields = read_fields(object)?;
    Ok(Json { fields, raw })
}

/// Reads the fields of `object`. Serde stops at the first wrong one: that one is noted and left
/// out, and the rest are read again.
fn read_fields<T: DeserializeOwned>(mut object: Map<String, Value>) -> Result<T, DomainError> {
    let mut errors = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize(Value::Object(object.clone())) {
            Ok(fields) if errors.is_empty() => return Ok(fields),
            Ok(_) => return Err(DomainError::Invalid(errors)),
            Err(error) => error,
        };
        let detail = error.inner().to_string();
        let name = match error.path().iter().next() {
            Some(serde_path_to_error::Segment::Map { key }) => key.clone(),
            _ => unknown_field(&detail),
        };
        let field = error.path().to_string();
        let field = if field == "." { name.clone() } else { field };
        if object.remove(&name).is_none() {
            // No field left to leave out: the error is about the object as a whole.
            return Err(DomainError::field("body", sentence(&detail)));
        }
        errors.push(FieldError::new(field, sentence(&detail)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    struct Body {
        name: Option<String>,
        scopes: Vec<String>,
        limit: Option<Limit>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Limit {
        #[allow(dead_code)]
        requests: i64,
    }

    fn read(text: &str) -> Result<Body, DomainError> {
        read_fields(serde_json::from_str(text).unwrap())
    }

    #[test]
    fn good_fields_are_read_and_missing_ones_have_defaults() {
        let body = read(r#"{"name": "x", "limit": {"requests": 1}}"#).unwrap();
        assert_eq!(body.name.as_deref(), Some("x"));
        assert!(body.scopes.is_empty() && body.limit.is_some());
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = r#"{"name": 5, "scopes": ["a", 1], "limit": {"requests": "x"}, "colour": 1}"#;
        let Err(DomainError::Invalid(errors)) = read(wrong) else {
            panic!("it was taken");
        };
        let mut fields: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["colour", "limit.requests", "name", "scopes[1]"]);
        let colour = errors.iter().find(|error| error.field == "colour").unwrap();
        assert!(
            colour.detail.starts_with("Unknown field"),
            "{}",
            colour.detail
        );
    }

    #[test]
    fn a_field_inside_that_does_not_exist_is_named_too() {
        let Err(DomainError::Invalid(errors)) = read(r#"{"limit": {"requests": 1, "x": 1}}"#)
        else {
            panic!("it was taken");
        };
        assert_eq!(errors.len(), 1);
        assert!(errors[0].field.starts_with("limit"), "{}", errors[0].field);
    }
}
