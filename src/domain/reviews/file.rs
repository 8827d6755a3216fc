//! The file of a closed access review: who answered what, when, and on what evidence. It is the same
//! each time it is made, and its hash is in the audit log.

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::evidence::Evidence;
use super::read::sees_all;
use crate::clock::rfc3339;
use crate::db::{NewEntry, reviews};
use crate::domain::files::{FileFormat, Pieces, csv_lines, json_line};
use crate::domain::{DomainError, Op};
use crate::records::review::{Review, ReviewItem};

/// How many keys a piece has.
const AT_ONCE: i64 = 500;

/// The file of a review that is being made.
pub struct ReviewFile {
    review: Review,
    format: FileFormat,
    after: i64,
    records: u64,
    begun: bool,
    ended: bool,
}

/// Begins the file of a closed review, which is written into the audit log as every export.
///
/// # Errors
/// There is no such review, the actor may not see all of it, or it is open.
pub fn file(op: &mut Op, id: i64, format: FileFormat) -> Result<ReviewFile, DomainError> {
    let review = reviews::by_id(op.conn(), id)?.ok_or(DomainError::NotFound)?;
    if !sees_all(op.actor(), &review) {
        return Err(DomainError::NotFound);
    }
    if review.closed_at.is_none() {
        let message = "The file is there once the review is closed.";
        return Err(DomainError::Conflict(message.into()));
    }
    let entry = NewEntry::new(
        op.actor(),
        op.now(),
        "review.exported",
        review.title.as_str(),
    )
    .in_project(review.project_id)
    .with("review", review.id)
    .with("format", format.to_string());
    op.note(entry)?;
    Ok(ReviewFile::new(review, format))
}

/// The SHA-256 of the file as CSV and as JSON Lines.
pub(super) fn hashes(op: &mut Op, review: &Review) -> Result<(String, String), DomainError> {
    let mut hash = |format| {
        let mut file = ReviewFile::new(review.clone(), format);
        let mut hash = Sha256::new();
        while let Some(piece) = file.piece(op)? {
            hash.update(&piece);
        }
        Ok::<_, DomainError>(base16ct::lower::encode_string(&hash.finalize()))
    };
    Ok((hash(FileFormat::Csv)?, hash(FileFormat::Jsonl)?))
}

#[derive(Serialize)]
struct Line<'a> {
    review: i64,
    key_id: i64,
    answer: Option<&'static str>,
    word: Option<&'a str>,
    answered_by: Option<&'a str>,
    answered_at: Option<String>,
    evidence: &'a Evidence,
}

const COLUMNS: [&str; 16] = [
    "review",
    "key_id",
    "project",
    "name",
    "key_prefix",
    "owner",
    "answer",
    "word",
    "answered_by",
    "answered_at",
    "scopes",
    "created_at",
    "expires_at",
    "last_used_at",
    "passed_90_days",
    "state",
];

impl ReviewFile {
    fn new(review: Review, format: FileFormat) -> Self {
        ReviewFile {
            review,
            format,
            after: 0,
            records: 0,
            begun: false,
            ended: false,
        }
    }

    fn piece(&mut self, op: &mut Op) -> Result<Option<Vec<u8>>, DomainError> {
        if self.ended {
            return Ok(None);
        }
        let mut piece = Vec::new();
        if !std::mem::replace(&mut self.begun, true) && self.format == FileFormat::Csv {
            piece.extend(csv_lines([COLUMNS.map(str::to_owned)])?);
        }
        let items = reviews::items(op.conn(), self.review.id, self.after, AT_ONCE)?;
        self.ended = items.is_empty();
        for item in &items {
            self.after = item.key_id;
            self.records += 1;
            let evidence = Evidence::read(item.evidence.as_deref());
            match self.format {
                FileFormat::Csv => piece.extend(csv_lines([row(item, &evidence)])?),
                FileFormat::Jsonl => piece.extend(json_line(&line(item, &evidence))?),
            }
        }
        Ok(Some(piece))
    }
}

impl Pieces for ReviewFile {
    fn next(&mut self, op: &mut Op) -> Result<Option<Vec<u8>>, DomainError> {
        // Roles may have changed meanwhile.
        match sees_all(op.actor(), &self.review) {
            true => self.piece(op),
            false => Err(DomainError::NotFound),
        }
    }

    fn progress(&self) -> (u64, u64) {
        (self.records, if self.ended { 100 } else { 0 })
    }
}

fn line<'a>(item: &'a ReviewItem, evidence: &'a Evidence) -> Line<'a> {
    let answer = item.answer.as_ref();
    Line {
        review: item.review_id,
        key_id: item.key_id,
        answer: answer.map(|answer| answer.verdict.as_str()),
        word: answer.and_then(|answer| answer.word.as_deref()),
        answered_by: answer.map(|answer| answer.by.as_str()),
        answered_at: answer.map(|answer| rfc3339(answer.at)),
        evidence,
    }
}

fn row(item: &ReviewItem, evidence: &Evidence) -> [String; COLUMNS.len()] {
    let line = line(item, evidence);
    let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
    [
        line.review.to_string(),
        line.key_id.to_string(),
        evidence.project.clone(),
        evidence.label.clone(),
        evidence.key_prefix.clone(),
        text(evidence.owner.as_deref()),
        text(line.answer),
        text(line.word),
        text(line.answered_by),
        line.answered_at.unwrap_or_default(),
        evidence.scopes.join(" "),
        evidence.created_at.clone(),
        text(evidence.expires_at.as_deref()),
        text(evidence.last_used_at.as_deref()),
        evidence.passed_90_days.to_string(),
        evidence.state.clone(),
    ]
}
