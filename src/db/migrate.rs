//! The migrations in the binary, and how a database is brought up to date with them.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::AnyConnection;
use super::fitness::Unfit;
use super::rights;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// The id of the advisory lock: the letters `keyward`, which nothing else should use.
const POSTGRES_LOCK: i64 = 0x006b_6579_7761_7264;

/// Why a schema could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// The database has a migration that this version does not know. Holds its version.
    #[error(
        "The database was made by a newer Keyward (its schema has {0}, which this one does not \
         know). Run that version, or restore a backup."
    )]
    Newer(String),
    /// Another instance was at it for longer than this one waits.
    #[error("Another Keyward is bringing the schema up to date: try again when it is done.")]
    Busy,
    /// The role may not change the schema.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// A migration failed and was rolled back, or the database failed.
    #[error("The schema could not be brought up to date: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        MigrateError::Failed(Box::new(error))
    }
}

/// How many migrations are pending. Only reads, so that a role without rights on the schema may ask.
///
/// # Errors
/// The schema is newer than this program, or the database fails.
pub fn pending(conn: &mut AnyConnection) -> Result<usize, MigrateError> {
    let applied = applied(conn)?;
    let known = match conn {
        AnyConnection::Sqlite(_) => versions::<Sqlite>(&SQLITE)?,
        AnyConnection::Postgres(_) => versions::<Pg>(&POSTGRES)?,
    };
    if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
        return Err(MigrateError::Newer(newer.clone()));
    }
    Ok(known.len() - applied.len())
}

/// The versions in the database; none if it is empty.
fn applied(conn: &mut AnyConnection) -> Result<Vec<String>, MigrateError> {
    #[derive(QueryableByName)]
    struct Version {
        #[diesel(sql_type = Text)]
        version: String,
    }
    #[derive(QueryableByName)]
    struct Tables {
        #[diesel(sql_type = BigInt)]
        number: i64,
    }
    let tables = match conn {
        AnyConnection::Sqlite(_) => {
            "SELECT count(*) AS number FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        }
        AnyConnection::Postgres(_) => {
            "SELECT count(to_regclass('__diesel_schema_migrations')) AS number"
        }
    };
    if sql_query(tables).get_result::<Tables>(conn)?.number == 0 {
        return Ok(Vec::new());
    }
    let versions = sql_query("SELECT version FROM __diesel_schema_migrations");
    let versions: Vec<Version> = versions.load(conn)?;
    Ok(versions.into_iter().map(|row| row.version).collect())
}

fn versions<B: Backend>(migrations: &EmbeddedMigrations) -> Result<Vec<String>, MigrateError>
where
    EmbeddedMigrations: MigrationSource<B>,
{
    let migrations = MigrationSource::<B>::migrations(migrations).map_err(MigrateError::Failed)?;
    let versions = migrations
        .iter()
        .map(|migration| migration.name().version().to_string());
    Ok(versions.collect())
}

/// How long to wait for another instance's migrations, on Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Until they are done.
    Endless,
    /// Some seconds, because a person waits.
    Short,
}

/// Brings the schema up to date and returns how many migrations ran. Several instances may do this
/// at once: one runs the migrations, the others wait and find nothing to do.
///
/// # Errors
/// The schema is newer than this program, the role may not change it, another instance takes too
/// long, or the database fails.
pub fn run(conn: &mut AnyConnection, patience: Patience) -> Result<usize, MigrateError> {
    rights::on_tables(conn)?;
    if pending(conn)? == 0 {
        return Ok(0);
    }
    rights::to_migrate(conn)?;
    match conn {
        AnyConnection::Sqlite(conn) => conn.exclusive_transaction(|conn| run_pending(conn, SQLITE)),
        AnyConnection::Postgres(conn) => conn.transaction(|conn| {
            lock(conn, patience)?;
            run_pending(conn, POSTGRES)
        }),
    }
}

/// Keeps other instances from migrating until the end of the transaction.
fn lock(conn: &mut PgConnection, patience: Patience) -> Result<(), MigrateError> {
    conn.batch_execute("SET LOCAL statement_timeout = 0")?;
    if patience == Patience::Endless {
        conn.batch_execute("SET LOCAL lock_timeout = 0")?;
    }
    let locked = sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(POSTGRES_LOCK)
        .execute(conn);
    match locked {
        Err(error) if error.to_string().contains("lock timeout") => Err(MigrateError::Busy),
        ended => Ok(ended.map(drop)?),
    }
}

fn run_pending<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<usize, MigrateError>
where
    C: Connection + SimpleConnection + MigrationHarness<C::Backend>,
    C::Backend: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let ran = conn
        .run_pending_migrations(migrations)
        .map_err(MigrateError::Failed)?;
    Ok(ran.len())
}
