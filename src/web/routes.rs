//! Every URL on one screen, but `/verify`, which `verify::front` answers before any of these.

use actix_htmx::HtmxMiddleware;
use actix_web::middleware::from_fn;
use actix_web::web::{self, get, head, post, resource, scope};

use super::pages::{audit, keys, login, logout, overview, projects, setup};
use super::{AppState, WebError, assets, error, health, session};
use crate::domain::DomainError;
use crate::verify;

/// Registers every URL.
pub fn configure(
    config: &mut web::ServiceConfig,
    state: web::Data<AppState>,
    cookie_key: &[u8; 64],
) {
    config
        .service(
            resource("/healthz")
                .route(get().to(health::healthz))
                .route(head().to(health::healthz)),
        )
        .service(
            resource("/readyz")
                .route(get().to(health::readyz))
                .route(head().to(health::readyz)),
        )
        .route("/static/{file}", get().to(assets::serve));
    for base in ["/api/v1", "/api"] {
        let verification = resource(format!("{base}/keys/verify"));
        config.service(verification.route(post().to(verify::json::verify)));
    }
    let pages = scope("")
        .wrap(HtmxMiddleware)
        .wrap(session::middleware(state, cookie_key))
        .wrap(from_fn(error::answer))
        .service(resource("/setup").get(setup::show).post(setup::submit))
        .service(resource("/login").get(login::show).post(login::submit))
        .service(resource("/logout").post(logout::submit))
        .service(resource("/").get(overview::show))
        .service(resource("/audit").get(audit::show))
        .service(
            resource("/projects/{project}/settings")
                .get(projects::settings::show)
                .post(projects::settings::submit),
        )
        .service(
            scope("/projects/{project}/keys")
                .service(resource("").get(keys::list::show).post(keys::new::submit))
                .service(resource("/new").get(keys::new::show))
                .service(resource("/{id}").get(keys::one::show))
                .service(
                    resource("/{id}/edit")
                        .get(keys::edit::show)
                        .post(keys::edit::submit),
                )
                .service(
                    resource("/{id}/reveal")
                        .get(keys::reveal::show)
                        .post(keys::reveal::submit),
                )
                .service(resource("/{id}/replacement").post(keys::replacement::submit))
                .service(
                    resource("/{id}/revocation")
                        .get(keys::revocation::show)
                        .post(keys::revocation::submit),
                ),
        )
        .default_service(web::to(nowhere));
    config.service(pages);
}

async fn nowhere() -> Result<&'static str, WebError> {
    Err(DomainError::NotFound.into())
}
