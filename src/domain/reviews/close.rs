//! Close an access review: by somebody once everything is answered, or by itself on its date.

use super::answer::record;
use super::evidence::Evidence;
use super::file::hashes;
use super::read::sees_all;
use crate::access::{Action, Actor};
use crate::clock::{UtcTime, rfc3339};
use crate::db::{
    Connection, Ending, NewEntry, Tx, keys, projects as project_rows, reviews, unaudited,
};
use crate::domain::{DomainError, Op};
use crate::records::review::{Answer, Review, ReviewItem, Verdict};

/// So many keys are handled together.
const AT_ONCE: i64 = 200;

/// Closes a review that the actor may open, before its date, once no working key is without an answer.
///
/// # Errors
/// There is no such review, the actor is not allowed to, it is closed, or keys have no answer.
pub fn close(op: &mut Op, id: i64) -> Result<(), DomainError> {
    let review = reviews::by_id(op.conn(), id)?.ok_or(DomainError::NotFound)?;
    if !sees_all(op.actor(), &review) {
        return Err(DomainError::NotFound);
    }
    let project = match review.project_id {
        Some(project) => project_rows::by_id(op.conn(), project)?,
        None => None,
    };
    let permit = match &project {
        Some(project) => op.require(Action::OpenReviews, project)?,
        None => op.require_on_all(Action::OpenReviews)?,
    };
    let now = op.now();
    let mut open = 0;
    each(op, id, |op, item| {
        let key = keys::by_id(op.conn(), item.project_id, item.key_id)?;
        let is_working = key.is_some_and(|key| key.is_active(now));
        open += i64::from(is_working && item.answer.is_none());
        Ok(())
    })?;
    if open > 0 {
        let message =
            format!("{open} keys have no answer yet. The review closes by itself on its date.");
        return Err(DomainError::Conflict(message));
    }
    keep_evidence(op, id)?;
    let hashes = hashes(op, &review)?;
    op.change(permit, |tx| end(tx, id, &hashes))
}

/// Closes a review whose date has come, if there is one, and returns whether there may be more. If it was
/// made so, keys without an answer are revoked before, each in a change of its own, so that nobody waits
/// long for the lock; after an interruption, this goes on where it was.
///
/// # Errors
/// The database fails.
pub fn close_due(conn: &mut Connection, now: UtcTime) -> Result<bool, DomainError> {
    let Some(due) = reviews::due(conn, now)? else {
        return Ok(false);
    };
    let service = Actor::service();
    let op = &mut Op::new(conn, &service, now);
    let review = due.review();
    if review.revoke_unanswered {
        let word = format!("Access review {}: no answer by its date", review.id);
        each(op, review.id, |op, item| {
            if item.answer.is_some() {
                return Ok(());
            }
            let Some(project) = project_rows::by_id(op.conn(), item.project_id)? else {
                return Ok(());
            };
            op.change(&due, |tx| {
                let key = keys::by_id(tx.conn(), item.project_id, item.key_id)?;
                let mut key = key.ok_or(DomainError::NotFound)?;
                let now = tx.now();
                if !key.is_active(now) {
                    return Ok(Ending::Unchanged(()));
                }
                let answer = Answer {
                    verdict: Verdict::Revoke,
                    word: Some(word.clone()),
                    by: tx.actor().name().to_owned(),
                    at: now,
                };
                let entry = record(tx, due.review(), &project, &mut key, &answer)?;
                Ok(Ending::Done((), entry))
            })
        })?;
    }
    keep_evidence(op, review.id)?;
    let hashes = hashes(op, review)?;
    op.change(&due, |tx| end(tx, due.review().id, &hashes))?;
    Ok(true)
}

/// Keeps what is known of the keys without an answer.
fn keep_evidence(op: &mut Op, id: i64) -> Result<(), DomainError> {
    let now = op.now();
    each_page(op, id, |op, items| {
        let mut evidence = Vec::new();
        for item in items.iter().filter(|item| item.evidence.is_none()) {
            let key = keys::by_id(op.conn(), item.project_id, item.key_id)?;
            let project = project_rows::by_id(op.conn(), item.project_id)?;
            if let (Some(key), Some(project)) = (key, project) {
                let known = Evidence::of(op.conn(), &project, &key, now)?;
                evidence.push((item.key_id, known.text()));
            }
        }
        match evidence.is_empty() {
            true => Ok(()),
            false => Ok(unaudited(op.conn(), |tx| {
                reviews::set_evidence(tx, id, &evidence)
            })?),
        }
    })
}

fn end(tx: &mut Tx, id: i64, (csv, jsonl): &(String, String)) -> Result<Ending<()>, DomainError> {
    let review = reviews::by_id(tx.conn(), id)?.ok_or(DomainError::NotFound)?;
    if review.closed_at.is_some() {
        return Err(DomainError::Conflict(
            "This review is closed already.".into(),
        ));
    }
    let (all, answered) = reviews::progress(tx.conn(), id)?;
    reviews::close(tx, id, csv, jsonl)?;
    Ok(Ending::Done(
        (),
        entry(tx, &review, (all, answered), csv, jsonl),
    ))
}

fn entry(
    tx: &Tx,
    review: &Review,
    (all, answered): (i64, i64),
    csv: &str,
    jsonl: &str,
) -> NewEntry {
    tx.entry("review.closed", &review.title)
        .in_project(review.project_id)
        .with("review", review.id)
        .with("due_at", rfc3339(review.due_at))
        .with("keys", all)
        .with("answered", answered)
        .with("csv_sha256", csv)
        .with("jsonl_sha256", jsonl)
}

/// Calls `f` with each key of a review.
fn each(
    op: &mut Op,
    id: i64,
    mut f: impl FnMut(&mut Op, &ReviewItem) -> Result<(), DomainError>,
) -> Result<(), DomainError> {
    each_page(op, id, |op, items| {
        items.iter().try_for_each(|item| f(op, item))
    })
}

/// Calls `f` with the keys of a review, some at a time.
fn each_page(
    op: &mut Op,
    id: i64,
    mut f: impl FnMut(&mut Op, &[ReviewItem]) -> Result<(), DomainError>,
) -> Result<(), DomainError> {
    let mut after = 0;
    loop {
        let items = reviews::items(op.conn(), id, after, AT_ONCE)?;
        let Some(last) = items.last() else {
            return Ok(());
        };
        after = last.key_id;
        f(op, &items)?;
    }
}
