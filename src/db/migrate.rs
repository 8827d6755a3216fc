//! The migrations in the binary, and how a database is brought up to date with them.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::{Connection, RunQueryDsl};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::AnyConnection;

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
    /// A migration failed and was rolled back, or the database failed.
    #[error("The schema could not be brought up to date: {0}")]
    Failed(Box<dyn std::error::Error + Send + Sync>),
}

impl From<diesel::result::Error> for MigrateError {
    fn from(error: diesel::result::Error) -> Self {
        MigrateError::Failed(Box::new(error))
    }
}

/// Brings the schema up to date and returns how many migrations ran. Several instances may do this
/// at once: one runs the migrations, the others wait and find nothing to do.
///
/// # Errors
/// The schema is newer than this program, or the database fails.
pub fn run(conn: &mut AnyConnection) -> Result<usize, MigrateError> {
    match conn {
        AnyConnection::Sqlite(conn) => conn.exclusive_transaction(|conn| run_pending(conn, SQLITE)),
        AnyConnection::Postgres(conn) => conn.transaction(|conn| {
            // Waiting here means waiting for another instance's migrations, however long they take.
            conn.batch_execute("SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0")?;
            diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
                .bind::<diesel::sql_types::BigInt, _>(POSTGRES_LOCK)
                .execute(conn)?;
            run_pending(conn, POSTGRES)
        }),
    }
}

fn run_pending<C>(conn: &mut C, migrations: EmbeddedMigrations) -> Result<usize, MigrateError>
where
    C: Connection + SimpleConnection + MigrationHarness<C::Backend>,
    C::Backend: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<C::Backend>,
{
    let known: Vec<MigrationVersion> = MigrationSource::<C::Backend>::migrations(&migrations)
        .map_err(MigrateError::Failed)?
        .iter()
        .map(|migration| migration.name().version().as_owned())
        .collect();
    let applied = conn.applied_migrations().map_err(MigrateError::Failed)?;
    if let Some(newer) = applied.iter().find(|version| !known.contains(version)) {
        return Err(MigrateError::Newer(newer.to_string()));
    }
    let ran = conn
        .run_pending_migrations(migrations)
        .map_err(MigrateError::Failed)?;
    Ok(ran.len())
}
