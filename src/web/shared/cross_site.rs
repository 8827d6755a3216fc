//! Requests that other sites make a browser send are refused before they cost anybody anything.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::middleware::Next;

use super::WebError;

/// The middleware of pages that refuses what another site sends.
///
/// # Errors
/// [`WebError::ForeignForm`].
pub async fn refuse(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    match is_foreign(&req) {
        true => Err(WebError::ForeignForm.into()),
        false => next.call(req).await,
    }
}

/// Whether a browser marks the request as another site's (Fetch Metadata). Links are not meant:
/// opening a page changes nothing.
pub fn is_foreign(req: &ServiceRequest) -> bool {
    is_from_elsewhere(req.headers()) && !is_link(req.method(), req.headers())
}

/// Whether a browser says that another site sent the request, or has a link to here.
pub fn is_from_elsewhere(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site");
    sites.any(|site| site != "same-origin" && site != "none")
}

/// Whether somebody follows a link: the page replaces the other site's in its tab.
fn is_link(method: &Method, headers: &HeaderMap) -> bool {
    let says = |name: &str, value: &str| headers.get(name).is_some_and(|said| said == value);
    matches!(*method, Method::GET | Method::HEAD)
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
}
