//! Static files: embedded in the program, named after their content, compressed at build time.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use super::WebError;
use crate::domain::DomainError;

/// A static file, uncompressed and in two compressed forms.
pub struct Asset {
    /// Its URL, with a hash of its content in the name.
    pub path: &'static str,
    /// The `Content-Type`.
    kind: &'static str,
    plain: &'static [u8],
    gzip: &'static [u8],
    brotli: &'static [u8],
}

include!(concat!(env!("OUT_DIR"), "/assets.rs"));

/// `GET /static/{file}`. The content behind a URL never changes, so browsers cache it for good.
pub async fn serve(req: HttpRequest) -> Result<HttpResponse, WebError> {
    let mut all = [APP_CSS, APP_JS].into_iter().chain(HTMX).chain(ICONS);
    let asset = all
        .find(|asset| asset.path == req.path())
        .ok_or(DomainError::NotFound)?;
    let accepted = req.headers().get(header::ACCEPT_ENCODING);
    let accepted = accepted
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let accepts = |coding: &str| {
        accepted.split(',').any(|one| {
            one.split(';')
                .next()
                .is_some_and(|one| one.trim() == coding)
        })
    };
    let mut response = HttpResponse::Ok();
    response
        .content_type(asset.kind)
        .insert_header((header::CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((header::VARY, "Accept-Encoding"));
    Ok(if accepts("br") {
        response
            .insert_header((header::CONTENT_ENCODING, "br"))
            .body(asset.brotli)
    } else if accepts("gzip") {
        response
            .insert_header((header::CONTENT_ENCODING, "gzip"))
            .body(asset.gzip)
    } else {
        response.body(asset.plain)
    })
}
