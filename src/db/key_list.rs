//! Lists of keys: filtered, sorted and paged by cursor. Page 2,000 costs as much as page 1.

mod findings;
mod order;
mod states;

use std::collections::BTreeSet;

use diesel::dsl::{exists, not};
use diesel::prelude::*;
use keyward_key::Environment;
use keyward_key::scope::Catalogue;
use time::Duration;

use super::any::MultiBackend;
use super::key_rows::KeyRow;
use super::key_search::{self, Wanted};
use super::schema::{key_terms, keys};
use super::time_limit::{self, in_time};
use super::{AnyConnection, DbError, scopes};
use crate::clock::UtcTime;
use crate::records::{Finding, Key, StateFilter, scope};

/// A search starts from words found in at most this many keys. Words found in more keys are so
/// common that walking the list in its order soon fills a page.
const FEW: usize = 4_000;

/// Counting a list stops here: readers only need to know whether there are many keys, and counting
/// on would cost more than the page.
pub const COUNTED: i64 = 1_000;

/// The same, where every key must be asked for words that many keys have.
const SOUGHT: i64 = 100;

/// Fewer keys than this are found by an index and then sorted.
const SORTED: i64 = 200;

/// Which keys of a project to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyFilter {
    /// A list never contains keys of another project.
    pub project_id: i64,
    /// Words that must all match, each as the prefix of a search term.
    pub search: String,
    /// `None` is any state.
    pub state: Option<StateFilter>,
    /// `None` is either environment.
    pub environment: Option<Environment>,
    /// A scope that is enough for `/verify`: the key carries it, one that includes it, or `*`.
    pub scope: Option<String>,
    /// Scopes of which the key carries one by its very name; empty asks for none.
    pub carries: Vec<String>,
    /// Exclusive.
    pub created_after: Option<UtcTime>,
    /// Last used before this or, if never used, created before it.
    pub last_used_before: Option<UtcTime>,
    /// Presented since this time although it had ended.
    pub tried_after: Option<UtcTime>,
    /// It works, and expires within this time.
    pub expires_within: Option<Duration>,
    /// Who created it: an email, or `command line`.
    pub created_by: Option<String>,
    /// Who calls with it.
    pub consumer: Option<String>,
    /// The email of the person who answers for it.
    pub owner: Option<String>,
    /// What a review would ask about it.
    pub finding: Option<Finding>,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SortBy {
    /// By id: imported keys come in the order they were imported.
    #[default]
    Created,
    /// Ignoring case.
    Label,
    /// Keys that never expire count as the latest.
    Expires,
    /// Keys that were never used come last in either direction.
    LastUsed,
    /// As text.
    Prefix,
    /// When they were last presented after they had ended. Only for lists of such keys.
    LastTried,
    /// When they ended or will end: revoked and expired keys first, those that never expire last.
    End,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// The id breaks ties.
    pub by: SortBy,
    /// Reverses the order, including that of ties.
    pub descending: bool,
}

/// Where a page starts: after (or before) a key and the value it was sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seek {
    /// What the boundary key was sorted by when the cursor was made.
    pub value: SortValue,
    /// The boundary key, which is not part of the page itself.
    pub id: i64,
    /// Reads towards the start of the list instead of its end.
    pub backwards: bool,
}

/// The value of the column a list is sorted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SortValue {
    /// Sorted by creation: the id alone decides.
    Id,
    /// A prefix, or a label, folded as for sorting (NFKC, lower case).
    Text(String),
    /// An expiry, an end or a last use; a key that never expires has 9999-12-31.
    Time(UtcTime),
}

/// A key in a list, with the value it was sorted by.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The key as it was when the page was read.
    pub key: Key,
    /// Together with the key's id, makes a cursor.
    pub value: SortValue,
}

type Query<'a> = keys::BoxedQuery<'a, MultiBackend>;

/// What a filter finds, determined before its pages are read.
pub struct Found {
    filter: KeyFilter,
    /// The words and scopes that too many keys have to begin with.
    common: Vec<Wanted>,
    /// The keys that match all others; `None` if there are no others.
    ids: Option<BTreeSet<i64>>,
    /// How many keys match the filter, counted up to [`COUNTED`] or, if common words are sought, up to
    /// 100.
    pub total: i64,
    /// Whether counting stopped there.
    pub is_partial: bool,
}

/// Looks up the search words and scopes, and counts the matching keys.
pub fn find(conn: &mut AnyConnection, filter: &KeyFilter, now: UtcTime) -> Result<Found, DbError> {
    let catalogue = match filter.scope {
        Some(_) => scope::catalogue(&scopes::of_project(conn, filter.project_id)?),
        None => Catalogue::default(),
    };
    find_by(conn, &catalogue, filter, now)
}

/// The same, where the project's catalogue is known.
fn find_by(
    conn: &mut AnyConnection,
    catalogue: &Catalogue,
    filter: &KeyFilter,
    now: UtcTime,
) -> Result<Found, DbError> {
    let granting = filter.scope.as_deref();
    let granting = granting.map(|scope| Wanted::one_of(catalogue.granting(scope)));
    let carried = findings::carried(filter);
    let wanted = Wanted::words(&filter.search).into_iter();
    let mut found = Found {
        filter: filter.clone(),
        common: Vec::new(),
        ids: None,
        total: 0,
        is_partial: false,
    };
    let creator = filter.created_by.as_deref();
    let creator = creator.map(Wanted::term);
    if filter.state == Some(StateFilter::Attention) {
        found.ids = few_in(conn, filter.project_id, &states::ATTENTION, now)?;
    }
    for wanted in wanted.chain(granting).chain(carried).chain(creator) {
        let few = key_search::few_keys_with(conn, filter.project_id, &wanted, FEW)?;
        found.ids = match (found.ids, few) {
            (Some(ids), Some(few)) => Some(&ids & &few),
            (None, Some(few)) => Some(few),
            (ids, None) => {
                found.common.push(wanted);
                ids
            }
        };
    }
    if found.ids.as_ref().is_none_or(|ids| !ids.is_empty()) {
        let plan = match found.ids {
            Some(_) => Plan::Ids,
            None => Plan::Filter,
        };
        let is_word = |wanted: &Wanted| matches!(wanted, Wanted::Word(..));
        let limit = match found.common.iter().any(is_word) {
            true => SOUGHT,
            false => COUNTED,
        };
        let counting = filtered(conn, &found, plan, plan, now)
            .select(keys::id)
            .limit(limit);
        let counted: Vec<i64> = counting.load(conn)?;
        found.total = i64::try_from(counted.len()).unwrap_or(limit);
        found.is_partial = found.total == limit;
    }
    Ok(found)
}

/// The keys of a project that are in one of these states; `None` if too many are in one.
fn few_in(
    conn: &mut AnyConnection,
    project: i64,
    all: &[StateFilter],
    now: UtcTime,
) -> Result<Option<BTreeSet<i64>>, DbError> {
    let mut ids = BTreeSet::new();
    for of_state in all {
        let query = keys::table.into_boxed::<MultiBackend>();
        let query = query.filter(keys::project_id.eq(project));
        let found: Vec<i64> = states::in_states(query, project, *of_state, Plan::Filter, now)
            .select(keys::id)
            .limit(i64::try_from(FEW).unwrap_or(i64::MAX).saturating_add(1))
            .load(conn)?;
        if found.len() > FEW {
            return Ok(None);
        }
        ids.extend(found);
    }
    Ok(Some(ids))
}

/// At most `limit` keys in the list's order, starting `skip` keys after `seek`.
pub fn page(
    conn: &mut AnyConnection,
    found: &Found,
    order: Order,
    seek: Option<&Seek>,
    skip: i64,
    limit: i64,
    now: UtcTime,
) -> Result<Vec<Listed>, DbError> {
    if found.total == 0 {
        return Ok(Vec::new());
    }
    // A few keys are found first and then sorted; many are read in the list's order.
    let plan = match &found.ids {
        Some(_) => Plan::Ids,
        None if found.total < SORTED => Plan::Filter,
        None => Plan::Order,
    };
    let by_state = match states::are_in_order(found.filter.state, order.by) {
        true => Plan::Filter,
        false => plan,
    };
    let backwards = seek.is_some_and(|seek| seek.backwards);
    let query = filtered(conn, found, plan, by_state, now);
    let query = order::sorted(query, order, order.descending != backwards, seek);
    let query = query.limit(limit).offset(skip);
    let rows: Vec<KeyRow> = query.select(KeyRow::as_select()).load(conn)?;
    let mut listed: Vec<Listed> = rows
        .into_iter()
        .map(|row| order::listed(row, order))
        .collect();
    if backwards {
        listed.reverse();
    }
    Ok(listed)
}

/// How many keys match the filter, counted up to [`COUNTED`].
pub fn count(conn: &mut AnyConnection, filter: &KeyFilter, now: UtcTime) -> Result<i64, DbError> {
    Ok(find(conn, filter, now)?.total)
}

/// The same, where the project's catalogue is known.
pub fn count_by(
    conn: &mut AnyConnection,
    catalogue: &Catalogue,
    filter: &KeyFilter,
    now: UtcTime,
) -> Result<i64, DbError> {
    Ok(find_by(conn, catalogue, filter, now)?.total)
}

/// Which index a query should use. Postgres decides by its statistics. SQLite sees placeholders
/// instead of values, so a `NOT` before a comparison keeps it from using that column's index.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Plan {
    /// The primary key: the search has told which keys to look at.
    Ids,
    /// An index that finds the matching keys.
    Filter,
    /// The index in the list's order.
    Order,
}

/// The keys that match the filter. The plan for the condition on their states may be another.
fn filtered<'a>(
    conn: &AnyConnection,
    found: &Found,
    plan: Plan,
    by_state: Plan,
    now: UtcTime,
) -> Query<'a> {
    let filter = &found.filter;
    let mut query = keys::table.into_boxed::<MultiBackend>();
    if time_limit::is_asked(conn) {
        query = query.filter(in_time());
    }
    query = match plan {
        // Every index but the primary key's begins with the project.
        Plan::Ids => query.filter(not(keys::project_id.ne(filter.project_id))),
        Plan::Filter | Plan::Order => query.filter(keys::project_id.eq(filter.project_id)),
    };
    if let Some(environment) = filter.environment {
        query = match plan {
            Plan::Filter => query.filter(keys::environment.eq(environment.as_str())),
            Plan::Order | Plan::Ids => {
                query.filter(not(keys::environment.ne(environment.as_str())))
            }
        };
    }
    query = match filter.state {
        Some(states) => states::in_states(query, filter.project_id, states, by_state, now),
        None => query,
    };
    if let Some(after) = filter.created_after {
        query = match plan {
            Plan::Filter => query.filter(keys::created_at.gt(after)),
            Plan::Order | Plan::Ids => query.filter(not(keys::created_at.le(after))),
        };
    }
    if let Some(before) = filter.last_used_before {
        query = match plan {
            Plan::Filter => query.filter(keys::quiet_since.lt(before)),
            Plan::Order | Plan::Ids => query.filter(not(keys::quiet_since.ge(before))),
        };
    }
    if let Some(after) = filter.tried_after {
        query = match plan {
            Plan::Filter => query.filter(keys::tried_at.gt(after)),
            Plan::Order | Plan::Ids => query.filter(not(keys::tried_at.le(after))),
        };
    }
    if let Some(within) = filter.expires_within {
        query = query.filter(keys::revoked_at.is_null());
        query = match plan {
            Plan::Filter => query
                .filter(keys::expires_at.gt(now))
                .filter(keys::expires_at.le(now + within)),
            Plan::Order | Plan::Ids => query
                .filter(not(keys::expires_at.le(now)))
                .filter(not(keys::expires_at.gt(now + within))),
        };
    }
    if let Some(creator) = &filter.created_by {
        query = query.filter(keys::created_by.eq(creator.clone()));
    }
    if let Some(consumer) = filter.consumer.clone() {
        query = match plan {
            Plan::Filter => query.filter(keys::consumer.eq(consumer)),
            // No comparison with a null is true.
            Plan::Order | Plan::Ids => query
                .filter(keys::consumer.is_not_null())
                .filter(not(keys::consumer.ne(consumer))),
        };
    }
    if let Some(finding) = filter.finding {
        query = findings::with_finding(query, filter.project_id, finding, plan, now);
    }
    if let Some(owner) = filter.owner.clone() {
        query = match plan {
            Plan::Filter => query.filter(keys::owner.eq(owner)),
            Plan::Order | Plan::Ids => query
                .filter(keys::owner.is_not_null())
                .filter(not(keys::owner.ne(owner))),
        };
    }
    for wanted in &found.common {
        let terms = key_terms::table.filter(key_terms::key_id.eq(keys::id));
        query = match wanted.clone() {
            Wanted::Word(first, end) => query.filter(exists(
                terms
                    .filter(key_terms::term.ge(first))
                    .filter(key_terms::term.lt(end)),
            )),
            Wanted::OneOf(wanted) => {
                query.filter(exists(terms.filter(key_terms::term.eq_any(wanted))))
            }
        };
    }
    match &found.ids {
        Some(ids) => query.filter(keys::id.eq_any(ids.clone())),
        None => query,
    }
}
