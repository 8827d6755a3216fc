//! Links to this console, to be handed to people.

use actix_web::http::header;
use actix_web::{HttpRequest, web};

use super::AppState;

/// `path` with scheme and host in front: the configured ones or, without those, the ones the
/// request was sent to.
pub fn absolute(req: &HttpRequest, path: &str) -> String {
    let state = req.app_data::<web::Data<AppState>>().expect("set at start");
    match &state.public_url {
        Some(url) => format!("{}{path}", url.origin),
        None => {
            let host = req.headers().get(header::HOST);
            let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
            format!("http://{host}{path}")
        }
    }
}
