//! Which moment of the past is looked at.

use time::macros::format_description;
use time::{Date, Duration, PrimitiveDateTime};

use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::audit_log::past;
use crate::db::checkpoints;
use crate::domain::{DomainError, Op};
use crate::records::Project;

/// A moment of the past.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AsOf {
    /// What happened before this time has happened.
    pub end: UtcTime,
    /// The last entry of the audit log by then; 0 before the first.
    pub entry: i64,
}

/// The moment that `text` names: the end of a day (`2026-03-01`) or of a minute (`2026-03-01T14:30`), in
/// UTC. The end of the day that is not over yet is now.
///
/// # Errors
/// The actor may not look at the past of `project`; the text names no moment, or one that has not come;
/// the audit log begins later.
pub fn as_of(op: &mut Op, project: &Project, text: &str) -> Result<AsOf, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    op.allow(Action::ExportAudit, project)?;
    let wrong = |detail: &str| DomainError::field("at", detail);
    let (start, end) = span(text.trim()).ok_or_else(|| {
        wrong("Write a day, such as 2026-03-01, or a minute, such as 2026-03-01T14:30.")
    })?;
    let now = op.now();
    if start > now {
        return Err(wrong("Choose a time that has passed."));
    }
    // The present is what is there, whatever other clocks say.
    let end = if end > now {
        now + Duration::MICROSECOND
    } else {
        end
    };
    let entry = past::last_before(op.conn(), end)?;
    if let Some(cut) = checkpoints::cut(op.conn())?
        && entry < cut.entry
    {
        return Err(wrong(
            "The audit log begins later: older entries were deleted when their retention period was over.",
        ));
    }
    Ok(AsOf { end, entry })
}

/// When a day or a minute begins, and when the next one does.
fn span(text: &str) -> Option<(UtcTime, UtcTime)> {
    let day = format_description!("[year]-[month]-[day]");
    let minute = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    if let Ok(date) = Date::parse(text, day) {
        return Some((date.midnight(), date.next_day()?.midnight()));
    }
    let start = PrimitiveDateTime::parse(text, minute).ok()?;
    Some((start, start.checked_add(Duration::MINUTE)?))
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_moment_is_the_end_of_a_day_or_of_a_minute() {
        let day = (datetime!(2026-03-01 0:00), datetime!(2026-03-02 0:00));
        assert_eq!(span("2026-03-01"), Some(day));
        let minute = (datetime!(2026-03-01 14:30), datetime!(2026-03-01 14:31));
        assert_eq!(span("2026-03-01T14:30"), Some(minute));
        for wrong in [
            "",
            "yesterday",
            "2026-02-30",
            "2026-03-01T25:00",
            "2026-03-01 14:30:00",
        ] {
            assert_eq!(span(wrong), None, "{wrong}");
        }
    }
}
