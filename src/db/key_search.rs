//! What the search finds keys by.
//!
//! Each key has a row per term: the words of its label, its prefix, its creator, and each of its
//! scopes. A word finds the terms that begin with it, by a range of the primary key. So a search
//! costs what it finds, not what there is, and works the same way on both databases.

use std::collections::BTreeSet;

use diesel::prelude::*;

use super::change::Tx;
use super::key_rows::fold;
use super::schema::key_terms;
use super::time_limit::{self, in_time};
use super::{AnyConnection, DbError};

/// The most words a search can have; each is one more condition for the database.
pub const MAX_WORDS: usize = 8;

/// The parts of a key that can be searched.
pub(super) struct Findable<'a> {
    pub label: &'a str,
    pub prefix: &'a str,
    pub created_by: &'a str,
    pub scopes: &'a [String],
}

impl Findable<'_> {
    fn terms(&self) -> BTreeSet<String> {
        let label = fold(self.label);
        let chunks = label.split_whitespace().map(str::to_owned);
        let words = label
            .split(|c: char| !c.is_alphanumeric())
            .map(str::to_owned);
        let random = self.prefix.rsplit('_').next().unwrap_or_default();
        chunks
            .chain(words)
            .filter(|term| !term.is_empty())
            .chain([fold(self.prefix), fold(random), fold(self.created_by)])
            .chain(self.scopes.iter().map(|scope| scope_term(scope)))
            .collect()
    }
}

/// One thing a key must have to be found.
pub(super) enum Wanted {
    /// A term that begins with this.
    Word(String),
    /// Exactly this scope.
    Scope(String),
}

impl Wanted {
    /// What the words of a search and a scope filter ask for.
    pub(super) fn from_filter(search: &str, scope: Option<&str>) -> Vec<Wanted> {
        // Postgres accepts no text with a NUL.
        let plain = |text: &str| text.replace('\0', " ");
        let folded = fold(&plain(search));
        let words: BTreeSet<&str> = folded.split_whitespace().collect();
        let words = words.into_iter().take(MAX_WORDS);
        words
            .map(|word| Wanted::Word(word.to_owned()))
            .chain(scope.map(|scope| Wanted::Scope(scope_term(&plain(scope)))))
            .collect()
    }

    /// The terms that match: from the first up to, but not including, the second.
    pub(super) fn range(&self) -> (String, String) {
        match self {
            Wanted::Word(word) => (word.clone(), format!("{word}{}", char::MAX)),
            Wanted::Scope(term) => (term.clone(), format!("{term}\u{1}")),
        }
    }
}

/// No searched word begins with a space.
fn scope_term(scope: &str) -> String {
    format!(" {scope}")
}

/// Replaces the terms of a key.
pub(super) fn index(
    tx: &mut Tx,
    project: i64,
    key: i64,
    findable: &Findable,
) -> Result<(), DbError> {
    diesel::delete(key_terms::table.filter(key_terms::key_id.eq(key))).execute(tx.conn())?;
    for term in findable.terms() {
        diesel::insert_into(key_terms::table)
            .values((
                key_terms::project_id.eq(project),
                key_terms::term.eq(term),
                key_terms::key_id.eq(key),
            ))
            .execute(tx.conn())?;
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
    let (first, end) = wanted.range();
    // A key may have several terms that begin with the same word.
    let mut query = key_terms::table.into_boxed();
    if time_limit::is_asked(conn) {
        query = query.filter(in_time());
    }
    let found: Vec<i64> = query
        .filter(key_terms::project_id.eq(project))
        .filter(key_terms::term.ge(first))
        .filter(key_terms::term.lt(end))
        .select(key_terms::key_id)
        .limit(i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1))
        .load(conn)?;
    Ok((found.len() <= most).then(|| found.into_iter().collect()))
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
        };
        let terms = findable.terms();
        let expected = [
            " read:assets",
            "(eu)",
            "a1b2c3",
            "ana@example.com",
            "ci",
            "ci-runner",
            "eu",
            "mk_live_a1b2c3",
            "runner",
        ];
        assert_eq!(
            terms.iter().map(String::as_str).collect::<Vec<_>>(),
            expected
        );
    }
}
