//! Access reviews, and the keys that they are about.

use diesel::dsl::not;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text, Timestamp};

use super::change::{Permission, Tx, UnauditedTx, sealed};
use super::schema::{keys, review_items, reviews};
use super::{AnyConnection, DbError};
use crate::access::Actor;
use crate::clock::UtcTime;
use crate::records::review::{Answer, Review, ReviewItem, Subject, Verdict};

/// How many rows one statement inserts.
const AT_ONCE: usize = 500;

#[derive(Queryable, Selectable)]
#[diesel(table_name = reviews)]
struct Row {
    id: i64,
    title: String,
    project_id: Option<i64>,
    subject: String,
    due_at: UtcTime,
    four_eyes: bool,
    revoke_unanswered: bool,
    opened_by: String,
    opened_at: UtcTime,
    closed_at: Option<UtcTime>,
    csv_sha256: Option<String>,
    jsonl_sha256: Option<String>,
}

impl From<Row> for Review {
    fn from(row: Row) -> Self {
        Review {
            id: row.id,
            title: row.title,
            project_id: row.project_id,
            subject: row.subject.parse().unwrap_or(Subject::All),
            due_at: row.due_at,
            four_eyes: row.four_eyes,
            revoke_unanswered: row.revoke_unanswered,
            opened_by: row.opened_by,
            opened_at: row.opened_at,
            closed_at: row.closed_at,
            csv_sha256: row.csv_sha256,
            jsonl_sha256: row.jsonl_sha256,
        }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = review_items)]
struct ItemRow {
    review_id: i64,
    key_id: i64,
    project_id: i64,
    answer: Option<String>,
    word: Option<String>,
    answered_by: Option<String>,
    answered_at: Option<UtcTime>,
    evidence: Option<String>,
}

impl From<ItemRow> for ReviewItem {
    fn from(row: ItemRow) -> Self {
        let verdict = row.answer.and_then(|answer| answer.parse::<Verdict>().ok());
        let answer = verdict.zip(row.answered_at).map(|(verdict, at)| Answer {
            verdict,
            at,
            word: row.word,
            by: row.answered_by.unwrap_or_default(),
        });
        ReviewItem {
            review_id: row.review_id,
            key_id: row.key_id,
            project_id: row.project_id,
            answer,
            evidence: row.evidence,
        }
    }
}

/// A review that is due: the proof that its keys without an answer may be revoked, if it was made so,
/// and that it may be closed. Only [`due`] makes one.
#[derive(Debug)]
pub struct DueReview {
    actor: Actor,
    review: Review,
}

impl DueReview {
    /// The review.
    pub fn review(&self) -> &Review {
        &self.review
    }
}

impl sealed::Sealed for &DueReview {}

impl Permission for &DueReview {
    fn actor(&self) -> &Actor {
        &self.actor
    }
}

/// An open review whose date has come, the first one; `None` if there is none.
pub fn due(conn: &mut AnyConnection, now: UtcTime) -> Result<Option<DueReview>, DbError> {
    let row: Option<Row> = reviews::table
        .filter(reviews::closed_at.is_null())
        .filter(reviews::due_at.le(now))
        .order((reviews::due_at, reviews::id))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(|row| DueReview {
        actor: Actor::service(),
        review: row.into(),
    }))
}

/// Writes a review, without its keys, and returns its id.
pub fn insert(tx: &mut Tx, review: &Review) -> Result<i64, DbError> {
    diesel::insert_into(reviews::table)
        .values((
            reviews::title.eq(&review.title),
            reviews::project_id.eq(review.project_id),
            reviews::subject.eq(review.subject.as_str()),
            reviews::due_at.eq(review.due_at),
            reviews::four_eyes.eq(review.four_eyes),
            reviews::revoke_unanswered.eq(review.revoke_unanswered),
            reviews::opened_by.eq(&review.opened_by),
            reviews::opened_at.eq(review.opened_at),
        ))
        .returning(reviews::id)
        .get_result(tx.conn())
}

/// Inserts rows with one statement. A macro, because the types differ between the databases.
macro_rules! insert_items {
    ($items:expr, $conn:expr) => {
        diesel::insert_into(review_items::table)
            .values($items)
            .execute($conn)?
    };
}

/// Writes the keys, each with its project, that a review is about.
pub fn insert_items(tx: &mut Tx, review: i64, about: &[(i64, i64)]) -> Result<(), DbError> {
    for some in about.chunks(AT_ONCE) {
        let rows: Vec<_> = some
            .iter()
            .map(|(key, project)| {
                (
                    review_items::review_id.eq(review),
                    review_items::key_id.eq(*key),
                    review_items::project_id.eq(*project),
                )
            })
            .collect();
        match tx.conn() {
            AnyConnection::Sqlite(conn) => insert_items!(&rows, conn),
            AnyConnection::Postgres(conn) => insert_items!(&rows, conn),
        };
    }
    Ok(())
}

/// Every review, the newest first.
pub fn all(conn: &mut AnyConnection) -> Result<Vec<Review>, DbError> {
    let rows: Vec<Row> = reviews::table
        .order(reviews::id.desc())
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(Review::from).collect())
}

/// The review with this id.
pub fn by_id(conn: &mut AnyConnection, id: i64) -> Result<Option<Review>, DbError> {
    let row: Option<Row> = reviews::table
        .find(id)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(Review::from))
}

/// What a review is about, from the key after `after` on, at most `limit`.
pub fn items(
    conn: &mut AnyConnection,
    review: i64,
    after: i64,
    limit: i64,
) -> Result<Vec<ReviewItem>, DbError> {
    let rows: Vec<ItemRow> = review_items::table
        .filter(review_items::review_id.eq(review))
        .filter(review_items::key_id.gt(after))
        .order(review_items::key_id)
        .limit(limit)
        .select(ItemRow::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(ReviewItem::from).collect())
}

/// What a review says of a key.
pub fn item(
    conn: &mut AnyConnection,
    review: i64,
    key: i64,
) -> Result<Option<ReviewItem>, DbError> {
    let row: Option<ItemRow> = review_items::table
        .find((review, key))
        .select(ItemRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(ReviewItem::from))
}

/// How many keys a review is about, and how many of them have an answer.
pub fn progress(conn: &mut AnyConnection, review: i64) -> Result<(i64, i64), DbError> {
    let of_review = || review_items::table.filter(review_items::review_id.eq(review));
    let all: i64 = of_review().count().get_result(conn)?;
    let answered: i64 = of_review()
        .filter(review_items::answer.is_not_null())
        .count()
        .get_result(conn)?;
    Ok((all, answered))
}

/// The working keys of this owner that have no answer in an open review: the review and the project of
/// each, in the order of the reviews. Reviews with four eyes are left out: the owner may not answer.
pub fn waiting_for(
    conn: &mut AnyConnection,
    owner: &str,
    now: UtcTime,
) -> Result<Vec<(i64, i64)>, DbError> {
    review_items::table
        .inner_join(reviews::table)
        .inner_join(keys::table)
        .filter(reviews::closed_at.is_null())
        .filter(not(reviews::four_eyes))
        .filter(review_items::answer.is_null())
        .filter(keys::owner.eq(owner))
        .filter(keys::revoked_at.is_null())
        .filter(keys::expires_at.gt(now))
        .order(review_items::review_id)
        .select((review_items::review_id, review_items::project_id))
        .load(conn)
}

/// Writes an answer, and what it was given on.
pub fn answer(
    tx: &mut Tx,
    review: i64,
    key: i64,
    answer: &Answer,
    evidence: &str,
) -> Result<(), DbError> {
    diesel::update(review_items::table.find((review, key)))
        .set((
            review_items::answer.eq(answer.verdict.as_str()),
            review_items::word.eq(&answer.word),
            review_items::answered_by.eq(&answer.by),
            review_items::answered_at.eq(answer.at),
            review_items::evidence.eq(evidence),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// Writes what is known of keys without an answer, before their review closes.
pub fn set_evidence(
    tx: &mut UnauditedTx,
    review: i64,
    evidence: &[(i64, String)],
) -> Result<(), DbError> {
    for (key, evidence) in evidence {
        diesel::update(review_items::table.find((review, *key)))
            .set(review_items::evidence.eq(evidence))
            .execute(tx.conn())?;
    }
    Ok(())
}

/// Closes a review whose files have these hashes.
pub fn close(tx: &mut Tx, id: i64, csv: &str, jsonl: &str) -> Result<(), DbError> {
    let now = tx.now();
    diesel::update(reviews::table.find(id))
        .set((
            reviews::closed_at.eq(Some(now).into_sql::<Nullable<Timestamp>>()),
            reviews::csv_sha256.eq(Some(csv).into_sql::<Nullable<Text>>()),
            reviews::jsonl_sha256.eq(Some(jsonl).into_sql::<Nullable<Text>>()),
        ))
        .execute(tx.conn())?;
    Ok(())
}
