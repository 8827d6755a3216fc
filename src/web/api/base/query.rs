//! Queries: every wrong parameter is reported at once, and cursors are bound to what they page
//! through.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::de::DeserializeOwned;

use super::error::ApiError;
use crate::domain::{DomainError, FieldError};
use crate::http::details::{sentence, unknown_field};

/// Where in a list a page is, and how long: no part of which list it is.
const PAGING: [&str; 3] = ["limit", "after", "start"];
/// No valid query has more.
const MAX_PARAMETERS: usize = 32;

/// The parameters of a query as `T`.
pub struct Query<T> {
    /// The parameters.
    pub fields: T,
    /// Which list this is: the path, the filter and the order.
    pub list: String,
}

impl<T: DeserializeOwned> FromRequest for Query<T> {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(req: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(read(req.path(), req.query_string()))
    }
}

fn read<T: DeserializeOwned>(path: &str, query: &str) -> Result<Query<T>, ApiError> {
    let mut pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    // Each wrong parameter costs another parse.
    if pairs.len() > MAX_PARAMETERS {
        let message = format!("The query has more than {MAX_PARAMETERS} parameters.");
        return Err(ApiError::BadRequest(message));
    }
    let list = list_of(path, &pairs);
    let mut errors = Vec::new();
    loop {
        let written = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&pairs)
            .finish();
        let deserializer = serde_html_form::Deserializer::from_bytes(written.as_bytes());
        let error = match serde_path_to_error::deserialize(deserializer) {
            Ok(fields) if errors.is_empty() => return Ok(Query { fields, list }),
            Ok(_) => return Err(DomainError::Invalid(errors).into()),
            Err(error) => error,
        };
        let detail = error.inner().to_string();
        let name = match error.path().iter().next() {
            Some(serde_path_to_error::Segment::Map { key }) => key.clone(),
            _ => unknown_field(&detail),
        };
        let before = pairs.len();
        pairs.retain(|(own, _)| *own != name);
        if pairs.len() == before {
            let message = format!("The query can't be read: {}", sentence(&detail));
            return Err(ApiError::BadRequest(message));
        }
        errors.push(FieldError::new(name, sentence(&detail)));
    }
}

fn list_of(path: &str, pairs: &[(String, String)]) -> String {
    let path = path.strip_prefix("/api").unwrap_or(path);
    let path = path.strip_prefix("/v1").unwrap_or(path);
    // Keys have a short form without a project: their list binds the project itself.
    let path = if path.ends_with("/keys") {
        "/keys"
    } else {
        path
    };
    let mut chosen: Vec<_> = pairs
        .iter()
        .filter(|(name, value)| {
            !PAGING.contains(&&**name) && !value.is_empty() && name != "project"
        })
        .collect();
    chosen.sort();
    format!("{path} {chosen:?}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Fields {
        limit: Option<i64>,
        start: Option<i64>,
        q: Option<String>,
    }

    #[test]
    fn every_wrong_parameter_is_named_at_once() {
        let Err(ApiError::Domain(DomainError::Invalid(errors))) =
            read::<Fields>("/keys", "limit=abc&q=x&start=1.5&colour=1")
        else {
            panic!("it was taken");
        };
        let mut fields: Vec<_> = errors.iter().map(|error| &*error.field).collect();
        fields.sort_unstable();
        assert_eq!(fields, ["colour", "limit", "start"]);
        let limit = errors.iter().find(|error| error.field == "limit");
        assert_eq!(limit.unwrap().detail, "Expected a whole number.");
    }

    #[test]
    fn a_list_is_its_path_and_filter() {
        let list = |path, query| read::<Fields>(path, query).unwrap().list;
        let own = list("/api/v1/keys", "q=a&limit=5");
        assert_eq!(own, list("/api/keys", "start=10&q=a"));
        assert_ne!(own, list("/api/v1/keys", "q=b"));
        assert_ne!(own, list("/api/v1/users", "q=a"));
        let read = read::<Fields>("/keys", "limit=5&start=1&q=%C3%A4").unwrap();
        let Fields { limit, start, q } = read.fields;
        assert_eq!((limit, start, q.as_deref()), (Some(5), Some(1), Some("ä")));
    }
}
