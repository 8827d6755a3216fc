//! The id of a request, as logs, problems and error pages show it.

use actix_web::{HttpMessage, HttpRequest};
use tracing_actix_web::RequestId;

/// The id that the tracing middleware gave to a request.
pub fn request_id(req: &HttpRequest) -> Option<String> {
    req.extensions().get::<RequestId>().map(ToString::to_string)
}
