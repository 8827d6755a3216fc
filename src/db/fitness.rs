//! Whether a database is what Keyward needs: asked at the start, and told in one sentence.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Integer, Text};
use rustix::fs::{Access, access};
use rustix::io::Errno;

use super::connection::{DatabaseUrl, first_line};
use super::{AnyConnection, Connection, DbError};

/// The oldest Postgres that is taken, as servers number their versions: the oldest that is still
/// maintained.
const OLDEST_POSTGRES: i32 = 140_000;

/// What stands in the way. Each message is one sentence, with what mends it.
#[derive(Debug, thiserror::Error)]
pub enum Unfit {
    /// A pooler hands out another connection for each transaction.
    #[error(
        "Between Keyward and its database is a pooler that gives each transaction another \
         connection; Keyward needs connections that stay its own: set the pooler to session mode \
         (pool_mode = session), or connect to the server itself."
    )]
    Pooled,
    /// The server is too old. Holds its version.
    #[error("The database's server is PostgreSQL {0}; Keyward needs version 14 or newer.")]
    Old(String),
    /// The database can't hold all text. Holds its encoding.
    #[error(
        "The database's encoding is {0}; Keyward needs UTF8: make the database anew with CREATE \
         DATABASE … ENCODING 'UTF8' TEMPLATE template0."
    )]
    Encoding(String),
    /// The role may use no schema in its `search_path`.
    #[error(
        "The role {role} may use no schema in its search_path; as the schema's owner, run for \
         instance GRANT USAGE ON SCHEMA public TO {role};"
    )]
    NoSchema {
        /// The role, quoted.
        role: String,
    },
    /// Migrations are pending, and the role may not make tables.
    #[error(
        "The schema is not up to date, and the role {role} may not change it: run `keyward \
         migrate` as the role that owns it, or let {role} do so with GRANT CREATE ON SCHEMA \
         {schema} TO {role};"
    )]
    MayNotCreate {
        /// The role, quoted.
        role: String,
        /// The schema, quoted.
        schema: String,
    },
    /// Migrations are pending, and the tables belong to another role.
    #[error(
        "The schema is not up to date, and its tables belong to {owner}: run `keyward migrate` as \
         {owner}, or let {role} do so with GRANT {owner} TO {role};"
    )]
    NotOwner {
        /// The role, quoted.
        role: String,
        /// The owner of the tables, quoted.
        owner: String,
    },
    /// The role lacks rights on tables.
    #[error(
        "The role {role} lacks rights that Keyward needs: as the role that owns the tables, run \
         {statements}"
    )]
    MissingRights {
        /// The role, quoted.
        role: String,
        /// What gives the rights.
        statements: String,
    },
    /// A file or the folder of a SQLite database can't be written.
    #[error(
        "{place} may not be written by this user ({cause}); SQLite writes the database's file, and \
         its log beside it."
    )]
    NotWritable {
        /// The path.
        place: String,
        /// The system's error.
        cause: String,
    },
    /// SQLite can't keep its write-ahead log. Holds the mode it uses in its place.
    #[error(
        "The database's file system does not support SQLite's write-ahead log (the journal mode \
         stays {0}); put the file on a local disk."
    )]
    NoLog(String),
    /// A write failed. Holds the cause.
    #[error("The database takes no changes: {0}.")]
    ReadOnly(String),
    /// It could not be asked.
    #[error("The database does not answer: {0}.")]
    Failed(String),
}

impl Unfit {
    /// Whether this may pass by itself: somebody else holds the lock.
    pub fn may_pass(&self) -> bool {
        match self {
            Unfit::ReadOnly(cause) | Unfit::Failed(cause) => cause.contains("locked"),
            _ => false,
        }
    }
}

impl From<DbError> for Unfit {
    fn from(error: DbError) -> Self {
        Unfit::Failed(first_line(&error))
    }
}

/// Checks that the files and the folder of a SQLite database may be written. SQLite's own messages do
/// not say which of them may not. The files are not opened: closing one would end its locks.
///
/// # Errors
/// One may not.
pub fn of_files(database: &DatabaseUrl) -> Result<(), Unfit> {
    let DatabaseUrl::Sqlite(file) = database else {
        return Ok(());
    };
    // SQLite keeps its log where the file really is.
    let file = std::fs::canonicalize(file).unwrap_or_else(|_| file.into());
    let folder = file.parent();
    let folder = folder.filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let files = ["", "-wal", "-shm"].map(|ending| {
        let mut name = file.clone().into_os_string();
        name.push(ending);
        PathBuf::from(name)
    });
    for place in files.iter().map(PathBuf::as_path).chain([folder]) {
        match access(place, Access::READ_OK | Access::WRITE_OK) {
            Ok(()) | Err(Errno::NOENT) => {}
            Err(cause) => {
                return Err(Unfit::NotWritable {
                    place: place.display().to_string(),
                    cause: cause.to_string(),
                });
            }
        }
    }
    Ok(())
}

/// Checks what does not depend on the schema. Opens one more connection to the same database.
///
/// # Errors
/// What stands in the way.
pub fn of_server(conn: &mut Connection, database: &DatabaseUrl) -> Result<(), Unfit> {
    match &mut **conn {
        AnyConnection::Sqlite(conn) => {
            let mode = text(conn, "SELECT journal_mode AS text FROM pragma_journal_mode")?;
            match mode.as_str() {
                "wal" => Ok(()),
                _ => Err(Unfit::NoLog(mode)),
            }
        }
        AnyConnection::Postgres(first) => {
            if let Ok(mut other) = database.open()
                && let AnyConnection::Postgres(other) = &mut *other
                && are_shared(first, other)?
            {
                return Err(Unfit::Pooled);
            }
            let version = number(
                first,
                "SELECT current_setting('server_version_num')::int AS n",
            )?;
            if version < OLDEST_POSTGRES {
                return Err(Unfit::Old(text(
                    first,
                    "SELECT current_setting('server_version') AS text",
                )?));
            }
            let encoding = text(first, "SELECT current_setting('server_encoding') AS text")?;
            match encoding.as_str() {
                "UTF8" => Ok(()),
                _ => Err(Unfit::Encoding(encoding)),
            }
        }
    }
}

/// How often poolers are looked for. One that is busy may happen to give a connection the same
/// process twice.
const LOOKS: u8 = 3;

/// Whether two connections, both idle, lead to one and the same process of the server, or lose what
/// is set on them.
fn are_shared(first: &mut PgConnection, second: &mut PgConnection) -> Result<bool, DbError> {
    for _ in 0..LOOKS {
        if look_shared(first, second)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn look_shared(first: &mut PgConnection, second: &mut PgConnection) -> Result<bool, DbError> {
    const PROCESS: &str = "SELECT pg_backend_pid() AS n";
    const KEPT: &str = "SELECT coalesce(current_setting('keyward.connection', true), '') AS text";
    for (conn, name) in [(&mut *first, "first"), (&mut *second, "second")] {
        conn.batch_execute(&format!("SET keyward.connection = '{name}'"))?;
    }
    let is_first = text(first, KEPT)? == "first";
    let is_second = text(second, KEPT)? == "second";
    let shared = number(first, PROCESS)? == number(second, PROCESS)?;
    Ok(shared || !is_first || !is_second)
}

/// Checks that a write works. The schema must be up to date.
///
/// # Errors
/// It does not.
pub fn of_writing(conn: &mut AnyConnection) -> Result<(), Unfit> {
    // Writes what is there already: enough to meet a lock, a full disk, and a file or server that may
    // only be read.
    conn.batch_execute("UPDATE audit_head SET installation = installation")
        .map_err(|error| Unfit::ReadOnly(first_line(&error)))
}

/// What does not keep an instance from serving, but can hurt it later. `connections` is how many it
/// may open.
///
/// # Errors
/// The database fails.
pub fn warnings(conn: &mut AnyConnection, connections: u32) -> Result<Vec<String>, Unfit> {
    let AnyConnection::Postgres(conn) = conn else {
        return Ok(Vec::new());
    };
    let mut warnings = Vec::new();
    for setting in ["fsync", "full_page_writes"] {
        let sql = format!("SELECT current_setting('{setting}') AS text");
        if text(conn, &sql)? == "off" {
            warnings.push(format!(
                "The database's server runs with {setting} = off: when its machine fails, \
                 acknowledged changes or the whole database can be lost."
            ));
        }
    }
    let limit = number(
        conn,
        "SELECT least(
           current_setting('max_connections')::int
             - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0),
           nullif((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1),
           nullif((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1)
         ) AS n",
    )?;
    if i64::from(limit) < i64::from(connections) {
        warnings.push(format!(
            "The database gives Keyward at most {limit} connections, and this instance may open \
             {connections}: set KEYWARD_DATABASE_CONNECTIONS lower, or allow more there."
        ));
    }
    Ok(warnings)
}

fn text<C>(conn: &mut C, sql: &str) -> Result<String, DbError>
where
    C: diesel::connection::LoadConnection,
    diesel::query_builder::SqlQuery: diesel::query_dsl::LoadQuery<'static, C, ATextOf>,
{
    let ATextOf { text } = sql_query(sql).get_result(conn)?;
    Ok(text)
}

#[derive(QueryableByName)]
struct ATextOf {
    #[diesel(sql_type = Text)]
    text: String,
}

fn number(conn: &mut PgConnection, sql: &str) -> Result<i32, DbError> {
    #[derive(QueryableByName)]
    struct Number {
        #[diesel(sql_type = Integer)]
        n: i32,
    }
    let Number { n } = sql_query(sql).get_result(conn)?;
    Ok(n)
}
