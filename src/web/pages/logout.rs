//! `/logout`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};
use serde::Deserialize;

use crate::domain::sign_out::sign_out;
use crate::web::form::Form;
use crate::web::{Visitor, WebError, page};

/// The form has only its token.
#[derive(Deserialize)]
pub struct Nothing {}

/// Ends the session.
pub async fn submit(
    visitor: Visitor,
    session: Session,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    visitor.act(sign_out).await?;
    session.purge();
    let mut response = page::see_other("/login");
    let what = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), what);
    Ok(response)
}
