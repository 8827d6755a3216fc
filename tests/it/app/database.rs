//! A database of its own for every test.

use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::{QueryableByName, RunQueryDsl, sql_query};
use keyward::db::Connection;
use keyward::db::connection::DatabaseUrl;
use keyward::records::Role;
use keyward::startup;
use tempfile::TempDir;

use super::add_person;

/// A database of its own, deleted with the test.
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
        let patient = "connect_timeout=10"; // Many tests connect to it at once.
        let server = format!("{server}?{patient}");
        let mut conn = DatabaseUrl::parse(&server).unwrap().open().unwrap();
        conn.batch_execute(&format!("CREATE DATABASE {name}"))
            .unwrap();
        let base = server.rsplit_once('/').unwrap().0;
        let url = format!("{base}/{name}?{patient}");
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

    /// A SQLite file that belongs to somebody else.
    pub fn of_file(path: &std::path::Path) -> Self {
        let mut database = Self::on_sqlite();
        database.url = format!("sqlite:{}", path.display());
        database
    }

    pub fn is_postgres(&self) -> bool {
        self.drop_at_end.is_some()
    }

    /// A folder that is deleted with the test.
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
