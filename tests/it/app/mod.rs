//! An instance to test, and people who visit it.

mod answer;
mod api;
mod browser;
mod contract;
mod database;

use std::net::SocketAddr;
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use keyward::access::Actor;
use keyward::clock::Clock;
use keyward::config::{Config, PublicUrl, SocketAccess};
use keyward::db::Connection;
use keyward::db::connection::DatabaseUrl;
use keyward::domain::Op;
use keyward::domain::passwords::Password;
use keyward::domain::users::{self, NewPerson};
use keyward::records::Role;
use keyward::startup;

pub use answer::Answer;
#[allow(unused_imports)] // Two of the benches that include this file call no API.
pub use api::Api;
pub use browser::Browser;
pub use database::TestDatabase;

pub const PASSWORD: &str = "correct horse battery staple";
/// The permissions of personal tokens.
pub const EVERY_PERMISSION: [&str; 11] = [
    "keys:read",
    "keys:verify",
    "keys:create",
    "keys:edit",
    "keys:revoke",
    "audit:read",
    "audit:export",
    "project:manage",
    "projects:manage",
    "users:manage",
    "reviews:open",
];

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
    /// Reach the database here instead, for instance through a connection that can be cut.
    pub database_url: Option<String>,
    /// How many requests the management API accepts from one token; `None` is more than any test
    /// sends.
    pub api_requests_per_minute: Option<u32>,
    /// How many days entries of the audit log are kept; `None` is for ever.
    pub audit_retention_days: Option<u16>,
    /// Whether keys are verified only for services with a token.
    pub verify_requires_token: bool,
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
        Self::start_at(database, settings, Clock::default())
    }

    /// With a clock that may be wrong from the start.
    pub fn start_at(database: TestDatabase, settings: Settings, clock: Clock) -> Self {
        let url = settings.database_url.as_ref().unwrap_or(&database.url);
        let config = Config {
            is_demo: false,
            listen: vec!["127.0.0.1:0".parse().unwrap()],
            socket_access: SocketAccess {
                mode: 0o660,
                group: None,
            },
            database: DatabaseUrl::parse(url).unwrap(),
            database_connections: 22,
            database_wait: std::time::Duration::ZERO,
            secret: Some(secret()),
            public_url: settings.public_url,
            trusted_proxies: settings
                .trusted_proxies
                .iter()
                .map(|network| network.parse().unwrap())
                .collect(),
            workers: 2,
            usage_retention_days: 400,
            audit_retention_days: settings.audit_retention_days,
            verify_requires_token: settings.verify_requires_token,
            previous_secret: None,
            max_token_days: 365,
            api_requests_per_minute: settings.api_requests_per_minute.unwrap_or(1_000_000),
            log: String::new(),
        };
        let (sender, receiver) = mpsc::channel();
        let own = clock.clone();
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async move {
                let application = startup::build(&config, own).unwrap();
                let code = application.setup_code().map(str::to_owned);
                sender
                    .send((application.address().unwrap(), code, application.handle()))
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

    /// Adds a second project with a key of its own, and returns the key's id.
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

/// The instance's secret.
pub const SECRET: &str = "a secret for tests, long enough to count";

fn secret() -> keyward::config::SecretText {
    let found = keyward::config::find(
        &keyward::config::Flags::default(),
        &[("KEYWARD_SECRET".into(), SECRET.into())],
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
    let actor = Actor::command_line();
    users::create(&mut Op::new(conn, &actor, Clock::default().now()), &new).unwrap();
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

/// `fields`, and those of `defaults` with other names.
pub fn with_defaults<'a>(
    fields: &[(&'a str, &'a str)],
    defaults: &[(&'a str, &'a str)],
) -> Vec<(&'a str, &'a str)> {
    let is_given = |name: &str| fields.iter().any(|(given, _)| *given == name);
    let left_out = defaults.iter().filter(|(name, _)| !is_given(name));
    left_out.chain(fields).copied().collect()
}
