//! Answers in JSON: one resource, a collection, and their entity tags.

use actix_web::http::header::{self, HeaderMap};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::paging::Page;
use crate::domain::Precondition;

/// One resource.
#[derive(Debug, Serialize, ToSchema)]
pub struct Data<T> {
    data: T,
}

/// A page of a collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Collection<T> {
    value: Vec<T>,
    supplemental: Supplemental,
}

/// What is known about a page of a collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Supplemental {
    pagination: Pagination,
}

/// Where a page stands in its collection.
#[derive(Debug, Serialize, ToSchema)]
pub struct Pagination {
    /// The position of the first record on the page; the first of all is 0.
    #[schema(example = 0)]
    pub start: i64,
    /// The position behind the last record on the page.
    #[schema(example = 1)]
    pub end: i64,
    /// How many records are on the page.
    #[schema(example = 1)]
    pub records: i64,
    /// How many records there are; null where counting them would cost more than the page.
    #[schema(example = 1)]
    pub total: Option<i64>,
    /// The cursor of the next page, for `after`; null on the last one.
    pub next: Option<String>,
}

/// 200 with one resource and its entity tag. `If-Match` compares only the `version` in it.
pub fn data(req: &HttpRequest, data: impl Serialize, version: &str) -> HttpResponse {
    let body = json(&Data { data });
    let tag = format!("\"{version}-{}\"", fingerprint(&body));
    tagged(req, body, &tag)
}

/// 200 with one resource that has no version of its own.
pub fn plain_data(req: &HttpRequest, data: impl Serialize) -> HttpResponse {
    let body = json(&Data { data });
    let tag = format!("\"{}\"", fingerprint(&body));
    tagged(req, body, &tag)
}

/// 200 with a page of a collection, which begins at `start`.
pub fn collection<T: Serialize>(
    req: &HttpRequest,
    value: Vec<T>,
    start: i64,
    total: Option<i64>,
    next: Option<String>,
) -> HttpResponse {
    let records = i64::try_from(value.len()).unwrap_or(i64::MAX);
    let pagination = Pagination {
        start,
        end: start.saturating_add(records),
        records,
        total,
        next,
    };
    let supplemental = Supplemental { pagination };
    let body = json(&Collection {
        value,
        supplemental,
    });
    let tag = format!("\"{}\"", fingerprint(&body));
    tagged(req, body, &tag)
}

/// 200 with one page of a collection that is short enough to be loaded whole.
pub fn short_collection<T, J: Serialize>(
    req: &HttpRequest,
    page: &Page,
    all: Vec<T>,
    json: impl FnMut(T) -> J,
) -> HttpResponse {
    let total = i64::try_from(all.len()).ok();
    let (part, next) = page.cut(all);
    let value = part.into_iter().map(json).collect();
    collection(req, value, page.start(), total, next)
}

/// 200 with a record that was just changed, so no client can have its tag yet.
pub fn changed(data: impl Serialize, version: &str) -> HttpResponse {
    put(StatusCode::OK, data, version)
}

/// What a `PUT` wrote: `status` is 200 or, for a new resource, 201.
pub fn put(status: StatusCode, data: impl Serialize, version: &str) -> HttpResponse {
    let body = json(&Data { data });
    let tag = format!("\"{version}-{}\"", fingerprint(&body));
    HttpResponse::build(status)
        .content_type("application/json")
        .insert_header((header::ETAG, tag))
        .body(body)
}

/// `status` with a resource that has no version, sent without an entity tag.
pub fn plain(status: StatusCode, data: impl Serialize) -> HttpResponse {
    HttpResponse::build(status)
        .content_type("application/json")
        .body(json(&Data { data }))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("strings and numbers")
}

/// A short word that identifies `content`: the start of its SHA-256, in base64.
pub fn fingerprint(content: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(content)[..12])
}

/// 200 or, if the client already has this content, 304 (RFC 9110, section 13.1.2).
fn tagged(req: &HttpRequest, body: Vec<u8>, tag: &str) -> HttpResponse {
    let has_it = *req.method() == Method::GET
        && tags(req.headers(), &header::IF_NONE_MATCH).is_some_and(|tags| {
            let own = |sent: &String| sent == "*" || sent.trim_start_matches("W/") == tag;
            tags.iter().any(own)
        });
    let status = if has_it {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let mut response = HttpResponse::build(status);
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"));
    match has_it {
        true => response.finish(),
        false => response.content_type("application/json").body(body),
    }
}

/// What `If-Match` requires of a `T`, whose version is what `version` returns. Usage counts and the
/// like change the tag but not the version, so a change is refused only if somebody else edited the
/// resource.
pub fn if_match<T: 'static>(req: &HttpRequest, version: fn(&T) -> String) -> Precondition<T> {
    match tags(req.headers(), &header::IF_MATCH) {
        None => Precondition::none(),
        Some(tags) => Precondition::that(move |present: &T| {
            let version = version(present);
            tags.iter().any(|tag| {
                // A proxy that compresses makes tags weak, and the version in them is the same.
                let strong = tag.strip_prefix("W/").unwrap_or(tag);
                let inner = strong
                    .strip_prefix('"')
                    .and_then(|tag| tag.strip_suffix('"'));
                let own = inner.and_then(|inner| inner.strip_prefix(&version));
                tag == "*" || own.is_some_and(|rest| rest.starts_with('-'))
            })
        }),
    }
}

/// The tags in a header; `None` if it is absent.
fn tags(headers: &HeaderMap, name: &header::HeaderName) -> Option<Vec<String>> {
    headers.contains_key(name).then(|| {
        let values = headers.get_all(name);
        let texts = values.map(|value| value.to_str().unwrap_or_default().to_owned());
        let each = texts.flat_map(|text| {
            let tags = text.split(',').map(|tag| tag.trim().to_owned());
            tags.collect::<Vec<_>>()
        });
        each.collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn request(name: &'static str, value: &str) -> HttpRequest {
        TestRequest::default()
            .insert_header((name, value))
            .to_http_request()
    }

    #[test]
    fn whoever_has_the_content_gets_none() {
        let first = plain_data(&TestRequest::default().to_http_request(), "x");
        let tag = first.headers().get(header::ETAG).unwrap().to_str().unwrap();
        for sent in [tag, &format!("\"a\", W/{tag}"), "*"] {
            assert_eq!(
                plain_data(&request("if-none-match", sent), "x").status(),
                304
            );
        }
        assert_eq!(
            plain_data(&request("if-none-match", tag), "y").status(),
            200
        );
    }

    #[test]
    fn if_match_looks_at_the_version_alone() {
        let passes = |sent: &str| {
            let precondition = if_match(&request("if-match", sent), |version: &i64| {
                version.to_string()
            });
            precondition.check(Some(&3)).is_ok()
        };
        assert!(passes("\"3-abc\"") && passes("\"2-abc\", \"3-xyz\"") && passes("*"));
        assert!(passes("W/\"3-abc\"") && !passes("W/\"2-abc\""));
        assert!(!passes("\"31-abc\"") && !passes("3") && !passes(""));
        let none = if_match(&TestRequest::default().to_http_request(), i64::to_string);
        assert!(none.check(None).is_ok());
    }
}
