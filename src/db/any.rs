//! One connection type for both databases.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database. Queries are written once, against this.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// A SQLite file, which has one writer at a time.
    Sqlite(SqliteConnection),
    /// A Postgres server, reached through libpq.
    Postgres(PgConnection),
}
