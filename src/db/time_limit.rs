//! How long the queries of one turn may take.
//!
//! Postgres has `statement_timeout`. On SQLite, interrupting a query takes unsafe code; so queries
//! that may look at very many rows call [`in_time`] for each of them, a function of ours that fails
//! once the time is over.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::serialize::{IsNull, Output, ToSql};
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};

use super::{AnyConnection, DbError};

/// How long one statement may take on Postgres, and on SQLite all of a turn: less than anybody waits
/// for the answer.
pub(super) const STATEMENT: Duration = Duration::from_secs(8);

#[diesel::declare_sql_function]
extern "SQL" {
    /// True as long as there is time left; fails afterwards. Only SQLite has it.
    fn in_time() -> Bool;
}

/// Whether queries must ask for [`in_time`], because the database itself has no limit.
pub(super) fn is_asked(conn: &AnyConnection) -> bool {
    matches!(conn, AnyConnection::Sqlite(_))
}

/// The time that a connection's queries have; unlimited at first.
#[derive(Clone, Default)]
pub(super) struct TimeLimit(Arc<Mutex<Option<Instant>>>);

impl TimeLimit {
    /// Gives the queries from here on this much time.
    pub(super) fn start(&self, time: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now().checked_add(time);
    }

    /// Lets `conn` know the function [`in_time`], which keeps to this limit.
    pub(super) fn bind(&self, conn: &SqliteConnection) -> Result<(), DbError> {
        let limit = self.clone();
        in_time_utils::register_nondeterministic_impl(conn, move || limit.check())
    }

    fn check(&self) -> InTime {
        let end = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        InTime(end.is_none_or(|end| Instant::now() < end))
    }
}

#[derive(Debug)]
struct InTime(bool);

impl ToSql<Bool, Sqlite> for InTime {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> diesel::serialize::Result {
        if !self.0 {
            // The words in which Postgres says it.
            return Err("canceling statement due to statement timeout".into());
        }
        out.set_value(1_i32);
        Ok(IsNull::No)
    }
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_query;

    use super::*;
    use crate::db::is_outage;

    /// Counts for ever.
    const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
        SELECT count(*) FROM n WHERE in_time()";

    #[test]
    fn a_query_that_would_never_end_is_cut_and_its_connection_goes_on() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        let limit = TimeLimit::default();
        limit.bind(&conn).unwrap();
        limit.start(Duration::from_millis(50));
        let cut = sql_query(ENDLESS).execute(&mut conn).unwrap_err();
        assert!(is_outage(&cut), "{cut}");
        limit.start(STATEMENT);
        let asked: QueryResult<bool> = diesel::select(in_time()).get_result(&mut conn);
        assert_eq!(asked, Ok(true));
    }
}
