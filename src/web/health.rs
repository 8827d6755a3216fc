//! `/healthz`: the process runs. `/readyz`: it can do its work.

use actix_web::{HttpResponse, web};

use super::AppState;
use crate::domain::set_up;

/// `GET /healthz`.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: 200 if the database answers, 503 if not.
pub async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    match state.run(|conn| set_up::is_open(conn)).await {
        Ok(_) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body("not ready\n"),
    }
}
