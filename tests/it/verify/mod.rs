//! `/verify` and `POST /api/v1/keys/verify`: every outcome, as callers see it.

mod askers;
mod gateway;
mod json;
mod limits;
mod outcomes;
mod usage;

use serde_json::Value;

use crate::app::{Answer, Browser};

fn ask(browser: &Browser, query: &str, secret: &str) -> Answer {
    let request = browser.client.get(browser.at(&format!("/verify{query}")));
    request.header("X-API-Key", secret).send().unwrap().into()
}

fn ask_json(browser: &Browser, body: &Value) -> Answer {
    browser
        .client
        .post(browser.at("/api/v1/keys/verify"))
        .json(body)
        .send()
        .unwrap()
        .into()
}
