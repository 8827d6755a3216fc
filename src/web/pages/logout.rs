//! `/logout`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::http::header::{HeaderName, HeaderValue};

use crate::domain::account;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::{Visitor, WebError, page};

/// Ends the session.
pub async fn submit(
    visitor: Visitor,
    session: Session,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    visitor.act(account::sign_out).await?;
    session.purge();
    let mut response = page::see_other("/login");
    let what = HeaderValue::from_static("\"cache\", \"cookies\", \"storage\"");
    response
        .headers_mut()
        .insert(HeaderName::from_static("clear-site-data"), what);
    Ok(response)
}
