//! The database at a start: waited for, brought up to date, and found fit.

use std::thread;
use std::time::{Duration, Instant};

use super::StartError;
use crate::config::Config;
use crate::db::connection::DatabaseUrl;
use crate::db::migrate::{self, Patience};
use crate::db::{Connection, fitness};

/// How often a database that is away is asked for again.
const AGAIN: Duration = Duration::from_millis(500);

/// Opens the database as [`open_up_to_date`] does. One that is away, or locked by somebody else, is
/// waited for as long as the settings say.
///
/// # Errors
/// The database can't be used, or is not there in time.
pub fn wait_for(config: &Config) -> Result<Connection, StartError> {
    let until = Instant::now() + config.database_wait;
    let mut is_told = false;
    loop {
        match open_up_to_date(&config.database) {
            Err(error) if error.may_pass() && Instant::now() < until => {
                if !is_told {
                    let seconds = config.database_wait.as_secs();
                    tracing::warn!("{error} Trying again for {seconds} seconds.");
                    is_told = true;
                }
                thread::sleep(AGAIN);
            }
            ended => {
                if is_told && ended.is_ok() {
                    tracing::info!("The database is there.");
                }
                return ended.and_then(|conn| warned(conn, config));
            }
        }
    }
}

/// Logs what can hurt later.
fn warned(mut conn: Connection, config: &Config) -> Result<Connection, StartError> {
    for warning in fitness::warnings(&mut conn, config.database_connections)? {
        tracing::warn!("{warning}");
    }
    Ok(conn)
}

/// Connects to the database, creating a missing SQLite file, brings its schema up to date, and checks
/// that it is what Keyward needs.
///
/// # Errors
/// The database can't be opened or used, or a newer version created it.
pub fn open_up_to_date(database: &DatabaseUrl) -> Result<Connection, StartError> {
    fitness::of_files(database)?;
    let mut conn = checked(database.open_or_create()?, database, Patience::Endless)?;
    fitness::of_writing(&mut conn)?;
    Ok(conn)
}

/// The same for a command, which may only read, on a database that must exist. Waits for nothing
/// longer than some seconds.
///
/// # Errors
/// The database can't be opened or used, or a newer version created it.
pub fn open_existing(database: &DatabaseUrl) -> Result<Connection, StartError> {
    checked(database.open()?, database, Patience::Short)
}

fn checked(
    mut conn: Connection,
    database: &DatabaseUrl,
    patience: Patience,
) -> Result<Connection, StartError> {
    fitness::of_server(&mut conn, database)?;
    migrate::run(&mut conn, patience)?;
    Ok(conn)
}
