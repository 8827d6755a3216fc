//! Forms: read whole, checked for their token, and only then handed to a page.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::de::DeserializeOwned;

use super::{AppState, WebError, csrf};
use crate::domain::FieldError;
use crate::http::body;

/// The fields of a form that came from one of our pages.
pub struct Form<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = WebError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, WebError>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let req = req.clone();
        let payload = payload.take();
        Box::pin(async move {
            let state = req.app_data::<web::Data<AppState>>().expect("set at start");
            let body = body::read(payload).await?;
            let mut fields = form_urlencoded::parse(&body);
            let token = fields
                .find(|(name, _)| name == csrf::FIELD)
                .map(|(_, token)| token);
            csrf::check(&req, state, token.as_deref())?;
            serde_html_form::from_bytes(&body)
                .map(Form)
                .map_err(|_| WebError::BadForm)
        })
    }
}

/// The fields of a form that has only its token.
#[derive(serde::Deserialize)]
pub struct NoFields {}

/// What is wrong with a form, by field.
#[derive(Debug, Default)]
pub struct Errors(pub Vec<FieldError>);

impl Errors {
    /// What is wrong with `field`; `None` if nothing is.
    pub fn of(&self, field: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|error| error.field == field)
            .map(|error| error.detail.as_str())
    }

    /// Whether anything is wrong.
    pub fn any(&self) -> bool {
        !self.0.is_empty()
    }
}
