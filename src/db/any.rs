//! One connection type for both databases.

use diesel::{PgConnection, SqliteConnection};

/// A connection to either database. Queries are written once, against this.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}
