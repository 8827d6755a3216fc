//! Somebody who uses the console, page by page and form by form.

use reqwest::blocking::Client;
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;

use super::{Answer, PASSWORD, with_defaults};

/// Somebody with a browser: keeps cookies, follows no redirect by itself.
#[derive(Clone)]
pub struct Browser {
    pub client: Client,
    pub url: String,
    pub csrf: String,
}

impl Browser {
    pub fn new(url: &str) -> Self {
        Self::with_headers(url, &[])
    }

    /// Sends these headers every time.
    pub fn with_headers(url: &str, headers: &[(&'static str, &str)]) -> Self {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        let client = Client::builder()
            .cookie_store(true)
            .redirect(Policy::none())
            .default_headers(headers)
            .no_proxy()
            .build()
            .unwrap();
        Browser {
            client,
            url: url.into(),
            csrf: String::new(),
        }
    }

    pub fn signed_in(mut self, email: &str) -> Self {
        let answer = self.sign_in(email, PASSWORD);
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.csrf = self.get("/").value("csrf");
        self
    }

    pub fn sign_in(&self, email: &str, password: &str) -> Answer {
        let csrf = self.get("/login").value("csrf");
        self.post_raw(
            "/login",
            &[("csrf", &csrf), ("email", email), ("password", password)],
        )
    }

    pub fn get(&self, path: &str) -> Answer {
        self.client.get(self.at(path)).send().unwrap().into()
    }

    /// Posts a form with the session's token.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut all = vec![("csrf", self.csrf.as_str())];
        all.extend_from_slice(fields);
        self.post_raw(path, &all)
    }

    /// Posts these fields and no others.
    pub fn post_raw(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.client
            .post(self.at(path))
            .form(fields)
            .send()
            .unwrap()
            .into()
    }

    pub fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }

    /// Creates a key in `default` and returns its id.
    pub fn create_key(&self, fields: &[(&str, &str)]) -> i64 {
        self.create_key_in("default", fields)
    }

    pub fn create_key_in(&self, project: &str, fields: &[(&str, &str)]) -> i64 {
        let answer = self.post_key(project, fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let reveal = answer.location();
        reveal.split('/').nth(4).unwrap().parse().unwrap()
    }

    /// Sends the create form, with valid values for whatever `fields` leave out.
    pub fn post_key(&self, project: &str, fields: &[(&str, &str)]) -> Answer {
        let defaults = [
            ("label", "Production backend"),
            ("scopes", "read:assets"),
            ("environment", "live"),
            ("expires", "90"),
        ];
        let all = with_defaults(fields, &defaults);
        self.post(&format!("/projects/{project}/keys"), &all)
    }

    /// Creates a key in `default`, reveals it, and returns its id and secret.
    pub fn new_key(&self, fields: &[(&str, &str)]) -> (i64, String) {
        let id = self.create_key(fields);
        let revealed = self.post(&format!("/projects/default/keys/{id}/reveal"), &[]);
        (id, revealed.secret().expect("a secret"))
    }

    pub fn revoke(&self, id: i64) -> Answer {
        let path = format!("/projects/default/keys/{id}/revocation");
        self.post(&path, &[("reason", "compromised"), ("note", "")])
    }

    /// The status and code of a verification of `secret`.
    pub fn verify(&self, secret: &str) -> (u16, String) {
        let answer: Answer = self
            .client
            .get(self.at("/verify"))
            .header("X-API-Key", secret)
            .send()
            .unwrap()
            .into();
        (answer.status, answer.code())
    }
}
