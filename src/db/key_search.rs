//! What the search finds keys by.
//!
//! Each key has a row per term: the words of its label, its prefix, its creator, owner and consumer,
//! and each of its scopes. A word finds the terms that begin with it, by a range of the primary key. So a search
//! costs what it finds, not what there is, and works the same way on both databases.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::change::Tx;
use super::key_rows::{fold, words_in};
use super::schema::key_terms;
use super::time_limit::{self, in_time};
use super::{AnyConnection, DbError};

/// The most words a search can have; each is one more condition for the database.
pub const MAX_WORDS: usize = 8;

/// How many terms are inserted at once: databases limit the values of a statement.
const AT_ONCE: usize = 1_000;

/// The parts of a key that can be searched.
pub(super) struct Findable<'a> {
    pub label: &'a str,
    pub prefix: &'a str,
    pub created_by: &'a str,
    pub scopes: &'a [String],
    pub consumer: Option<&'a str>,
    pub owner: Option<&'a str>,
}

impl Findable<'_> {
    fn terms(&self) -> BTreeSet<String> {
        let texts = format!("{} {}", self.label, self.consumer.unwrap_or_default());
        let texts = fold(&texts);
        let random = self.prefix.rsplit('_').next().unwrap_or_default();
        words_in(&texts)
            .map(str::to_owned)
            .chain([fold(self.prefix), fold(random), fold(self.created_by)])
            .chain(self.owner.map(fold))
            .chain(self.scopes.iter().map(|scope| scope_term(scope)))
            .collect()
    }
}

/// One thing a key must have to be found.
#[derive(Clone)]
pub(super) enum Wanted {
    /// A term from the first up to, but not including, the second: those that begin with a word.
    Word(String, String),
    /// One of these terms.
    OneOf(Vec<String>),
}

impl Wanted {
    /// What the words of a search ask for.
    pub(super) fn words(search: &str) -> Vec<Wanted> {
        // Postgres accepts no text with a NUL.
        let folded = fold(&search.replace('\0', " "));
        let words: BTreeSet<&str> = folded.split_whitespace().collect();
        let words = words.into_iter().take(MAX_WORDS);
        words
            .map(|word| Wanted::Word(word.to_owned(), format!("{word}{}", char::MAX)))
            .collect()
    }

    /// Asks for a key that carries one of these scopes.
    pub(super) fn one_of<'a>(scopes: impl IntoIterator<Item = &'a str>) -> Wanted {
        let terms = scopes.into_iter();
        Wanted::OneOf(
            terms
                .map(|scope| scope_term(&scope.replace('\0', " ")))
                .collect(),
        )
    }

    /// Asks for a term as it stands, for instance a creator.
    pub(super) fn term(text: &str) -> Wanted {
        Wanted::OneOf(vec![fold(text)])
    }
}

/// No searched word begins with a space.
fn scope_term(scope: &str) -> String {
    format!(" {scope}")
}

/// Inserts terms with one statement, as each statement costs more than a row. A macro, because the
/// types differ between the databases.
macro_rules! insert_terms {
    ($terms:expr, $project:expr, $conn:expr) => {{
        let rows = $terms.iter().map(|(term, key)| {
            (
                key_terms::project_id.eq($project),
                key_terms::term.eq(term),
                key_terms::key_id.eq(key),
            )
        });
        diesel::insert_into(key_terms::table)
            .values(rows.collect::<Vec<_>>())
            .execute($conn)?
    }};
}

/// Replaces the terms of a key.
pub(super) fn index_again(
    tx: &mut Tx,
    project: i64,
    key: i64,
    findable: Findable,
) -> Result<(), DbError> {
    diesel::delete(key_terms::table.filter(key_terms::key_id.eq(key))).execute(tx.conn())?;
    index_new(tx, project, [(key, findable)])
}

/// Writes the terms of keys that have none yet, in the order of the table.
pub(super) fn index_new<'a>(
    tx: &mut Tx,
    project: i64,
    keys: impl IntoIterator<Item = (i64, Findable<'a>)>,
) -> Result<(), DbError> {
    let mut terms: Vec<(String, i64)> = keys
        .into_iter()
        .flat_map(|(key, findable)| findable.terms().into_iter().map(move |term| (term, key)))
        .collect();
    terms.sort_unstable();
    for some in terms.chunks(AT_ONCE) {
        match tx.conn() {
            AnyConnection::Sqlite(conn) => insert_terms!(some, project, conn),
            AnyConnection::Postgres(conn) => insert_terms!(some, project, conn),
        };
    }
    Ok(())
}

/// The keys that have what is wanted; `None` if there may be more than `most`.
pub(super) fn few_keys_with(
    conn: &mut AnyConnection,
    project: i64,
    wanted: &Wanted,
    most: usize,
) -> Result<Option<BTreeSet<i64>>, DbError> {
    // A key may have several terms that match.
    let mut query = key_terms::table.into_boxed();
    if time_limit::is_asked(conn) {
        query = query.filter(in_time());
    }
    query = match wanted {
        Wanted::Word(first, end) => query
            .filter(key_terms::term.ge(first))
            .filter(key_terms::term.lt(end)),
        Wanted::OneOf(terms) => query.filter(key_terms::term.eq_any(terms)),
    };
    let found: Vec<i64> = query
        .filter(key_terms::project_id.eq(project))
        .select(key_terms::key_id)
        .limit(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1))
        .load(conn)?;
    Ok((found.len() <= most).then(|| found.into_iter().collect()))
}

/// Whether a key of a project is found by this word.
pub fn is_found(conn: &mut AnyConnection, project: i64, word: &str) -> Result<bool, DbError> {
    for wanted in Wanted::words(word) {
        if few_keys_with(conn, project, &wanted, 0)?.is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_words_prefix_creator_and_scope() {
        let scopes = ["read:assets".to_owned()];
        let findable = Findable {
            label: "CI-Runner (EU)",
            prefix: "mk_live_a1B2c3",
            created_by: "Ana@example.com",
            scopes: &scopes,
            consumer: Some("Tenant 42"),
            owner: Some("Ben@example.com"),
        };
        let terms = findable.terms();
        let expected = [
            " read:assets",
            "(eu)",
            "42",
            "a1b2c3",
            "ana@example.com",
            "ben@example.com",
            "ci",
            "ci-runner",
            "eu",
            "mk_live_a1b2c3",
            "runner",
            "tenant",
        ];
        assert_eq!(
            terms.iter().map(String::as_str).collect::<Vec<_>>(),
            expected
        );
    }
}
