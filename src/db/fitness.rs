//! Whether a database is what Keyward needs: asked at the start, and told in one sentence.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Integer, Nullable, Text};

use super::connection::DatabaseUrl;
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

/// Checks what does not depend on the schema. `other` is one more connection to the same database.
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

/// Whether two connections, both idle, lead to one and the same process of the server, or lose what
/// is set on them.
fn are_shared(first: &mut PgConnection, second: &mut PgConnection) -> Result<bool, DbError> {
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

/// Whether the role may make tables in its schema.
///
/// # Errors
/// It may not, or there is none.
pub fn may_create(conn: &mut AnyConnection) -> Result<(), Unfit> {
    let AnyConnection::Postgres(conn) = conn else {
        return Ok(());
    };
    let (role, schema) = role_and_schema(conn)?;
    let sql = "SELECT has_schema_privilege(current_schema(), 'CREATE') AS yes";
    let may: Yes = sql_query(sql).get_result(conn)?;
    match may.yes {
        true => Ok(()),
        false => Err(Unfit::MayNotCreate { role, schema }),
    }
}

/// Checks that the role may use every table that is there as Keyward does.
///
/// # Errors
/// It lacks rights.
pub fn of_rights(conn: &mut AnyConnection) -> Result<(), Unfit> {
    let AnyConnection::Postgres(conn) = conn else {
        return Ok(());
    };
    let (role, _) = role_and_schema(conn)?;
    let statements: Vec<String> = missing_rights(conn)?
        .iter()
        .map(|Missing { rights, tables }| format!("GRANT {rights} ON {tables} TO {role};"))
        .collect();
    match statements.as_slice() {
        [] => Ok(()),
        statements => Err(Unfit::MissingRights {
            role,
            statements: statements.join(" "),
        }),
    }
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

#[derive(QueryableByName)]
struct Missing {
    #[diesel(sql_type = Text)]
    rights: String,
    #[diesel(sql_type = Text)]
    tables: String,
}

/// The rights that the role lacks, and on which tables. The audit log is only ever added to, and what
/// migrations did is only read.
fn missing_rights(conn: &mut PgConnection) -> Result<Vec<Missing>, DbError> {
    sql_query(
        "SELECT rights, string_agg(quote_ident(relname), ', ' ORDER BY relname) AS tables FROM (
           SELECT c.relname, string_agg(r.right, ', ' ORDER BY r.place) AS rights
           FROM pg_class c, (VALUES ('SELECT', 1), ('INSERT', 2), ('UPDATE', 3), ('DELETE', 4))
             AS r(\"right\", place)
           WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
             AND NOT has_table_privilege(c.oid, r.right)
             AND c.relname = ANY (string_to_array($1, ' '))
             AND NOT (c.relname = 'audit_entries' AND r.right IN ('UPDATE', 'DELETE'))
             AND NOT (c.relname = '__diesel_schema_migrations' AND r.right <> 'SELECT')
           GROUP BY c.relname) AS lacking
         GROUP BY rights ORDER BY rights",
    )
    .bind::<Text, _>(TABLES.join(" "))
    .load(conn)
}

/// The tables of the schema.
const TABLES: [&str; 20] = [
    "__diesel_schema_migrations",
    "audit_entries",
    "audit_head",
    "grants",
    "idempotent_calls",
    "instances",
    "key_sources",
    "key_terms",
    "key_usage",
    "keys",
    "password_links",
    "personal_tokens",
    "projects",
    "reveals",
    "rollbacks",
    "scopes",
    "sessions",
    "setup_codes",
    "usage_gaps",
    "users",
];

fn role_and_schema(conn: &mut PgConnection) -> Result<(String, String), Unfit> {
    #[derive(QueryableByName)]
    struct Names {
        #[diesel(sql_type = Text)]
        role: String,
        #[diesel(sql_type = Nullable<Text>)]
        schema: Option<String>,
    }
    let sql = "SELECT quote_ident(current_user) AS role, quote_ident(current_schema()) AS schema";
    let Names { role, schema } = sql_query(sql).get_result(conn)?;
    match schema {
        Some(schema) => Ok((role, schema)),
        None => Err(Unfit::NoSchema { role }),
    }
}

#[derive(QueryableByName)]
struct Yes {
    #[diesel(sql_type = Bool)]
    yes: bool,
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

/// libpq's messages have several lines.
fn first_line(error: &DbError) -> String {
    let text = error.to_string();
    let line = text.lines().next().unwrap_or_default();
    line.trim_end_matches('.').to_owned()
}
