//! Opening connections, and what a connection carries with it.

use std::fmt::Display;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, mpsc};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection as _, PgConnection, SqliteConnection};

use super::DbError;
use super::any::AnyConnection;
pub use super::database_url::{DatabaseUrl, UrlError};
use super::instances::{Memory, Refused};
use super::libpq;
use super::repeats::Repeats;
use super::time_limit::{STATEMENT, TimeLimit};

/// An open connection, and the memory that must learn of changes made through it.
pub struct Connection {
    any: AnyConnection,
    /// The file, on SQLite. Another one may take its place while it is open.
    file: Option<FileId>,
    memory: Option<Arc<dyn Memory>>,
    repeats: Option<Arc<Repeats>>,
    time: TimeLimit,
}

impl Connection {
    /// Notifies `memory` of every change made through this connection before the change is
    /// acknowledged.
    pub fn with_memory(mut self, memory: Option<Arc<dyn Memory>>) -> Self {
        self.memory = memory;
        self
    }

    /// Gives SQLite more memory and a longer log, for a connection that writes very much in many steps:
    /// pages that change again and again are then written to the file once. Until
    /// [`end_much`](Self::end_much), a power failure can take the last steps back, and references are not
    /// checked.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin_much(&mut self) -> Result<(), DbError> {
        self.sqlite(
            "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -400000; PRAGMA mmap_size = 1073741824;
             PRAGMA wal_autocheckpoint = 100000; PRAGMA synchronous = NORMAL;
             PRAGMA foreign_keys = OFF",
        )
    }

    /// From here on, what is committed is on disk, together with everything before it.
    ///
    /// # Errors
    /// The database fails.
    pub fn end_much(&mut self) -> Result<(), DbError> {
        self.sqlite(
            "PRAGMA foreign_keys = ON; PRAGMA wal_autocheckpoint = 1000;
             PRAGMA synchronous = FULL",
        )
    }

    fn sqlite(&mut self, statements: &str) -> Result<(), DbError> {
        match &mut self.any {
            AnyConnection::Sqlite(conn) => conn.batch_execute(statements),
            AnyConnection::Postgres(_) => Ok(()),
        }
    }

    /// Folds refusals that repeat, together with all connections that share `repeats`.
    pub(super) fn with_repeats(mut self, repeats: Arc<Repeats>) -> Self {
        self.repeats = Some(repeats);
        self
    }

    /// Shrinks the page cache, for a connection that reads everything once.
    ///
    /// # Errors
    /// The database fails.
    pub fn for_reading_once(mut self) -> Result<Self, DbError> {
        self.sqlite("PRAGMA cache_size = -500")?;
        Ok(self)
    }

    /// Begins a turn: from here on, long queries are cut after some seconds.
    pub(super) fn begin_turn(&self) {
        self.time.start(STATEMENT);
    }

    /// Whether this connection leads to the database that is there now: false once another file has
    /// taken the place of the one it opened, as when a backup is restored.
    pub fn is_to(&self, url: &DatabaseUrl) -> bool {
        match url {
            DatabaseUrl::Sqlite(path) => file_id(path).is_none_or(|now| self.file == Some(now)),
            DatabaseUrl::Postgres(_) => true,
        }
    }

    pub(super) fn memory(&self) -> Option<&Arc<dyn Memory>> {
        self.memory.as_ref()
    }

    /// What the process that holds this connection refuses as expired.
    pub fn refused(&self) -> Refused {
        Refused(self.memory.clone())
    }

    pub(super) fn repeats(&self) -> Option<&Arc<Repeats>> {
        self.repeats.as_ref()
    }
}

impl From<AnyConnection> for Connection {
    fn from(any: AnyConnection) -> Self {
        Connection {
            any,
            file: None,
            memory: None,
            repeats: None,
            time: TimeLimit::default(),
        }
    }
}

impl Deref for Connection {
    type Target = AnyConnection;

    fn deref(&self) -> &AnyConnection {
        &self.any
    }
}

impl DerefMut for Connection {
    fn deref_mut(&mut self) -> &mut AnyConnection {
        &mut self.any
    }
}

/// Why a database can't be used. Each message is one sentence for the person who set it up.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The URL is wrong.
    #[error(transparent)]
    Url(#[from] UrlError),
    /// There is no SQLite file at this path, and [`DatabaseUrl::open`] does not create one.
    #[error("There is no database at {0}. `keyward serve` or `keyward migrate` creates one.")]
    Missing(String),
    /// The server, or a pooler in front of it, takes the connection and then says nothing.
    #[error("The database at {place} did not give a connection within {seconds} seconds.")]
    Silent {
        /// The location without user, password and parameters.
        place: String,
        /// How long it was waited for.
        seconds: u64,
    },
    /// The file can't be opened, or the server can't be reached or refuses the connection.
    #[error("The database at {place} can't be opened: {cause}.")]
    Failed {
        /// The location without user, password and parameters.
        place: String,
        /// The first line of the database's error, without a trailing period.
        cause: String,
    },
}

impl OpenError {
    /// Whether it may pass by itself: the server is away, starting, full or not yet writable, or
    /// somebody else holds the lock.
    pub fn may_pass(&self) -> bool {
        const PASSING: [&str; 17] = [
            "Connection refused",
            "Connection reset",
            "Connection timed out",
            "Network is unreachable",
            "No route to host",
            "failed: No such file or directory",
            "could not translate host name",
            "database is locked",
            "expired",
            "not accepting",
            "read-only",
            "remaining connection slots",
            "server closed the connection",
            "server is starting",
            "the database system is",
            "too many c",
            "server_login_retry",
        ];
        match self {
            OpenError::Silent { .. } => true,
            OpenError::Failed { cause, .. } => PASSING.iter().any(|known| cause.contains(known)),
            OpenError::Url(_) | OpenError::Missing(_) => false,
        }
    }
}

impl DatabaseUrl {
    /// Opens a connection to an existing database.
    ///
    /// # Errors
    /// The file is missing, or the server can't be reached or refuses the connection.
    pub fn open(&self) -> Result<Connection, OpenError> {
        match self {
            DatabaseUrl::Sqlite(path) if !std::path::Path::new(path).exists() => {
                Err(OpenError::Missing(path.clone()))
            }
            _ => self.open_or_create(),
        }
    }

    /// Like [`open`](Self::open), but creates a missing SQLite file if its folder exists.
    pub fn open_or_create(&self) -> Result<Connection, OpenError> {
        let failed = |cause: String| OpenError::Failed {
            place: self.place(),
            cause,
        };
        match self {
            DatabaseUrl::Sqlite(path) => {
                let refused = |error: diesel::ConnectionError| failed(first_line(&error));
                if std::path::Path::new(path).is_dir() {
                    return Err(failed("it is a folder".into()));
                }
                make_private(path).map_err(|error| failed(error.to_string()))?;
                let mut conn = SqliteConnection::establish(path).map_err(refused)?;
                let time = TimeLimit::default();
                prepare_sqlite(&mut conn)
                    .and_then(|()| time.bind(&conn))
                    .map_err(|error| failed(first_line(&error)))?;
                Ok(Connection {
                    any: AnyConnection::Sqlite(conn),
                    file: file_id(path),
                    memory: None,
                    repeats: None,
                    time,
                })
            }
            DatabaseUrl::Postgres(url) => {
                let time = open_time(url);
                let url = libpq::url(url)?;
                let opened = within(time, move || {
                    let mut conn = PgConnection::establish(&url).map_err(|e| e.to_string())?;
                    let limited = conn.batch_execute(&postgres_limits());
                    limited.map_err(|error| error.to_string())?;
                    Ok::<_, String>(conn)
                });
                let opened = opened.ok_or_else(|| OpenError::Silent {
                    place: self.place(),
                    seconds: time.as_secs(),
                })?;
                let conn = opened.map_err(|error| failed(first_line(&error)))?;
                Ok(AnyConnection::Postgres(conn).into())
            }
        }
    }
}

/// How long a server may take to give a connection: as long as libpq may try each host, and six
/// seconds for what follows. libpq limits only the time until it is connected; a pooler without free
/// connections lets clients wait after that.
fn open_time(url: &str) -> Duration {
    let (address, parameters) = url.split_once('?').unwrap_or((url, ""));
    let hosts = 1 + address.matches(',').count() as u64;
    let each = parameters
        .split('&')
        .find_map(|parameter| parameter.strip_prefix("connect_timeout="))
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(2_u64);
    Duration::from_secs(6 + hosts * each.clamp(2, 60))
}

/// What `f` returns, if it does so in time. Otherwise it goes on in a thread of its own.
fn within<T: Send + 'static>(time: Duration, f: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || sender.send(f()));
    receiver.recv_timeout(time).ok()
}

/// Device and inode.
type FileId = (u64, u64);

/// Which file is at `path`; `None` if there is none, or the system doesn't number them.
fn file_id(path: &str) -> Option<FileId> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let file = std::fs::metadata(path).ok()?;
        Some((file.dev(), file.ino()))
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// Creates a missing file that only its owner can read. SQLite gives the files it adds next to it
/// the same mode.
fn make_private(path: &str) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// How long a statement waits for a lock.
pub(super) const LOCK_TIME: Duration = Duration::from_secs(5);

/// From here on, statements on SQLite wait so long for a lock. On Postgres, the locks that writes
/// meet are held for milliseconds only.
pub(super) fn wait_for_locks(conn: &mut AnyConnection, time: Duration) -> Result<(), DbError> {
    match conn {
        AnyConnection::Sqlite(conn) => set_busy_timeout(conn, time),
        AnyConnection::Postgres(_) => Ok(()),
    }
}

fn set_busy_timeout(conn: &mut SqliteConnection, time: Duration) -> Result<(), DbError> {
    conn.batch_execute(&format!("PRAGMA busy_timeout = {};", time.as_millis()))
}

/// The busy timeout comes first, because later statements may already meet a lock.
/// `synchronous = FULL` makes acknowledged writes survive a power failure.
fn prepare_sqlite(conn: &mut SqliteConnection) -> diesel::QueryResult<()> {
    set_busy_timeout(conn, LOCK_TIME)?;
    conn.batch_execute(
        "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL;
         PRAGMA cache_size = -8000;",
    )?;
    // Switching to WAL does not wait for locks, whatever the time-out. Once done, it stays.
    let mut left = 100;
    while let Err(error) = conn.batch_execute("PRAGMA journal_mode = WAL;") {
        left -= 1;
        if left == 0 || !super::is_outage(&error) || error.to_string().contains("unable to open") {
            return Err(error);
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Statements time out before their caller gives up. Acknowledged commits are on disk, whatever the
/// server's default is.
fn postgres_limits() -> String {
    let (statement, lock) = (STATEMENT.as_millis(), LOCK_TIME.as_millis());
    format!(
        "SET statement_timeout = {statement}; SET lock_timeout = {lock};
         SET idle_in_transaction_session_timeout = '30s';
         SET default_transaction_isolation = 'read committed';
         SELECT set_config('synchronous_commit', 'on', false)
             WHERE current_setting('synchronous_commit') = 'off';"
    )
}

/// The first line of what a client library says, which may be several, without a trailing period.
pub(super) fn first_line(said: &dyn Display) -> String {
    let said = said.to_string();
    let line = said.lines().next().unwrap_or_default();
    line.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_is_given_its_time() {
        for (url, seconds) in [
            ("postgres://db/keys?connect_timeout=2", 8),
            ("postgres://one,two:1/keys?x=1&connect_timeout=30", 66),
            ("postgres://db/keys?connect_timeout=0", 8),
        ] {
            assert_eq!(open_time(url), Duration::from_secs(seconds), "{url}");
        }
    }

    #[test]
    fn a_missing_file_is_not_made_by_opening_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("typo.db");
        let url = DatabaseUrl::Sqlite(path.display().to_string());
        assert!(matches!(url.open(), Err(OpenError::Missing(_))));
        assert!(!path.exists());
    }
}
