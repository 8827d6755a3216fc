//! A loss of the database's last changes, in words.

use crate::clock::UtcTime;
use crate::domain::rollbacks::Notice;
use crate::web::shared::times::{Moment, grouped, plural};

/// What the overview says about one loss.
pub struct NoticeView {
    /// The audit entry that tells of it.
    pub entry: i64,
    /// "5 changes were lost: entries 101 to 105 of the audit log."
    pub missing: String,
    pub noticed: Moment,
    /// "2 keys were revoked again:"; `None` if there was nothing to revoke.
    pub revoked: Option<String>,
    pub keys: Vec<KeyLink>,
    /// "and 12 more", if not all are listed.
    pub more: Option<String>,
    /// Name and slug of projects that were archived again.
    pub projects: Vec<(String, String)>,
}

/// A key that was revoked again.
pub struct KeyLink {
    pub label: String,
    pub path: String,
}

impl NoticeView {
    pub fn new(notice: Notice, now: UtcTime) -> Self {
        let Notice {
            record,
            keys,
            projects,
        } = notice;
        let count = |items: usize| i64::try_from(items).unwrap_or(i64::MAX);
        let (revoked, named) = (count(record.keys.len()), count(keys.len()));
        let link = |(id, label, slug): (i64, String, String)| KeyLink {
            label,
            path: format!("/projects/{slug}/keys/{id}"),
        };
        NoticeView {
            entry: record.entry,
            missing: missing(record.missing(), record.is_exact, &record.entries()),
            noticed: Moment::new(record.at, now),
            revoked: match revoked {
                0 => None,
                1 => Some("1 key was revoked again:".into()),
                _ => Some(format!("{} keys were revoked again:", grouped(revoked))),
            },
            keys: keys.into_iter().map(link).collect(),
            more: (revoked > named).then(|| format!("and {} more", grouped(revoked - named))),
            projects: projects
                .into_iter()
                .map(|project| (project.name, project.slug))
                .collect(),
        }
    }
}

fn missing(count: i64, is_exact: bool, entries: &str) -> String {
    let at_least = if is_exact { "" } else { "At least " };
    let changes = plural(count, "change");
    let were = if count == 1 { "was" } else { "were" };
    format!("{at_least}{changes} {were} lost: {entries} of the audit log.")
}
