//! A program that calls the management API.

use reqwest::blocking::Client;

use super::{Answer, contract};

/// A program that calls the management API with a bearer token.
#[derive(Clone)]
pub struct Api {
    pub url: String,
    pub token: String,
    client: Client,
}

impl Api {
    pub fn new(url: &str, token: &str) -> Self {
        Api {
            url: url.into(),
            token: token.into(),
            client: Client::builder().no_proxy().build().unwrap(),
        }
    }

    /// Calls `path` under `/api/v1` with these headers too.
    pub fn send(
        &self,
        method: reqwest::Method,
        path: &str,
        body: Option<&serde_json::Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = format!("{}/api/v1{path}", self.url);
        let mut call = self.client.request(method.clone(), url);
        if !self.token.is_empty() {
            call = call.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            call = call.json(body);
        }
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let answer: Answer = call.send().unwrap().into();
        contract::assert_documented(method.as_str(), path, answer.status);
        answer
    }
}
