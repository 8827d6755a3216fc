//! `/healthz`: the process runs. `/readyz`: it can do its work.

use actix_web::{HttpResponse, web};

use crate::access::Origin;
use crate::domain::account;
use crate::web::shared::{AppState, acting};

/// `GET /healthz`.
pub async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain").body("ok\n")
}

/// `GET /readyz`: 200 if the database answers, 503 if not.
pub async fn readyz(state: web::Data<AppState>) -> HttpResponse {
    let asking = acting::act_as_nobody(&state, Origin::default(), account::is_open);
    match asking.await {
        Ok(_) => HttpResponse::Ok()
            .content_type("text/plain")
            .body("ready\n"),
        Err(_) => HttpResponse::ServiceUnavailable()
            .content_type("text/plain")
            .body("not ready\n"),
    }
}
