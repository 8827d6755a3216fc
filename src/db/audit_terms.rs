//! The words that the audit log is searched by: those of what each entry is about.

use std::collections::BTreeSet;

use diesel::prelude::*;
use serde_json::Value;

use super::key_rows::{fold, words_in};
use super::schema::audit_terms;
use super::{AnyConnection, DbError};

/// The most words a search can have; each is one more condition for the database.
const MAX_WORDS: usize = 8;

/// Inserts rows with one statement. A macro, because the types differ between the databases.
macro_rules! insert_rows {
    ($terms:expr, $entry:expr, $conn:expr) => {{
        let rows = $terms
            .iter()
            .map(|term| (audit_terms::term.eq(term), audit_terms::entry.eq($entry)));
        diesel::insert_into(audit_terms::table)
            .values(rows.collect::<Vec<_>>())
            .execute($conn)?
    }};
}

/// The words of what an entry is about, and the prefix and the consumer of the key in its details.
pub(super) fn words(subject: &str, details: &str) -> BTreeSet<String> {
    let details: Value = serde_json::from_str(details).unwrap_or_default();
    let prefix = details["key_prefix"].as_str().unwrap_or_default();
    let consumer = details["consumer"].as_str().map(consumer_term);
    let folded = fold(subject);
    words_in(&folded)
        .map(str::to_owned)
        .chain([fold(prefix)])
        .chain(consumer)
        .filter(|word| !word.is_empty())
        .collect()
}

/// No searched word begins with a space.
fn consumer_term(consumer: &str) -> String {
    format!(" {consumer}")
}

/// Writes the words of the entry `id`.
pub(super) fn insert(
    conn: &mut AnyConnection,
    id: i64,
    terms: &BTreeSet<String>,
) -> Result<(), DbError> {
    match conn {
        _ if terms.is_empty() => 0,
        AnyConnection::Sqlite(conn) => insert_rows!(terms, id, conn),
        AnyConnection::Postgres(conn) => insert_rows!(terms, id, conn),
    };
    Ok(())
}

/// Deletes the words of the entry `id`.
pub(super) fn delete(
    conn: &mut AnyConnection,
    id: i64,
    terms: &BTreeSet<String>,
) -> Result<(), DbError> {
    diesel::delete(audit_terms::table)
        .filter(audit_terms::term.eq_any(terms))
        .filter(audit_terms::entry.eq(id))
        .execute(conn)
        .map(drop)
}

/// What entries must have to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// The first term that will do, and the first one after that does not.
    pub(super) from: String,
    pub(super) until: String,
}

impl Wanted {
    /// What is asked for: entries about keys of this consumer, with words that begin like those of
    /// this text.
    pub(super) fn all(text: Option<&str>, consumer: Option<&str>) -> Vec<Wanted> {
        let words = words_of(text.unwrap_or_default());
        let words = words.into_iter().map(|word| Wanted {
            until: format!("{word}{}", char::MAX),
            from: word,
        });
        let consumer = consumer.map(|consumer| {
            let from = consumer_term(&consumer.replace('\0', " "));
            // The next text after this one in any order that goes by bytes.
            let until = format!("{from}\u{1}");
            Wanted { from, until }
        });
        words.chain(consumer).collect()
    }
}

fn words_of(text: &str) -> Vec<String> {
    // Postgres accepts no text with a NUL.
    let folded = fold(&text.replace('\0', " "));
    let words: BTreeSet<&str> = folded.split_whitespace().collect();
    words
        .into_iter()
        .take(MAX_WORDS)
        .map(str::to_owned)
        .collect()
}

/// The entries that have what is wanted; `None` if there may be more than `most`.
pub(super) fn few_with(
    conn: &mut AnyConnection,
    wanted: &Wanted,
    most: usize,
) -> Result<Option<BTreeSet<i64>>, DbError> {
    let found: Vec<i64> = audit_terms::table
        .filter(audit_terms::term.ge(&wanted.from))
        .filter(audit_terms::term.lt(&wanted.until))
        .limit(i64::try_from(most + 1).unwrap_or(i64::MAX))
        .select(audit_terms::entry)
        .load(conn)?;
    Ok((found.len() <= most).then(|| found.into_iter().collect()))
}
