//! Every failure becomes an answer here, and nowhere else.

use actix_session::storage::{SaveError, UpdateError};
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::{StatusCode, header};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse, ResponseError, web};
use askama::Template;
use keyward_guard::Problem;

use super::guarded_sign_in::SignInError;
use super::sign_in_link::SignInLink;
use super::throttle::TooMany;
use super::{AppState, headers, page};
use crate::access::Denial;
use crate::db::outage;
use crate::domain::DomainError;
use crate::http::body::BodyError;
use crate::http::request_id;

/// Everything a page can fail with.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    #[error(transparent)]
    Domain(DomainError),
    #[error(transparent)]
    Body(#[from] BodyError),
    #[error("nobody is signed in")]
    SignInFirst,
    #[error("the form was not one of ours, or out of date")]
    ForeignForm,
    #[error("the form has fields that can't be read")]
    BadForm,
    #[error("too many attempts")]
    TooMany(TooMany),
}

impl From<DomainError> for WebError {
    fn from(error: DomainError) -> Self {
        match error {
            DomainError::NoLonger => WebError::SignInFirst,
            error => WebError::Domain(error),
        }
    }
}

impl From<TooMany> for WebError {
    fn from(too_many: TooMany) -> Self {
        WebError::TooMany(too_many)
    }
}

impl From<SignInError> for WebError {
    fn from(error: SignInError) -> Self {
        match error {
            SignInError::TooMany(too_many) => too_many.into(),
            SignInError::Domain(error) => error.into(),
        }
    }
}

impl From<getrandom::Error> for WebError {
    fn from(error: getrandom::Error) -> Self {
        DomainError::from(error).into()
    }
}

impl ResponseError for WebError {
    fn status_code(&self) -> StatusCode {
        match self {
            WebError::Domain(error) => match error {
                DomainError::NotFound | DomainError::Denied(Denial { hidden: true, .. }) => {
                    StatusCode::NOT_FOUND
                }
                DomainError::Denied(_) => StatusCode::FORBIDDEN,
                DomainError::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
                DomainError::Conflict(_) | DomainError::Stale => StatusCode::CONFLICT,
                DomainError::TokenCant(_) => StatusCode::FORBIDDEN,
                DomainError::NoLonger => StatusCode::SEE_OTHER,
                DomainError::Unavailable(_) | DomainError::TimedOut => {
                    StatusCode::SERVICE_UNAVAILABLE
                }
                DomainError::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            },
            WebError::Body(BodyError::TooLarge) => StatusCode::PAYLOAD_TOO_LARGE,
            WebError::Body(BodyError::TooSlow) => StatusCode::REQUEST_TIMEOUT,
            WebError::Body(BodyError::Broken(_)) | WebError::BadForm => StatusCode::BAD_REQUEST,
            WebError::SignInFirst => StatusCode::SEE_OTHER,
            WebError::ForeignForm => StatusCode::FORBIDDEN,
            WebError::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
        }
    }

    /// The bare status; [`answer`] writes the page, because only it knows the request.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

impl WebError {
    fn title(&self) -> &'static str {
        match self {
            WebError::Domain(DomainError::Conflict(_)) => "This can't be done",
            WebError::Domain(DomainError::Stale) => "Something changed in between",
            _ => title_for(self.status_code()),
        }
    }

    fn sentence(&self) -> String {
        match self {
            WebError::Domain(DomainError::Conflict(message)) => message.clone(),
            WebError::Domain(DomainError::Stale) => {
                "Somebody changed this after you opened the form. Reload the page, then make your \
                 change again."
                    .into()
            }
            WebError::Domain(DomainError::TimedOut) => {
                "The database did not confirm the change. Check whether it was saved before \
                 you try again."
                    .into()
            }
            WebError::Domain(DomainError::Invalid(fields)) => fields
                .iter()
                .map(|field| field.detail.as_str())
                .collect::<Vec<_>>()
                .join(" "),
            WebError::Body(error) => error.to_string(),
            WebError::ForeignForm => {
                "This form is out of date or was sent from another site, so nothing was done. Go \
                 back, reload the page and try again."
                    .into()
            }
            WebError::TooMany(TooMany { retry_after }) => {
                format!("Too many attempts. Wait {retry_after} seconds, then try again.")
            }
            _ => sentence_for(self.status_code()).into(),
        }
    }
}

fn sentence_for(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "This page doesn't exist, or you don't have access to it.",
        StatusCode::FORBIDDEN => "Your role doesn't allow this. Ask an owner for access.",
        StatusCode::METHOD_NOT_ALLOWED => "This address does not take such requests.",
        StatusCode::BAD_REQUEST => "The request could not be understood.",
        StatusCode::SERVICE_UNAVAILABLE => {
            "The database can't be reached right now. Nothing was changed. Try again in a moment."
        }
        _ => "Something went wrong on our side. Nothing was changed.",
    }
}

fn title_for(status: StatusCode) -> &'static str {
    match status {
        StatusCode::NOT_FOUND => "Not found",
        StatusCode::FORBIDDEN => "Not allowed",
        StatusCode::TOO_MANY_REQUESTS => "Too many attempts",
        StatusCode::SERVICE_UNAVAILABLE => "Unavailable for the moment",
        status if status.is_server_error() => "Something went wrong",
        _ => "Request failed",
    }
}

/// The link on an error page: where to go from here.
pub struct WayOn {
    pub path: String,
    pub words: &'static str,
}

impl Default for WayOn {
    fn default() -> Self {
        WayOn {
            path: "/".into(),
            words: "Go to the overview",
        }
    }
}

/// Chooses where the error pages of one part of the console lead; `None` is the overview. Routes
/// set it as data of their scope or resource.
pub type LeadOn = fn(&HttpRequest, StatusCode) -> Option<WayOn>;

/// The project in the path of a page below `/projects/{project}`, as it was sent: still encoded, so
/// that it can be part of a link.
pub fn sent_project(req: &HttpRequest) -> Option<&str> {
    req.path().split('/').nth(2)
}

fn way_on(req: &HttpRequest, status: StatusCode) -> WayOn {
    let lead_on = req.app_data::<LeadOn>();
    lead_on
        .and_then(|lead_on| lead_on(req, status))
        .unwrap_or_default()
}

/// What an error page depends on. Read from the request beforehand: while it goes through the
/// routes, nothing else may hold it.
struct Asked {
    is_api: bool,
    is_htmx: bool,
    request_id: Option<String>,
    https: bool,
    sign_in: SignInLink,
}

/// The middleware that writes the answers to errors.
pub async fn answer(
    req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let asked = Asked {
        is_api: req.path().starts_with("/api/"),
        is_htmx: req.headers().contains_key("hx-request"),
        request_id: request_id(req.request()),
        https: req
            .app_data::<web::Data<AppState>>()
            .is_some_and(|state| state.is_https()),
        sign_in: SignInLink::from(req.request()),
    };
    let response = match next.call(req).await {
        Ok(response) => response,
        Err(error) => {
            let mut written = from_outside(&asked, &error);
            headers::add_to(written.headers_mut(), asked.https);
            return Err(InternalError::from_response(error, written).into());
        }
    };
    let error = response.response().error();
    let way_on = || way_on(response.request(), response.status());
    let written = match error.and_then(|error| error.as_error::<WebError>()) {
        Some(error) => Some(write(&asked, error, way_on())),
        None if is_bare(&response) => Some(bare_message(&asked, response.status(), way_on())),
        None => None,
    };
    let Some(mut written) = written else {
        return Ok(response.map_into_boxed_body());
    };
    // The session may have set or removed its cookie on the way.
    for cookie in response.headers().get_all(header::SET_COOKIE) {
        written
            .headers_mut()
            .append(header::SET_COOKIE, cookie.clone());
    }
    if let Some(allowed) = response.headers().get(header::ALLOW) {
        written.headers_mut().insert(header::ALLOW, allowed.clone());
    }
    Ok(response.into_response(written))
}

fn is_bare<B: MessageBody>(response: &ServiceResponse<B>) -> bool {
    let status = response.status();
    (status.is_client_error() || status.is_server_error())
        && response.headers().get(header::CONTENT_TYPE).is_none()
}

/// An error from a middleware. One from the session layer means that its store is unavailable.
fn from_outside(asked: &Asked, error: &actix_web::Error) -> HttpResponse {
    let is_session_store = error.as_error::<InternalError<anyhow::Error>>().is_some()
        || error.as_error::<InternalError<SaveError>>().is_some()
        || error.as_error::<InternalError<UpdateError>>().is_some();
    match (error.as_error::<WebError>(), is_session_store) {
        (Some(error), _) => write(asked, error, WayOn::default()),
        (None, true) => {
            let error = DomainError::Unavailable(error.to_string()).into();
            write(asked, &error, WayOn::default())
        }
        (None, false) => {
            let status = error.as_response_error().status_code();
            bare_message(asked, status, WayOn::default())
        }
    }
}

fn write(asked: &Asked, error: &WebError, way_on: WayOn) -> HttpResponse {
    let status = error.status_code();
    if let WebError::SignInFirst = error {
        let to = asked.sign_in.path();
        return match asked.is_htmx {
            true => HttpResponse::Ok()
                .insert_header(("HX-Redirect", to))
                .finish(),
            false => page::see_other(&to),
        };
    }
    match error {
        WebError::Domain(DomainError::Unavailable(cause)) => outage::failed(cause),
        error if status.is_server_error() => {
            tracing::error!(%error, request_id = asked.request_id, "a request failed");
        }
        _ => {}
    }
    let mut response = message(asked, status, error.title(), &error.sentence(), way_on);
    let retry_after = match error {
        WebError::TooMany(too_many) => Some(too_many.retry_after),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(2),
        _ => None,
    };
    if let Some(seconds) = retry_after {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    response
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessagePage<'a> {
    title: &'a str,
    sentence: &'a str,
    request_id: Option<&'a str>,
    way_on: WayOn,
}

#[derive(Template)]
#[template(path = "message_dialog.html")]
struct MessageDialog<'a> {
    title: &'a str,
    sentence: &'a str,
    request_id: Option<&'a str>,
}

/// The message for an answer that is only a status.
fn bare_message(asked: &Asked, status: StatusCode, way_on: WayOn) -> HttpResponse {
    message(
        asked,
        status,
        title_for(status),
        sentence_for(status),
        way_on,
    )
}

/// A page with one message, or a dialog for htmx; under `/api`, a problem. The request's id is
/// shown where it helps to find the cause.
fn message(
    asked: &Asked,
    status: StatusCode,
    title: &str,
    sentence: &str,
    way_on: WayOn,
) -> HttpResponse {
    if asked.is_api {
        let reason = status.canonical_reason().unwrap_or("error");
        let code = reason.to_ascii_uppercase().replace([' ', '-'], "_");
        return Problem::new(asked.request_id.clone(), status, &code, sentence).respond();
    }
    let request_id = asked
        .request_id
        .as_deref()
        .filter(|_| status.is_server_error());
    if asked.is_htmx {
        let dialog = MessageDialog {
            title,
            sentence,
            request_id,
        };
        let mut response = page::full(status, &dialog);
        page::into_dialog(&mut response);
        return response;
    }
    page::full(
        status,
        &MessagePage {
            title,
            sentence,
            request_id,
            way_on,
        },
    )
}
