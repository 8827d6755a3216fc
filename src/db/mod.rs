//! The database: the only place that names Diesel. One file per noun.

pub mod audit;
pub mod change;
pub mod connection;
pub mod grants;
pub mod key_list;
mod key_rows;
mod key_search;
pub mod keys;
pub mod migrate;
pub mod pool;
pub mod projects;
pub mod reveals;
mod schema;
pub mod scopes;
pub mod sessions;
pub mod setup_codes;
pub mod usage;
pub mod users;

pub use change::{Tx, Upkeep, change, upkeep};
pub use connection::AnyConnection;
pub use pool::{Pool, PoolError};

/// What a query can fail with.
pub type DbError = diesel::result::Error;

/// Whether `error` means that the database is away, locked or full, rather than that the
/// query was wrong: such a failure passes by itself.
pub fn is_outage(error: &DbError) -> bool {
    use diesel::result::DatabaseErrorKind::{ClosedConnection, ReadOnlyTransaction, Unknown};
    use diesel::result::Error::{BrokenTransactionManager, DatabaseError};
    // Neither client library gives these a code that Diesel hands on.
    const PASSING: [&str; 10] = [
        "database is locked",
        "disk I/O error",
        "database or disk is full",
        "unable to open database",
        "readonly database",
        "server closed the connection",
        "terminating connection",
        "shutting down",
        "starting up",
        "no connection to the server",
    ];
    match error {
        DatabaseError(ClosedConnection | ReadOnlyTransaction, _) | BrokenTransactionManager => true,
        DatabaseError(Unknown, told) => {
            PASSING.iter().any(|phrase| told.message().contains(phrase))
                || told.message().contains("could not extend file")
        }
        _ => false,
    }
}
