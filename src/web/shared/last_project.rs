//! The project that a browser visited last, in a cookie: pages about all projects link its sections.

use actix_web::body::MessageBody;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, web};

use super::AppState;

/// How long it is remembered.
const REMEMBERED: Duration = Duration::days(365);

/// The slug in the cookie of a request.
pub fn remembered(req: &HttpRequest, state: &AppState) -> Option<String> {
    let cookie = req.cookie(&state.cookies.of_host("project"))?;
    Some(cookie.value().to_owned())
}

/// The middleware of pages that remembers the project of a page that was shown.
///
/// # Errors
/// Those of the handler.
pub async fn remember(
    req: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = req.app_data::<web::Data<AppState>>();
    let state = state.expect("set at start").clone();
    let visited = visited(&req).filter(|slug| {
        let known = remembered(req.request(), &state);
        known.as_deref() != Some(slug)
    });
    let mut response = next.call(req).await?;
    let shown = response.status().is_success();
    if let Some(slug) = visited.filter(|_| shown) {
        let cookie = Cookie::build(state.cookies.of_host("project"), slug)
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(state.is_https())
            .max_age(REMEMBERED)
            .finish();
        if let Ok(line) = header::HeaderValue::from_str(&cookie.to_string()) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
    Ok(response)
}

/// The slug in the path of a page, if it can be one.
fn visited(req: &ServiceRequest) -> Option<String> {
    let slug = req.path().strip_prefix("/projects/")?.split('/').next()?;
    let is_slug = !slug.is_empty()
        && slug != "new"
        && slug
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    (req.method() == Method::GET && is_slug).then(|| slug.to_owned())
}
