//! Answer for a key in an access review.

use super::evidence::Evidence;
use super::read::{Item, is_open, is_own, may_answer, seen, sees_all};
use crate::access::Action;
use crate::db::{Ending, NewEntry, Permission, Tx, keys, reviews};
use crate::domain::keys::write_revocation;
use crate::domain::{DomainError, Op, text};
use crate::records::review::{Answer, Review, Verdict};
use crate::records::{Key, Project, RevokeReason};

/// The data for the form that answers for a key.
#[derive(Debug)]
pub struct AnswerForm {
    /// The review.
    pub review: Review,
    /// The key.
    pub item: Item,
    /// What is known of it, or what was when it was answered for.
    pub evidence: Evidence,
}

/// An answer, as a form gives it.
#[derive(Clone, Debug, Default)]
pub struct AnswerRequest {
    /// The word for a [`Verdict`].
    pub verdict: String,
    /// Why, in a few words; required unless the key stays as it is.
    pub word: String,
}

impl AnswerRequest {
    fn check(&self) -> Result<(Verdict, Option<String>), DomainError> {
        let verdict = self
            .verdict
            .parse()
            .map_err(|_| DomainError::field("verdict", "Choose one of these."))?;
        let word = match self.word.trim() {
            "" if verdict == Verdict::Keep => None,
            "" => return Err(DomainError::field("word", "Say why, in a few words.")),
            word => Some(text::tidy(word).map_err(|detail| DomainError::field("word", detail))?),
        };
        Ok((verdict, word))
    }
}

/// The data for the form that answers for the key `key` in the review `id`.
///
/// # Errors
/// There is no such review or key in it, or the actor may not see it.
pub fn answer_form(op: &mut Op, id: i64, key: i64) -> Result<AnswerForm, DomainError> {
    let review = reviews::by_id(op.conn(), id)?.ok_or(DomainError::NotFound)?;
    let item = reviews::item(op.conn(), id, key)?.ok_or(DomainError::NotFound)?;
    let sees_all = sees_all(op.actor(), &review);
    let item = seen(op, &review, item, sees_all)?.ok_or(DomainError::NotFound)?;
    let now = op.now();
    let evidence = match &item.item.evidence {
        Some(kept) => Evidence::read(Some(kept)),
        None => Evidence::of(op.conn(), &item.project, &item.key, now)?,
    };
    Ok(AnswerForm {
        review,
        item,
        evidence,
    })
}

/// Answers for a key, and returns the answer. With [`Verdict::Revoke`], the next request with the key
/// fails once this returns.
///
/// # Errors
/// The actor does not answer for this key; it has an answer, or has ended; the review is closed, or its
/// date has come; the reason is missing.
pub fn answer(
    op: &mut Op,
    id: i64,
    key: i64,
    request: &AnswerRequest,
) -> Result<Verdict, DomainError> {
    let AnswerForm { review, item, .. } = answer_form(op, id, key)?;
    let (project, known) = (item.project, item.key);
    let (verdict, word) = request.check()?;
    if !may_answer(op, &review, &project, &known)? {
        op.allow(Action::EditKeys, &project)?;
        let message = match is_own(op.actor(), &known) {
            true => "This review asks for four eyes: somebody else answers for your keys.",
            false => "The owner of this key answers for it.",
        };
        return Err(DomainError::Conflict(message.into()));
    }
    let actor = op.actor();
    let given = (review, project, verdict, word);
    match actor.answers_for(known.owner.as_deref(), known.project_id) {
        Some(permit) => write(op, permit, key, given),
        None => {
            let permit = op.require(Action::EditKeys, &given.1)?;
            write(op, permit, key, given)
        }
    }
}

fn write(
    op: &mut Op,
    permit: impl Permission,
    id: i64,
    (review, project, verdict, word): (Review, Project, Verdict, Option<String>),
) -> Result<Verdict, DomainError> {
    op.change(permit, |tx| {
        let now = tx.now();
        let review = reviews::by_id(tx.conn(), review.id)?.ok_or(DomainError::NotFound)?;
        let item = reviews::item(tx.conn(), review.id, id)?.ok_or(DomainError::NotFound)?;
        let mut key = keys::by_id(tx.conn(), project.id, id)?.ok_or(DomainError::NotFound)?;
        if !is_open(&review, now) {
            return Err(DomainError::Conflict("This review is closed.".into()));
        }
        if let Some(earlier) = &item.answer {
            let message = format!("{} has answered for this key already.", earlier.by);
            return Err(DomainError::Conflict(message));
        }
        if key.revocation.is_some() {
            return Err(DomainError::Conflict("This key was revoked.".into()));
        }
        let answer = Answer {
            verdict,
            word,
            by: tx.actor().name().to_owned(),
            at: now,
        };
        let entry = record(tx, &review, &project, &mut key, &answer)?;
        Ok(Ending::Done(verdict, entry))
    })
}

/// Writes an answer and, if it says so, revokes the key.
pub(super) fn record(
    tx: &mut Tx,
    review: &Review,
    project: &Project,
    key: &mut Key,
    answer: &Answer,
) -> Result<NewEntry, DomainError> {
    let now = tx.now();
    let evidence = Evidence::of(tx.conn(), project, key, now)?;
    reviews::answer(tx, review.id, key.id, answer, &evidence.text())?;
    if answer.verdict != Verdict::Revoke {
        let entry = tx.key_entry("review.answered", key);
        return Ok(entry
            .with("review", review.id)
            .with("answer", answer.verdict.as_str())
            .with("word", answer.word.clone()));
    }
    let (reason, note) = (RevokeReason::Other, answer.word.clone());
    let entry = write_revocation(tx, key, reason, note)?;
    Ok(entry.with("review", review.id))
}
