//! `HEAD` wherever `GET` is (RFC 9110, section 9.3.2).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::middleware::Next;

/// The middleware that passes a `HEAD` on as a `GET`. The connection remembers what was asked,
/// and sends the answer's status and headers without its body. Where a 405 lists `GET` as
/// allowed, `HEAD` is too.
pub async fn as_get(
    mut req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    if req.method() == Method::HEAD {
        req.head_mut().method = Method::GET;
    }
    let mut response = next.call(req).await?;
    let headers = response.headers_mut();
    let allowed = headers.get(header::ALLOW).and_then(with_head);
    if let Some(allowed) = allowed {
        headers.insert(header::ALLOW, allowed);
    }
    Ok(response)
}

/// The methods of `Allow` with `HEAD`; `None` if there is no `GET` among them.
fn with_head(allowed: &HeaderValue) -> Option<HeaderValue> {
    let allowed = allowed.to_str().ok()?;
    let mut methods = allowed.split(',').map(str::trim);
    methods
        .any(|method| method == "GET")
        .then(|| HeaderValue::from_str(&format!("{allowed}, HEAD")).ok())?
}
