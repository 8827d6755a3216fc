//! Read access reviews.

use crate::access::{Action, Actor};
use crate::clock::UtcTime;
use crate::db::{keys, projects as project_rows, reviews};
use crate::domain::keys::is_orphaned;
use crate::domain::{DomainError, Op};
use crate::records::review::{Review, ReviewItem};
use crate::records::{Key, Project};

/// How far a review is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many keys it is about.
    pub all: i64,
    /// How many have an answer.
    pub answered: i64,
}

/// A key that a review is about, as somebody sees it.
#[derive(Debug)]
pub struct Item {
    /// What the review says of it.
    pub item: ReviewItem,
    /// The key as it is.
    pub key: Key,
    /// Its project.
    pub project: Project,
    /// Whether they may answer now.
    pub may_answer: bool,
}

/// A review, as somebody sees it.
#[derive(Debug)]
pub struct Shown {
    /// The review.
    pub review: Review,
    /// How far it is, for those who see all of it.
    pub progress: Option<Progress>,
    /// The keys on the page.
    pub items: Vec<Item>,
    /// Where to read on.
    pub next: Option<i64>,
    /// Whether they may close it, and get its file.
    pub may_close: bool,
}

/// The reviews that the actor may open, or has keys in, the newest first.
///
/// # Errors
/// The database fails.
pub fn list(op: &mut Op) -> Result<Vec<(Review, Progress)>, DomainError> {
    let waiting: Vec<i64> = waiting(op)?.into_iter().map(|(id, _)| id).collect();
    let all = reviews::all(op.conn())?.into_iter();
    let seen: Vec<Review> = all
        .filter(|review| {
            sees_all(op.actor(), review)
                || waiting.contains(&review.id)
                || helps(op.actor(), review)
        })
        .collect();
    let mut listed = Vec::new();
    for review in seen {
        let (all, answered) = reviews::progress(op.conn(), review.id)?;
        listed.push((review, Progress { all, answered }));
    }
    Ok(listed)
}

/// The open reviews in which the actor's own keys have no answer, each with how many.
///
/// # Errors
/// The database fails.
pub fn waiting(op: &mut Op) -> Result<Vec<(i64, i64)>, DomainError> {
    if op.actor().own().is_none() {
        return Ok(Vec::new());
    }
    let (actor, now) = (op.actor(), op.now());
    let found = reviews::waiting_for(op.conn(), actor.name(), now)?;
    let mut counts: Vec<(i64, i64)> = Vec::new();
    for (review, _) in found
        .into_iter()
        .filter(|(_, project)| actor.knows(*project))
    {
        match counts.last_mut() {
            Some((last, count)) if *last == review => *count += 1,
            _ => counts.push((review, 1)),
        }
    }
    Ok(counts)
}

/// A review with the keys that the actor may see in it: all for those who may open it, those of their
/// projects for those who may edit keys there, and their own for everybody. From the key after `after`
/// on, about `limit`.
///
/// # Errors
/// There is no such review, or the actor may see nothing of it.
pub fn show(op: &mut Op, id: i64, after: i64, limit: usize) -> Result<Shown, DomainError> {
    let review = reviews::by_id(op.conn(), id)?.ok_or(DomainError::NotFound)?;
    let sees_all = sees_all(op.actor(), &review);
    let mut shown = Shown {
        progress: None,
        items: Vec::new(),
        next: None,
        may_close: sees_all,
        review,
    };
    if sees_all {
        let (all, answered) = reviews::progress(op.conn(), id)?;
        shown.progress = Some(Progress { all, answered });
    }
    let mut after = after;
    'pages: loop {
        let page = reviews::items(op.conn(), id, after, 200)?;
        let Some(last) = page.last() else { break };
        after = last.key_id;
        for item in page {
            if shown.items.len() == limit {
                shown.next = shown.items.last().map(|one| one.item.key_id);
                break 'pages;
            }
            if let Some(item) = seen(op, &shown.review, item, sees_all)? {
                shown.items.push(item);
            }
        }
    }
    match shown.items.is_empty() && !sees_all && !helps(op.actor(), &shown.review) {
        true => Err(DomainError::NotFound),
        false => Ok(shown),
    }
}

/// The key of an item, if the actor may see it.
pub(super) fn seen(
    op: &mut Op,
    review: &Review,
    item: ReviewItem,
    sees_all: bool,
) -> Result<Option<Item>, DomainError> {
    let Some(key) = keys::by_id(op.conn(), item.project_id, item.key_id)? else {
        return Ok(None);
    };
    let is_own = is_own(op.actor(), &key);
    let helps = op.actor().may(Action::EditKeys, Some(key.project_id));
    if !(sees_all || is_own || helps) {
        return Ok(None);
    }
    let project = project_rows::by_id(op.conn(), item.project_id)?.ok_or(DomainError::NotFound)?;
    let (key, now) = (op.refused().note_on(key), op.now());
    let is_open = item.answer.is_none() && is_open(review, now) && key.is_active(now);
    let may_answer = is_open && may_answer(op, review, &project, &key)?;
    Ok(Some(Item {
        may_answer,
        item,
        key,
        project,
    }))
}

/// Whether answers are still taken.
pub(super) fn is_open(review: &Review, now: UtcTime) -> bool {
    review.closed_at.is_none() && review.due_at > now
}

/// Whether the actor answers for a key: its owner does, whatever their role; for a key whose owner is
/// gone or that has none, or with four eyes, somebody who may edit it and is not its owner.
pub(super) fn may_answer(
    op: &mut Op,
    review: &Review,
    project: &Project,
    key: &Key,
) -> Result<bool, DomainError> {
    if is_own(op.actor(), key) {
        return Ok(!review.four_eyes);
    }
    if !op.actor().may(Action::EditKeys, Some(project.id)) {
        return Ok(false);
    }
    Ok(key.owner.is_none() || review.four_eyes || is_orphaned(op, project, key)?)
}

/// Whether the actor is the owner of a key. A personal token is not the person.
pub(super) fn is_own(actor: &Actor, key: &Key) -> bool {
    actor
        .answers_for(key.owner.as_deref(), key.project_id)
        .is_some()
}

/// Whether the actor may open such a review, and so see all of it.
pub(super) fn sees_all(actor: &Actor, review: &Review) -> bool {
    actor.may(Action::OpenReviews, review.project_id)
}

/// Whether the actor may answer for keys of it that have no owner.
fn helps(actor: &Actor, review: &Review) -> bool {
    match review.project_id {
        Some(project) => actor.may(Action::EditKeys, Some(project)),
        None => actor.may_anywhere(Action::EditKeys),
    }
}
