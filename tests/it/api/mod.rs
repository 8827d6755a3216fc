//! The management API.

mod audit;
mod credentials;
mod curl;
mod cursors;
mod generated;
mod idempotency;
mod keys;
mod nulls;
mod openapi;
mod people;
mod problems;
mod projects;
mod python;
mod schemathesis;

use std::path::{Path, PathBuf};

use keyward::clock::{Clock, rfc3339};
use keyward::records::Role;
use reqwest::Method;
use serde_json::{Value, json};
use time::Duration;

use crate::app::{Answer, Api, PASSWORD, TestApp, add_person};

/// A program of the tests' Python environment, which `tests/run` makes.
fn tool(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/.venv/bin");
    folder.join(name)
}

/// A future time, in RFC 3339.
pub fn in_a_month() -> String {
    rfc3339(Clock::default().now() + Duration::days(30))
}

impl TestApp {
    /// A program of the owner's, with a short-lived token.
    pub fn owners_program(&self) -> Api {
        self.program("owner@example.com")
    }

    /// A program that signed in as this person.
    pub fn program(&self, email: &str) -> Api {
        let token = self.sign_in(email, PASSWORD).json()["data"]["token"].clone();
        Api::new(&self.url, token.as_str().expect("a token"))
    }

    /// A program of a new person with this role on the project `default`.
    pub fn program_of(&self, role: Role) -> Api {
        let email = format!("{role}@example.com");
        let project = (role != Role::Owner).then_some("default");
        add_person(&mut self.database.connect(), &email, role, project);
        self.program(&email)
    }

    pub fn sign_in(&self, email: &str, password: &str) -> Answer {
        let body = json!({"email": email, "password": password});
        Api::new(&self.url, "").post("/session", &body)
    }
}

impl Api {
    /// Creates a key and returns its id and secret.
    pub fn new_key(&self, body: &Value) -> (i64, String) {
        let created = self.post("/keys", body);
        assert_eq!(created.status, 201, "{}", created.body);
        let data = &created.json()["data"];
        let secret = data["key"].as_str().unwrap().to_owned();
        (data["id"].as_i64().unwrap(), secret)
    }

    /// Makes a personal token with these permissions and returns a program with it.
    pub fn with_token(&self, permissions: &[&str], project: Option<&str>) -> Api {
        let body = json!({
            "description": "A script", "permissions": permissions, "project": project,
            "expires_at": in_a_month(),
        });
        let made = self.post("/tokens", &body);
        assert_eq!(made.status, 201, "{}", made.body);
        let token = made.json()["data"]["token"].as_str().unwrap().to_owned();
        Api::new(&self.url, &token)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[])
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[])
    }

    pub fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body), &[])
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PUT, path, Some(body), &[])
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[])
    }
}

impl Answer {
    /// The names of the fields that a problem says are wrong.
    pub fn wrong_fields(&self) -> Vec<String> {
        let problem = self.json();
        let errors = problem["errors"].as_array().cloned().unwrap_or_default();
        let names = errors
            .iter()
            .map(|error| error["field"].as_str().unwrap().to_owned());
        names.collect()
    }
}
