//! Open an access review.

use std::collections::BTreeMap;

use keyward_key::scope::Breadth;
use time::macros::format_description;
use time::{Date, Duration};

use crate::access::Action;
use crate::clock::{UtcTime, rfc3339};
use crate::db::key_list::{self, KeyFilter, Order, Seek, SortBy};
use crate::db::{Ending, reviews};
use crate::domain::{DomainError, FieldError, Op, projects, text};
use crate::records::review::{Review, Subject};
use crate::records::{Finding, Key, Project, StateFilter};

/// The most keys that one review is about.
pub const MOST_KEYS: usize = 5_000;
/// The longest that a review is open.
const LONGEST: Duration = Duration::days(366);
/// So many keys are read together.
const AT_ONCE: i64 = 500;

/// A review to open, as a form gives it.
#[derive(Clone, Debug, Default)]
pub struct ReviewDraft {
    /// 1 to 100 characters.
    pub title: String,
    /// The slug of its project; `None` is all.
    pub project: Option<String>,
    /// The word for a [`Subject`].
    pub subject: String,
    /// The last day to answer, in UTC: `2027-01-31`.
    pub due_on: String,
    /// See [`Review::four_eyes`].
    pub four_eyes: bool,
    /// See [`Review::revoke_unanswered`].
    pub revoke_unanswered: bool,
}

/// Whether the actor may open reviews somewhere.
///
/// # Errors
/// They may not.
pub fn allow_opening(op: &mut Op) -> Result<Vec<Project>, DomainError> {
    op.allow_anywhere(Action::OpenReviews)?;
    let mut all = projects::list(op)?;
    all.retain(|project| {
        project.archived_at.is_none() && op.actor().may(Action::OpenReviews, Some(project.id))
    });
    Ok(all)
}

/// Opens a review of the working keys that it is about, and returns its id.
///
/// # Errors
/// The actor is not allowed to; fields are wrong; there are no such keys, or too many.
pub fn open(op: &mut Op, draft: &ReviewDraft) -> Result<i64, DomainError> {
    let project = match &draft.project {
        Some(slug) => Some(projects::find(op, slug)?),
        None => None,
    };
    let permit = match &project {
        Some(project) => op.require(Action::OpenReviews, project)?,
        None => op.require_on_all(Action::OpenReviews)?,
    };
    let review = check(draft, project.as_ref(), op.actor().name(), op.now())?;
    let about = about(op, project, review.subject)?;
    op.change(permit, |tx| {
        let id = reviews::insert(tx, &review)?;
        reviews::insert_items(tx, id, &about)?;
        let entry = tx
            .entry("review.opened", &review.title)
            .in_project(review.project_id)
            .with("review", id)
            .with("subject", review.subject.as_str())
            .with("due_at", rfc3339(review.due_at))
            .with("four_eyes", review.four_eyes)
            .with("revoke_unanswered", review.revoke_unanswered)
            .with("keys", about.len());
        Ok(Ending::Done(id, entry))
    })
}

fn check(
    draft: &ReviewDraft,
    project: Option<&Project>,
    opened_by: &str,
    now: UtcTime,
) -> Result<Review, DomainError> {
    let mut errors = Vec::new();
    let title = text::tidy(&draft.title).unwrap_or_else(|detail| {
        errors.push(FieldError::new("title", detail));
        String::new()
    });
    let subject = draft.subject.parse().unwrap_or_else(|_| {
        errors.push(FieldError::new("subject", "Choose one of these."));
        Subject::All
    });
    let format = format_description!("[year]-[month]-[day]");
    let day = Date::parse(draft.due_on.trim(), format).ok();
    let due_at = day.and_then(Date::next_day).map(Date::midnight);
    let due_at = due_at.filter(|at| *at > now && *at <= now + LONGEST);
    if due_at.is_none() {
        let detail = "Choose a day within a year, written like 2027-01-31.";
        errors.push(FieldError::new("due_on", detail));
    }
    match due_at {
        Some(due_at) if errors.is_empty() => Ok(Review {
            id: 0,
            title,
            project_id: project.map(|project| project.id),
            subject,
            due_at,
            four_eyes: draft.four_eyes,
            revoke_unanswered: draft.revoke_unanswered,
            opened_by: opened_by.to_owned(),
            opened_at: now,
            closed_at: None,
            csv_sha256: None,
            jsonl_sha256: None,
        }),
        _ => Err(DomainError::Invalid(errors)),
    }
}

/// The keys that a review is about, each with its project.
fn about(
    op: &mut Op,
    project: Option<Project>,
    subject: Subject,
) -> Result<Vec<(i64, i64)>, DomainError> {
    let all = match project {
        Some(project) => vec![project],
        None => projects::list(op)?,
    };
    let working = KeyFilter {
        state: Some(StateFilter::Working),
        ..KeyFilter::default()
    };
    let filters: Vec<KeyFilter> = match subject {
        Subject::All | Subject::Writing => vec![working],
        Subject::Findings => Finding::ALL
            .iter()
            .filter(|finding| **finding != Finding::StillTried)
            .map(|finding| KeyFilter {
                finding: Some(*finding),
                ..working.clone()
            })
            .collect(),
    };
    let writes = |key: &Key| {
        key.scopes
            .iter()
            .any(|name| Breadth::of(name) != Breadth::Reads)
    };
    let mut found: BTreeMap<i64, i64> = BTreeMap::new();
    for project in all.iter().filter(|project| project.archived_at.is_none()) {
        for filter in &filters {
            let filter = KeyFilter {
                project_id: project.id,
                ..filter.clone()
            };
            each(op, &filter, |key| {
                if subject != Subject::Writing || writes(key) {
                    found.insert(key.id, key.project_id);
                }
                found.len() <= MOST_KEYS
            })?;
        }
    }
    match found.len() {
        0 => Err(DomainError::field("subject", "There are no such keys.")),
        all if all > MOST_KEYS => {
            let detail = format!(
                "A review has at most {MOST_KEYS} keys. Choose one project, or fewer keys."
            );
            Err(DomainError::field("subject", detail))
        }
        _ => Ok(found.into_iter().collect()),
    }
}

/// Calls `f` with each key that matches, until it returns false.
fn each(
    op: &mut Op,
    filter: &KeyFilter,
    mut f: impl FnMut(&Key) -> bool,
) -> Result<(), DomainError> {
    let order = Order {
        by: SortBy::Created,
        descending: false,
    };
    let now = op.now();
    let found = key_list::find(op.conn(), filter, now)?;
    let mut seek: Option<Seek> = None;
    loop {
        let page = key_list::page(op.conn(), &found, order, seek.as_ref(), 0, AT_ONCE, now)?;
        for listed in &page {
            if !f(&listed.key) {
                return Ok(());
            }
        }
        let Some(last) = page.last() else {
            return Ok(());
        };
        seek = Some(Seek {
            value: last.value.clone(),
            id: last.key.id,
            backwards: false,
        });
    }
}
