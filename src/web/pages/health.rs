//! `/healthz`: the process runs. `/readyz`: it can do its work.

use actix_web::{HttpResponse, web};

use crate::verify::Verifier;
use crate::verify::probe::Probe;

/// `GET /healthz`.
pub async fn healthz(verifier: web::Data<Verifier>) -> HttpResponse {
    respond(Probe::Health, &verifier)
}

/// `GET /readyz`: 200 if the database takes changes, 503 if not. Answered without asking it.
pub async fn readyz(verifier: web::Data<Verifier>) -> HttpResponse {
    respond(Probe::Readiness, &verifier)
}

fn respond(probe: Probe, verifier: &Verifier) -> HttpResponse {
    let (status, body) = probe.answer(verifier.is_ready());
    HttpResponse::build(status)
        .content_type("text/plain")
        .body(body)
}
