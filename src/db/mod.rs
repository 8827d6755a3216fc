//! The database: the only place that names Diesel. One file per noun.

mod any;
pub mod audit;
pub mod audit_log;
mod audit_terms;
pub mod change;
pub mod checkpoints;
pub mod connection;
mod database_url;
pub mod fitness;
pub mod grants;
pub mod idempotent_calls;
pub mod installation;
pub mod instances;
pub mod key_list;
mod key_rows;
pub mod key_search;
pub mod keys;
pub mod known_keys;
mod libpq;
pub mod migrate;
pub mod outage;
pub mod password_links;
pub mod pool;
pub mod project_usage;
pub mod projects;
pub mod repeats;
pub mod reveals;
pub mod reviews;
mod rights;
pub mod rollbacks;
mod schema;
pub mod scope_usage;
pub mod scopes;
pub mod sessions;
pub mod setup_codes;
pub mod shares;
pub mod sources;
mod time_limit;
pub mod tokens;
pub mod trusted_time;
pub mod usage;
pub mod usage_gaps;
pub mod users;

pub use any::AnyConnection;
pub use audit::NewEntry;
pub use change::{
    ChangeError, CommitUnknown, Ending, Permission, Tx, UnauditedTx, change, note, prepare,
    unaudited, unaudited_or_soon,
};
pub use connection::Connection;
pub use pool::{Pool, PoolError};
pub use repeats::note_refusal;

/// What a query can fail with.
pub type DbError = diesel::result::Error;

/// Whether `error` means that a row with the same key already exists.
pub fn is_taken(error: &DbError) -> bool {
    use diesel::result::DatabaseErrorKind::UniqueViolation;
    matches!(error, DbError::DatabaseError(UniqueViolation, _))
}

/// Whether `error` means that the database is unavailable, locked or full, rather than that the
/// query was wrong: such a failure passes by itself.
pub fn is_outage(error: &DbError) -> bool {
    use diesel::result::DatabaseErrorKind as Kind;
    use diesel::result::Error;
    // Neither client library gives these a code that Diesel passes on.
    const PASSING: [&str; 14] = [
        "database is locked",
        "disk I/O error",
        "database or disk is full",
        "unable to open database",
        "readonly database",
        // What SQLite says after a full disk made it roll back by itself.
        "no transaction is active",
        "server closed the connection",
        "terminating connection",
        "no connection to the server",
        "shutting down",
        "starting up",
        "deadlock detected",
        "canceling statement due to",
        "No space left on device",
    ];
    match error {
        Error::BrokenTransactionManager => true,
        Error::RollbackErrorOnCommit {
            rollback_error,
            commit_error,
        } => is_outage(rollback_error) || is_outage(commit_error),
        Error::DatabaseError(
            Kind::ClosedConnection | Kind::ReadOnlyTransaction | Kind::UnableToSendCommand,
            _,
        ) => true,
        Error::DatabaseError(_, cause) => PASSING
            .iter()
            .any(|phrase| cause.message().contains(phrase)),
        _ => false,
    }
}
