//! `/account/times`: the zone that your pages show times in.

use actix_web::HttpResponse;
use serde::Deserialize;

use crate::domain::account;
use crate::web::shared::form::Form;
use crate::web::shared::{Visitor, WebError, page};

#[derive(Deserialize)]
pub struct TimesFields {
    #[serde(default)]
    zone: String,
}

pub async fn submit(
    visitor: Visitor,
    Form(fields): Form<TimesFields>,
) -> Result<HttpResponse, WebError> {
    let local = fields.zone == "browser";
    visitor
        .act(move |op| account::choose_times(op, local))
        .await?;
    Ok(page::see_other("/account?done=times"))
}
