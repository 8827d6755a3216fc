//! Forms that come too late: after their session ended, or after signing in again in another tab.
//! What was typed is offered to be sent again. Only for forms that a browser says came from our own
//! pages: another site must not be able to put words into a form of ours.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, web};

use super::login;
use crate::http::body;
use crate::web::shared::kept::Kept;
use crate::web::shared::{AppState, WebError, csrf};

/// Pages before signing in, whose forms hold little but secrets.
const NOT_KEPT: [&str; 3] = ["/setup", "/password", "/logout"];

/// The most that goes through the form to sign in: its own body is limited, and encodes this once
/// more.
const MOST_BYTES: usize = 32 * 1024;

/// The middleware of pages that answers forms which come too late. Nothing else is changed.
///
/// # Errors
/// The form could not be read whole.
pub async fn keep(
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    if !is_kept(req.request()) {
        return Ok(next.call(req).await?.map_into_boxed_body());
    }
    let body = body::read(req.take_payload())
        .await
        .map_err(WebError::from)?;
    req.set_payload(Payload::from(body.clone()));
    let response = next.call(req).await?;
    match answer(&response, &body).await {
        Some(answer) => Ok(response.into_response(answer)),
        None => Ok(response.map_into_boxed_body()),
    }
}

fn is_kept(req: &HttpRequest) -> bool {
    let state = req.app_data::<web::Data<AppState>>().expect("set at start");
    req.method() == Method::POST
        && !NOT_KEPT.contains(&req.path())
        && csrf::sender(req, state) == csrf::Sender::OwnPage
}

async fn answer<B>(response: &ServiceResponse<B>, body: &[u8]) -> Option<HttpResponse> {
    let req = response.request();
    let error = response.response().error()?.as_error::<WebError>()?;
    let is_htmx = req.headers().contains_key("hx-request");
    match error {
        WebError::SignInFirst => {
            let kept = Kept::sent(req, body)?;
            // A button alone is as easily found again.
            let is_worth_it = !kept.typed().is_empty() && kept.written().len() <= MOST_BYTES;
            is_worth_it.then(|| login::keeping(req, is_htmx, kept))?
        }
        WebError::ForeignForm if req.path() == "/login" => {
            login::signed_in_elsewhere(req, body).await
        }
        WebError::ForeignForm => login::offer_again(req, is_htmx, &Kept::sent(req, body)?).await,
        _ => None,
    }
}
