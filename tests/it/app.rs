//! An instance to test, and people who visit it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use keyward::clock::Clock;
use keyward::config::{Config, PublicUrl};
use keyward::db::Connection;
use keyward::db::connection::DatabaseUrl;
use keyward::domain::Actor;
use keyward::domain::create_user::{NewPerson, create_user};
use keyward::domain::passwords::Password;
use keyward::domain::policy::Role;
use keyward::startup;
use reqwest::blocking::{Client, Response};
use reqwest::header::{HeaderMap, HeaderValue};
use reqwest::redirect::Policy;
use scraper::{Html, Selector};
use tempfile::TempDir;

pub const PASSWORD: &str = "correct horse battery staple";

/// A database of its own, gone with the test.
pub struct TestDatabase {
    pub url: String,
    folder: TempDir,
    drop_at_end: Option<(String, String)>,
}

impl TestDatabase {
    /// An empty one, on the server the suite runs against.
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("KEYWARD_TEST_POSTGRES") else {
            return Self::on_sqlite();
        };
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("keyward_{}_{count}", std::process::id());
        let mut conn = DatabaseUrl::parse(&server).unwrap().open().unwrap();
        conn.batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        let base = server.rsplit_once('/').unwrap().0;
        let url = format!("{base}/{name}");
        let folder = tempfile::tempdir().unwrap();
        TestDatabase {
            url,
            folder,
            drop_at_end: Some((server, name)),
        }
    }

    /// With the schema, and an owner, `owner@example.com`.
    pub fn with_owner() -> Self {
        let database = Self::new();
        let url = DatabaseUrl::parse(&database.url).unwrap();
        let mut conn = startup::open_up_to_date(&url).unwrap();
        add_person(&mut conn, "owner@example.com", Role::Owner, None);
        database
    }

    pub fn on_sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("test.db").display());
        TestDatabase {
            url,
            folder,
            drop_at_end: None,
        }
    }

    pub fn is_postgres(&self) -> bool {
        self.drop_at_end.is_some()
    }

    /// A folder that is gone with the test.
    pub fn folder(&self) -> &std::path::Path {
        self.folder.path()
    }

    pub fn connect(&self) -> Connection {
        DatabaseUrl::parse(&self.url).unwrap().open().unwrap()
    }

    pub fn execute(&self, sql: &str) -> Result<(), diesel::result::Error> {
        self.connect().batch_execute(sql)
    }

    /// The one number that `sql` selects as `number`.
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let row: Row = sql_query(sql).get_result(&mut *self.connect()).unwrap();
        row.number
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.drop_at_end
            && let Ok(mut conn) = DatabaseUrl::parse(server).unwrap().open()
        {
            drop(conn.batch_execute(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        }
    }
}

/// A running instance.
pub struct TestApp {
    pub url: String,
    pub address: SocketAddr,
    pub clock: Clock,
    pub setup_code: Option<String>,
    pub database: TestDatabase,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

/// What an instance is started with.
#[derive(Default)]
pub struct Settings {
    pub public_url: Option<PublicUrl>,
    pub trusted_proxies: Vec<&'static str>,
    /// Reach the database here instead, for instance through something that can be cut.
    pub database_url: Option<String>,
    /// What the management API takes from one token; without, more than any test sends.
    pub api_requests_per_minute: Option<u32>,
}

impl TestApp {
    /// With an owner, `owner@example.com`.
    pub fn start() -> Self {
        Self::start_with(Settings::default())
    }

    pub fn start_with(settings: Settings) -> Self {
        Self::start_on(TestDatabase::with_owner(), settings)
    }

    /// Without an owner: the database is empty.
    pub fn start_fresh() -> Self {
        Self::start_on(TestDatabase::new(), Settings::default())
    }

    pub fn start_on(database: TestDatabase, settings: Settings) -> Self {
        let url = settings.database_url.as_ref().unwrap_or(&database.url);
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            database: DatabaseUrl::parse(url).unwrap(),
            secret: Some(secret()),
            public_url: settings.public_url,
            trusted_proxies: settings
                .trusted_proxies
                .iter()
                .map(|network| network.parse().unwrap())
                .collect(),
            workers: 2,
            usage_retention_days: 400,
            previous_secret: None,
            max_token_days: 365,
            api_requests_per_minute: settings.api_requests_per_minute.unwrap_or(1_000_000),
            log: String::new(),
        };
        let clock = Clock::default();
        let (sender, receiver) = mpsc::channel();
        let own = clock.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = startup::build(&config, own).unwrap();
                let code = application.setup_code().map(str::to_owned);
                sender
                    .send((application.address(), code, application.handle()))
                    .unwrap();
                application.run().await.unwrap();
            });
        });
        let (address, setup_code, handle) = receiver.recv().expect("the instance starts");
        let url = format!("http://{address}");
        TestApp {
            url,
            address,
            clock,
            setup_code,
            database,
            handle,
            thread: Some(thread),
        }
    }

    /// A browser that nobody signed in with.
    pub fn anonymous(&self) -> Browser {
        Browser::new(&self.url)
    }

    pub fn owner(&self) -> Browser {
        self.anonymous().signed_in("owner@example.com")
    }

    /// A new person with this role on the project `default`.
    pub fn person(&self, role: Role) -> Browser {
        let email = format!("{role}@example.com");
        let project = (role != Role::Owner).then_some("default");
        add_person(&mut self.database.connect(), &email, role, project);
        self.anonymous().signed_in(&email)
    }

    /// Adds a second project with a key of its own, id given back.
    pub fn other_project(&self) -> i64 {
        self.database
            .execute(
                "INSERT INTO projects (slug, name, key_start, environment_segment, created_at)
                 VALUES ('other', 'Other', 'ot', TRUE, '2026-01-01 00:00:00');
                 INSERT INTO scopes (project_id, name, description)
                 VALUES (2, 'read:other', 'Read');",
            )
            .unwrap();
        self.owner()
            .create_key_in("other", &[("label", "Foreign"), ("scopes", "read:other")])
    }

    pub fn audit_entries(&self) -> i64 {
        self.database
            .number("SELECT last_entry AS number FROM audit_head")
    }

    /// Stops the instance the way SIGTERM does, and waits.
    pub fn stop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let stopping = self.handle.stop(true);
            actix_web::rt::System::new().block_on(stopping);
            thread.join().unwrap();
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(thread) = self.thread.take() {
            let stopping = self.handle.stop(false);
            actix_web::rt::System::new().block_on(stopping);
            drop(thread.join());
        }
    }
}

fn secret() -> keyward::config::SecretText {
    let found = keyward::config::find(
        &keyward::config::Flags::default(),
        &[(
            "KEYWARD_SECRET".into(),
            "a secret for tests, long enough to count".into(),
        )],
        std::path::Path::new("/nonexistent"),
    );
    Config::from_found(&found.unwrap()).unwrap().secret.unwrap()
}

/// Adds a person with the password of all tests.
pub fn add_person(conn: &mut Connection, email: &str, role: Role, project: Option<&str>) {
    let new = NewPerson {
        email: email.into(),
        password: Password::new(PASSWORD.into()),
        role,
        project: project.map(str::to_owned),
    };
    create_user(conn, &Actor::command_line(), &new, Clock::default().now()).unwrap();
}

/// Somebody with a browser: keeps cookies, follows no redirect by itself.
#[derive(Clone)]
pub struct Browser {
    pub client: Client,
    pub url: String,
    pub csrf: String,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
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

    /// Creates a key in `default` and gives back its id.
    pub fn create_key(&self, fields: &[(&str, &str)]) -> i64 {
        self.create_key_in("default", fields)
    }

    pub fn create_key_in(&self, project: &str, fields: &[(&str, &str)]) -> i64 {
        let answer = self.post_key(project, fields);
        assert_eq!(answer.status, 303, "{}", answer.body);
        let reveal = answer.location();
        reveal.split('/').nth(4).unwrap().parse().unwrap()
    }

    /// Sends the create form; what `fields` leave out is what a good key needs.
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

    /// Creates a key in `default`, reveals it, and gives back its id and secret.
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

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The value of the field with this name.
    pub fn value(&self, name: &str) -> String {
        let selector = Selector::parse(&format!("[name={name}]")).unwrap();
        let page = Html::parse_document(&self.body);
        let field = page.select(&selector).next();
        field
            .and_then(|field| field.value().attr("value"))
            .unwrap_or_default()
            .to_owned()
    }

    /// The text of everything that `css` selects.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        page.select(&Selector::parse(css).unwrap())
            .map(|element| {
                let text: String = element.text().collect();
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// The text of the first thing that `css` selects.
    pub fn text(&self, css: &str) -> String {
        self.texts(css).into_iter().next().unwrap_or_default()
    }

    /// The secret on a revealed page.
    pub fn secret(&self) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let field = page
            .select(&Selector::parse("[data-secret]").unwrap())
            .next()?;
        Some(field.value().attr("value")?.to_owned())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The code of a problem; empty for other answers.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer {
            status,
            headers,
            body: response.text().unwrap(),
        }
    }
}

/// What `look` finds, once it finds something: some things happen a moment later.
pub fn eventually<T>(mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..300 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("it never came to pass");
}

/// `fields`, and of `defaults` those with other names.
pub fn with_defaults<'a>(
    fields: &[(&'a str, &'a str)],
    defaults: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let left_out = defaults.iter().filter(|(name, _)| !is_given(name));
    left_out.chain(fields).copied().collect()
}

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
        let mut call = self.client.request(method, url);
        if !self.token.is_empty() {
            call = call.bearer_auth(&self.token);
        }
        if let Some(body) = body {
            call = call.json(body);
        }
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        call.send().unwrap().into()
    }
}
