//! Every URL on one screen, except `/verify`, which `verify::front` answers before any of these.
//! `HEAD` is answered wherever `GET` is, by `head::as_get`.

use actix_htmx::HtmxMiddleware;
use actix_web::dev::HttpServiceFactory;
use actix_web::middleware::from_fn;
use actix_web::web::{self, resource, scope};

use super::api::base::error::{self as api_error, ApiError};
use super::api::{
    account, audit as audit_api, grants, keys as keys_api, openapi, projects as projects_api,
    scopes, session as session_api, tokens, users,
};
use super::pages::{
    account as account_pages, audit, docs, exports, find, health, kept, keys, login, logout,
    overview, password, past, projects, reviews, rollbacks, setup, users as users_pages,
};
use super::shared::error::{self, LeadOn};
use super::shared::{
    AppState, WebError, assets, cross_site, last_project, session, session_cookie,
};
use crate::domain::DomainError;
use crate::instance_secret::DerivedKey;
use crate::verify;

/// Registers every URL.
pub fn configure(
    config: &mut web::ServiceConfig,
    state: web::Data<AppState>,
    cookie_keys: &[DerivedKey],
) {
    config
        .service(resource("/healthz").get(health::healthz))
        .service(resource("/readyz").get(health::readyz))
        .service(resource("/static/{file}").get(assets::serve));
    // Without a version: the current one.
    for base in ["/api/v1", "/api"] {
        config.service(api(base));
    }
    config.app_data(web::Data::new(session_cookie::Keys::new(
        cookie_keys,
        &state.installation,
        state.is_https(),
    )));
    let pages = scope("")
        .wrap(from_fn(kept::keep))
        .wrap(HtmxMiddleware)
        .wrap(from_fn(last_project::remember))
        .wrap(session::middleware(state, &cookie_keys[0].bytes))
        .wrap(from_fn(session::let_rest))
        .wrap(from_fn(session_cookie::choose))
        .wrap(from_fn(cross_site::refuse))
        .wrap(from_fn(error::answer))
        .service(resource("/setup").get(setup::show).post(setup::submit))
        .service(
            resource("/login")
                .app_data(login::lead_on as LeadOn)
                .get(login::show)
                .post(login::submit),
        )
        .service(resource("/logout").post(logout::submit))
        .service(resource("/").get(overview::show))
        .service(resource("/find").get(find::show).post(find::submit))
        .service(resource("/keys").get(keys::across::show))
        .service(
            resource("/keys/export")
                .get(keys::export::show_all)
                .post(keys::export::submit_all),
        )
        .service(
            resource("/keys/revocation")
                .get(keys::selection::show)
                .post(keys::selection::submit),
        )
        .service(
            resource("/keys/handover")
                .get(keys::handover::show)
                .post(keys::handover::submit),
        )
        .service(
            resource("/reviews")
                .get(reviews::list::show)
                .post(reviews::new::submit),
        )
        .service(resource("/reviews/new").get(reviews::new::show))
        .service(resource("/reviews/{id}").get(reviews::one::show))
        .service(resource("/reviews/{id}/closing").post(reviews::closing::submit))
        .service(resource("/reviews/{id}/file").post(reviews::file::submit))
        .service(
            resource("/reviews/{id}/keys/{key}")
                .get(reviews::answer::show)
                .post(reviews::answer::submit),
        )
        .service(resource("/audit").get(audit::list::show))
        .service(resource("/audit/search").post(audit::list::search))
        .service(resource("/audit/latest").get(audit::list::latest))
        .service(resource("/audit/chain").get(audit::chain::show))
        .service(
            resource("/audit/export")
                .get(audit::export::show)
                .post(audit::export::submit),
        )
        .service(resource("/exports/progress").get(exports::progress))
        .service(resource("/audit/{entry}").get(audit::entry::show))
        .service(resource("/docs").get(docs::show::show))
        .service(
            resource("/password")
                .get(password::show)
                .post(password::submit),
        )
        .service(resource("/projects").post(projects::new::submit))
        .service(resource("/projects/new").get(projects::new::show))
        .service(resource("/projects/{project}").get(overview::show_one))
        .service(resource("/projects/{project}/usage").get(projects::usage::show))
        .service(resource("/projects/{project}/past").get(past::keys::show))
        .service(resource("/projects/{project}/past/roles").get(past::roles::show))
        .service(resource("/projects/{project}/past/keys/{id}").get(past::one::show))
        .service(
            resource("/projects/{project}/archival")
                .get(projects::archival::show)
                .post(projects::archival::submit),
        )
        .service(
            resource("/projects/{project}/grants")
                .get(projects::grants::show)
                .post(projects::grants::submit),
        )
        .service(
            resource("/projects/{project}/grants/removal")
                .get(projects::grants::confirm_removal)
                .post(projects::grants::remove),
        )
        .service(
            resource("/projects/{project}/settings")
                .app_data(projects::settings::lead_on as LeadOn)
                .get(projects::settings::show)
                .post(projects::settings::submit),
        )
        .service(
            resource("/rollbacks/{entry}/acknowledgement").post(rollbacks::acknowledgement::submit),
        )
        .service(
            scope("/account")
                .app_data(account_pages::lead_on as LeadOn)
                .service(resource("").get(account_pages::show::show))
                .service(resource("/password").post(account_pages::password::submit))
                .service(resource("/sessions/end").post(account_pages::sessions::end))
                .service(resource("/sessions/end-others").post(account_pages::sessions::end_others))
                .service(resource("/times").post(account_pages::times::submit))
                .service(resource("/tokens").post(account_pages::tokens::new::submit))
                .service(resource("/tokens/new").get(account_pages::tokens::new::show))
                .service(
                    resource("/tokens/{id}/reveal")
                        .get(account_pages::tokens::reveal::show)
                        .post(account_pages::tokens::reveal::submit),
                )
                .service(
                    resource("/tokens/{id}/revocation")
                        .get(account_pages::tokens::revocation::show)
                        .post(account_pages::tokens::revocation::submit),
                ),
        )
        .service(
            scope("/projects/{project}/scopes")
                .app_data(projects::scopes::lead_on as LeadOn)
                .service(
                    resource("")
                        .get(projects::scopes::list::show)
                        .post(projects::scopes::new::submit),
                )
                .service(resource("/new").get(projects::scopes::new::show))
                .service(resource("/catalogue").post(projects::scopes::catalogue::submit))
                .service(
                    resource("/{scope}/edit")
                        .get(projects::scopes::edit::show)
                        .post(projects::scopes::edit::submit),
                )
                .service(
                    resource("/{scope}/removal")
                        .get(projects::scopes::removal::show)
                        .post(projects::scopes::removal::submit),
                ),
        )
        .service(
            scope("/projects/{project}/keys")
                .app_data(keys::lead_on as LeadOn)
                .service(resource("").get(keys::list::show).post(keys::new::submit))
                .service(resource("/new").get(keys::new::show))
                .service(resource("/search").post(keys::search::submit))
                .service(
                    resource("/export")
                        .get(keys::export::show)
                        .post(keys::export::submit),
                )
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
                .service(
                    resource("/{id}/revocation")
                        .get(keys::revocation::show)
                        .post(keys::revocation::submit),
                )
                .service(
                    resource("/{id}/rotation")
                        .get(keys::rotation::show)
                        .post(keys::rotation::submit),
                ),
        )
        .service(
            scope("/users")
                .app_data(users_pages::lead_on as LeadOn)
                .service(
                    resource("")
                        .get(users_pages::list::show)
                        .post(users_pages::invite::submit),
                )
                .service(resource("/new").get(users_pages::invite::show))
                .service(resource("/{id}").get(users_pages::one::show))
                .service(resource("/{id}/grants").post(users_pages::grants::submit))
                .service(
                    resource("/{id}/grants/removal")
                        .get(users_pages::grants::confirm_removal)
                        .post(users_pages::grants::remove),
                )
                .service(
                    resource("/{id}/link")
                        .get(users_pages::link::show)
                        .post(users_pages::link::submit),
                )
                .service(
                    resource("/{id}/sign-out")
                        .get(users_pages::sign_out::show)
                        .post(users_pages::sign_out::submit),
                )
                .service(
                    resource("/{id}/disabling")
                        .get(users_pages::disabling::show)
                        .post(users_pages::disabling::submit),
                )
                .service(resource("/{id}/enabling").post(users_pages::enabling::submit))
                .service(
                    resource("/{id}/tokens/{token}/revocation")
                        .get(users_pages::tokens::show)
                        .post(users_pages::tokens::submit),
                ),
        )
        .default_service(web::to(nowhere));
    config.service(pages);
}

/// The management API.
fn api(base: &str) -> impl HttpServiceFactory + 'static {
    scope(base)
        .wrap(from_fn(api_error::answer))
        .app_data(
            web::PathConfig::default()
                .error_handler(|_, _| ApiError::from(DomainError::NotFound).into()),
        )
        .service(resource("/openapi.json").get(openapi::show))
        .service(resource("/session").post(session_api::create))
        .service(resource("/keys/verify").post(verify::json::verify))
        // The short forms name no project.
        .service(
            resource(["/projects/{project}/keys", "/keys"])
                .get(keys_api::collection::list)
                .post(keys_api::collection::create),
        )
        .service(
            resource(["/projects/{project}/keys/{id}", "/keys/{id}"])
                .get(keys_api::one::read)
                .patch(keys_api::one::edit)
                .delete(keys_api::one::revoke),
        )
        .service(
            resource(["/projects/{project}/keys/{id}/state", "/keys/{id}/state"])
                .get(keys_api::one::state),
        )
        .service(
            resource(["/projects/{project}/keys/{id}/usage", "/keys/{id}/usage"])
                .get(keys_api::usage::read),
        )
        .service(
            resource([
                "/projects/{project}/keys/{id}/rotation",
                "/keys/{id}/rotation",
            ])
            .post(keys_api::rotation::rotate),
        )
        .service(
            resource("/projects")
                .get(projects_api::list)
                .post(projects_api::create),
        )
        .service(
            resource("/projects/{project}")
                .get(projects_api::read)
                .patch(projects_api::edit),
        )
        .service(resource("/projects/{project}/archival").post(projects_api::archive))
        .service(
            resource("/projects/{project}/scopes")
                .get(scopes::list)
                .post(scopes::add_ready),
        )
        .service(
            resource("/projects/{project}/scopes/{scope}")
                .get(scopes::read)
                .put(scopes::put)
                .delete(scopes::delete),
        )
        .service(resource("/projects/{project}/grants").get(grants::list_on_project))
        .service(
            resource("/projects/{project}/grants/{user}")
                .put(grants::put_on_project)
                .delete(grants::delete_on_project),
        )
        .service(resource("/grants").get(grants::list_on_all))
        .service(
            resource("/grants/{user}")
                .put(grants::put_on_all)
                .delete(grants::delete_on_all),
        )
        .service(resource("/users").get(users::list).post(users::create))
        .service(
            resource("/users/{user}")
                .get(users::read)
                .patch(users::edit),
        )
        .service(resource("/users/{user}/password-link").post(users::create_link))
        .service(resource("/users/{user}/sessions").delete(users::delete_sessions))
        .service(resource("/users/{user}/tokens").get(tokens::list_of_user))
        .service(resource("/users/{user}/tokens/{id}").delete(tokens::revoke_of_user))
        .service(
            resource("/tokens")
                .get(tokens::list_own)
                .post(tokens::create),
        )
        .service(
            resource("/tokens/{id}")
                .get(tokens::read_own)
                .delete(tokens::revoke_own),
        )
        .service(resource("/account").get(account::read))
        .service(resource("/account/password").put(account::put_password))
        .service(
            resource("/account/sessions")
                .get(account::sessions)
                .delete(account::delete_sessions),
        )
        .service(resource("/account/sessions/{id}").delete(account::delete_session))
        .service(resource("/audit").get(audit_api::log::list))
        .service(resource("/audit/chain").get(audit_api::chain::read))
        .service(resource("/audit/export").post(audit_api::export::create))
        .service(resource("/audit/{entry}").get(audit_api::log::read))
        .default_service(web::to(no_such_resource))
}

async fn no_such_resource() -> Result<&'static str, ApiError> {
    Err(DomainError::NotFound.into())
}

async fn nowhere() -> Result<&'static str, WebError> {
    Err(DomainError::NotFound.into())
}
