//! Old usage: hourly counts become daily ones after eight days, and everything is deleted after the
//! retention period.

use time::macros::datetime;
use time::{Date, Duration};

use crate::clock::UtcTime;
use crate::db::{
    AnyConnection, DbError, project_usage, scope_usage, sources, unaudited, usage, usage_gaps,
};
use crate::domain::usage::SCOPES_KEPT;

/// How long counts are kept by the hour: as long as charts show hours. The counts of a key that is
/// used all the time are then 9 times fewer to read for a list.
const BY_HOUR: Duration = Duration::days(8);
/// How many counts one transaction handles, so that nobody has to wait long for it.
const AT_ONCE: i64 = 1_000;
/// How many days may be deleted at once without a word.
const UNTOLD: i64 = 2;
/// A time before anything was counted.
const BEGINNING: UtcTime = datetime!(1970-01-01 0:00);

/// Works through old usage in small steps.
pub struct History {
    retention: Duration,
    /// The day that is being folded.
    day: Option<Date>,
    /// Until when counts are deleted that the log told about at an earlier look.
    told: Option<UtcTime>,
    /// Whether deleting waits for the next look.
    waits: bool,
}

impl History {
    /// Keeps usage for `retention`.
    pub fn new(retention: Duration) -> Self {
        History {
            retention,
            day: None,
            told: None,
            waits: false,
        }
    }

    /// Begins a look back. Before much is deleted, the log says so, and deleting waits for the next
    /// look: if the retention period or the clock is wrong, there is an hour to notice it.
    ///
    /// # Errors
    /// The database fails.
    pub fn begin(&mut self, conn: &mut AnyConnection, now: UtcTime) -> Result<(), DbError> {
        let until = self.oldest_kept(now);
        let oldest = usage::oldest_hour(conn)?.unwrap_or(until);
        let days = (until - oldest).whole_days();
        let slack = Duration::days(UNTOLD);
        let is_told = self.told.is_some_and(|told| until <= told + slack);
        self.waits = days > UNTOLD && !is_told;
        self.told = Some(until).filter(|_| days > UNTOLD);
        if self.waits {
            tracing::warn!(
                from = %oldest.date(),
                until = %until.date(),
                days,
                "about to delete all usage of these days, which is older than the retention \
                 period: within an hour or two, unless this process is stopped before"
            );
        }
        Ok(())
    }

    /// The start of the oldest day that is kept.
    fn oldest_kept(&self, now: UtcTime) -> UtcTime {
        (now - self.retention).date().midnight()
    }

    /// Does a little of the work, and returns whether there may be more.
    ///
    /// # Errors
    /// The database fails.
    pub fn step(&mut self, conn: &mut AnyConnection, now: UtcTime) -> Result<bool, DbError> {
        if !self.waits && self.delete_some(conn, self.oldest_kept(now), now)? {
            return Ok(true);
        }
        self.fold_some(conn, (now - BY_HOUR).date())
    }

    /// Deletes some of what is older than `oldest_kept`, and returns whether there may be more.
    fn delete_some(
        &self,
        conn: &mut AnyConnection,
        oldest_kept: UtcTime,
        now: UtcTime,
    ) -> Result<bool, DbError> {
        let gone = usage::between(conn, BEGINNING, oldest_kept, AT_ONCE)?;
        if !gone.is_empty() {
            unaudited(conn, |tx| usage::fold(tx, &gone, None))?;
            return Ok(true);
        }
        if usage_gaps::since(conn, BEGINNING)?
            .first()
            .is_some_and(|gap| gap.hour < oldest_kept)
        {
            unaudited(conn, |tx| usage_gaps::forget(tx, oldest_kept))?;
        }
        if project_usage::has_before(conn, oldest_kept)? {
            unaudited(conn, |tx| project_usage::forget(tx, oldest_kept))?;
        }
        // Pages tell what was asked for lately.
        let oldest_told = oldest_kept.max((now - SCOPES_KEPT).date().midnight());
        let gone = scope_usage::between(conn, BEGINNING, oldest_told, AT_ONCE)?;
        if !gone.is_empty() {
            unaudited(conn, |tx| scope_usage::fold(tx, &gone, None))?;
            return Ok(true);
        }
        if scope_usage::has_before(conn, oldest_told)? {
            unaudited(conn, |tx| scope_usage::forget_of_projects(tx, oldest_told))?;
        }
        let gone = sources::older_than(conn, oldest_kept, AT_ONCE)?;
        if !gone.is_empty() {
            unaudited(conn, |tx| sources::forget(tx, &gone))?;
            return Ok(true);
        }
        Ok(false)
    }

    /// Folds some hours into their days, up to the day `first_by_hour`, and returns whether there may
    /// be more.
    fn fold_some(
        &mut self,
        conn: &mut AnyConnection,
        first_by_hour: Date,
    ) -> Result<bool, DbError> {
        let mut day = match self.day {
            Some(day) => day,
            None => match usage::oldest_hour(conn)? {
                Some(oldest) => oldest.date(),
                None => return Ok(false),
            },
        };
        while day < first_by_hour {
            let (start, end) = (day.midnight(), (day + Duration::DAY).midnight());
            let hours = usage::between(conn, start, end, AT_ONCE)?;
            if !hours.is_empty() {
                unaudited(conn, |tx| usage::fold(tx, &hours, Some(start)))?;
                self.day = Some(day);
                return Ok(true);
            }
            let hours = project_usage::between(conn, start, end, AT_ONCE)?;
            if !hours.is_empty() {
                unaudited(conn, |tx| project_usage::fold(tx, &hours, start))?;
                self.day = Some(day);
                return Ok(true);
            }
            let hours = scope_usage::between(conn, start, end, AT_ONCE)?;
            if !hours.is_empty() {
                unaudited(conn, |tx| scope_usage::fold(tx, &hours, Some(start)))?;
                self.day = Some(day);
                return Ok(true);
            }
            day += Duration::DAY;
        }
        self.day = None;
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use diesel::connection::SimpleConnection;

    use super::*;
    use crate::db::connection::DatabaseUrl;
    use crate::db::migrate;

    #[test]
    fn hours_become_days_and_days_go_in_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db").display().to_string();
        let mut conn = DatabaseUrl::Sqlite(path).open_or_create().unwrap();
        migrate::run(&mut conn, migrate::Patience::Endless).unwrap();
        conn.batch_execute("PRAGMA foreign_keys = OFF").unwrap();
        let now = datetime!(2026-11-21 12:30);
        let counts: Vec<usage::Count> = [
            // Kept by the hour, folded (two hours and the day's first), and forgotten.
            (now.date().midnight(), "VALID", 1),
            (datetime!(2026-11-13 09:00), "VALID", 2),
            (datetime!(2026-08-01 00:00), "VALID", 4),
            (datetime!(2026-08-01 09:00), "VALID", 8),
            (datetime!(2026-08-01 23:00), "VALID", 16),
            (datetime!(2026-08-01 23:00), "REVOKED", 32),
            (datetime!(2025-10-01 05:00), "VALID", 64),
        ]
        .into_iter()
        .map(|(hour, outcome, requests)| usage::Count {
            key_id: 7,
            hour,
            outcome,
            requests,
        })
        .collect();
        unaudited(&mut conn, |tx| usage::add(tx, &counts)).unwrap();
        let hour = "INSERT INTO project_usage (project_id, hour, outcome, requests) VALUES";
        conn.batch_execute(&format!(
            "{hour} (1, '2026-08-01 09:00:00', 'VALID', 8), (1, '2026-08-01 23:00:00', 'VALID', 16),
               (1, '2026-11-13 09:00:00', 'VALID', 2)"
        ))
        .unwrap();
        let asked: Vec<scope_usage::ScopeCount> = [
            (datetime!(2026-08-01 09:00), "old", 1),
            (datetime!(2026-11-01 09:00), "read", 2),
            (datetime!(2026-11-01 10:00), "read", 4),
            (datetime!(2026-11-20 09:00), "read", 8),
        ]
        .into_iter()
        .map(|(hour, scope, requests)| scope_usage::ScopeCount {
            key_id: 7,
            scope,
            hour,
            requests,
        })
        .collect();
        unaudited(&mut conn, |tx| scope_usage::add(tx, &asked)).unwrap();
        let gap = |hour| usage_gaps::Gap {
            hour,
            requests: 1,
            without_source: 0,
        };
        let gaps = [datetime!(2025-10-01 05:00), datetime!(2026-08-01 09:00)].map(gap);
        unaudited(&mut conn, |tx| usage_gaps::add(tx, &gaps)).unwrap();
        let mut history = History::new(Duration::days(400));
        while history.step(&mut conn, now).unwrap() {}
        let left = usage::of_key(&mut conn, 7, BEGINNING).unwrap();
        let august = datetime!(2026-08-01 0:00);
        assert_eq!(
            left,
            [
                (august, "REVOKED".into(), 32),
                (august, "VALID".into(), 28),
                (datetime!(2026-11-13 09:00), "VALID".into(), 2),
                (now.date().midnight(), "VALID".into(), 1),
            ]
        );
        let of_project = project_usage::of_project(&mut conn, 1, BEGINNING).unwrap();
        assert_eq!(
            of_project,
            [
                (august, "VALID".into(), 24),
                (datetime!(2026-11-13 09:00), "VALID".into(), 2),
            ]
        );
        let asked = scope_usage::between(&mut conn, BEGINNING, now, 10).unwrap();
        let read = |hour| (7, "read".to_owned(), hour);
        let hours = [datetime!(2026-11-01 0:00), datetime!(2026-11-20 09:00)];
        assert_eq!(asked, hours.map(read));
        let asked = scope_usage::of_key(&mut conn, 7, BEGINNING).unwrap();
        assert_eq!((asked.len(), asked[0].requests), (1, 14));
        assert_eq!(usage_gaps::since(&mut conn, BEGINNING).unwrap(), gaps[1..]);
        assert!(
            !history.step(&mut conn, now).unwrap(),
            "nothing is left to do"
        );
        // A shorter retention period deletes much: the log says so at one look, and the next does it.
        let mut history = History::new(Duration::days(91));
        for left_after in [4, 2] {
            history.begin(&mut conn, now).unwrap();
            while history.step(&mut conn, now).unwrap() {}
            let left = usage::of_key(&mut conn, 7, BEGINNING).unwrap();
            assert_eq!(left.len(), left_after);
        }
    }
}
