//! Lists of keys: filtered, sorted and paged by cursor. Page 2,000 costs as much as page 1.

use std::collections::BTreeSet;

use diesel::dsl::{exists, not, sql};
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Timestamp;
use keyward_key::Environment;
use keyward_key::scope::Catalogue;
use time::macros::{datetime, format_description};

use super::any::MultiBackend;
use super::key_rows::KeyRow;
use super::key_search::{self, Wanted};
use super::schema::{key_terms, keys};
use super::time_limit::{self, in_time};
use super::{AnyConnection, DbError, scopes};
use crate::clock::UtcTime;
use crate::records::key::{DORMANT, EXPIRING};
use crate::records::{Key, KeyState, StateFilter, scope};

/// What unused keys are sorted by, so that they come last when the list begins with the latest.
const NEVER_FIRST: UtcTime = datetime!(1970-01-01 0:00);
/// The same, when the list begins with the earliest.
const NEVER_LAST: UtcTime = datetime!(9999-12-31 0:00);

/// A search starts from words found in at most this many keys. Words found in more keys are so
/// common that walking the list in its order soon fills a page.
const FEW: usize = 4_000;

/// Counting a list stops here: readers only need to know whether there are many keys, and counting
/// on would cost more than the page.
pub const COUNTED: i64 = 100;

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
    /// A label, folded as for sorting (NFKC, lower case).
    Text(String),
    /// An expiry or a last use; a key that never expires has 9999-12-31.
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
    /// How many keys match the filter, counted up to [`COUNTED`].
    pub total: i64,
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
    let carried = filter.carries.iter().map(String::as_str);
    let carried = (!filter.carries.is_empty()).then(|| Wanted::one_of(carried));
    let wanted = Wanted::words(&filter.search).into_iter();
    let mut found = Found {
        filter: filter.clone(),
        common: Vec::new(),
        ids: None,
        total: 0,
    };
    for wanted in wanted.chain(granting).chain(carried) {
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
        let counting = filtered(conn, &found, plan, now)
            .select(keys::id)
            .limit(COUNTED);
        let counted: Vec<i64> = counting.load(conn)?;
        found.total = i64::try_from(counted.len()).unwrap_or(COUNTED);
    }
    Ok(found)
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
        None if found.total < COUNTED => Plan::Filter,
        None => Plan::Order,
    };
    let backwards = seek.is_some_and(|seek| seek.backwards);
    let query = filtered(conn, found, plan, now);
    let query = sorted(query, order, order.descending != backwards, seek);
    let query = query.limit(limit).offset(skip);
    let rows: Vec<KeyRow> = query.select(KeyRow::as_select()).load(conn)?;
    let mut listed: Vec<Listed> = rows.into_iter().map(|row| listed(row, order)).collect();
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

/// The keys that match the filter.
fn filtered<'a>(conn: &AnyConnection, found: &Found, plan: Plan, now: UtcTime) -> Query<'a> {
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
        Some(StateFilter::In(state)) => in_state(query, state, plan, now),
        Some(StateFilter::Working) => query
            .filter(keys::revoked_at.is_null())
            .filter(not(keys::expires_at.le(now))),
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

fn in_state(query: Query<'_>, state: KeyState, plan: Plan, now: UtcTime) -> Query<'_> {
    let soon = now + EXPIRING;
    // Most keys are not about to expire: that condition alone never finds few.
    let lasting = not(keys::expires_at.le(soon));
    match (state, plan) {
        (KeyState::Revoked, Plan::Filter) => return query.filter(keys::revoked_at.is_not_null()),
        (KeyState::Revoked, _) => return query.filter(not(keys::revoked_at.is_null())),
        (KeyState::Active, _) => query.filter(lasting),
        (KeyState::Dormant, Plan::Filter) => query
            .filter(lasting)
            .filter(keys::quiet_since.le(now - DORMANT)),
        (KeyState::Dormant, _) => query
            .filter(lasting)
            .filter(not(keys::quiet_since.gt(now - DORMANT))),
        (KeyState::Expiring, Plan::Filter) => query
            .filter(keys::expires_at.gt(now))
            .filter(keys::expires_at.le(soon)),
        (KeyState::Expiring, _) => query
            .filter(not(keys::expires_at.le(now)))
            .filter(not(keys::expires_at.gt(soon))),
        (KeyState::Expired, Plan::Filter) => query.filter(keys::expires_at.le(now)),
        (KeyState::Expired, _) => query.filter(not(keys::expires_at.gt(now))),
    }
    .filter(keys::revoked_at.is_null())
}

/// Sorts by a column and then the id, starting after the given pair. The separate bound on the
/// column alone lets both databases use its index.
macro_rules! keyset {
    ($query:expr, $column:expr, $descending:expr, $seek:expr) => {
        match ($descending, $seek) {
            (false, None) => $query.order(($column.asc(), keys::id.asc())),
            (true, None) => $query.order(($column.desc(), keys::id.desc())),
            (false, Some((value, id))) => $query
                .filter($column.ge(value.clone()))
                .filter($column.gt(value).or(keys::id.gt(id)))
                .order(($column.asc(), keys::id.asc())),
            (true, Some((value, id))) => $query
                .filter($column.le(value.clone()))
                .filter($column.lt(value).or(keys::id.lt(id)))
                .order(($column.desc(), keys::id.desc())),
        }
    };
}

fn sorted<'a>(query: Query<'a>, order: Order, descending: bool, seek: Option<&Seek>) -> Query<'a> {
    let text = seek.and_then(|seek| match &seek.value {
        SortValue::Text(value) => Some((value.clone(), seek.id)),
        _ => None,
    });
    let time = seek.and_then(|seek| match seek.value {
        SortValue::Time(value) => Some((value, seek.id)),
        _ => None,
    });
    match order.by {
        SortBy::Label => keyset!(query, keys::label_folded, descending, text),
        SortBy::Expires => keyset!(query, keys::expires_at, descending, time),
        SortBy::LastUsed => match order.descending {
            true => keyset!(query, last_use_or(NEVER_FIRST), descending, time),
            false => keyset!(query, last_use_or(NEVER_LAST), descending, time),
        },
        SortBy::Created => match (descending, seek) {
            (false, None) => query.order(keys::id.asc()),
            (true, None) => query.order(keys::id.desc()),
            (false, Some(seek)) => query.filter(keys::id.gt(seek.id)).order(keys::id.asc()),
            (true, Some(seek)) => query.filter(keys::id.lt(seek.id)).order(keys::id.desc()),
        },
    }
}

/// The last use, or `never`: written as the indexes on it have it, which is how Diesel writes times.
fn last_use_or(never: UtcTime) -> SqlLiteral<Timestamp> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let never = never.format(&format).expect("a constant");
    sql(&format!("coalesce(keys.last_used_at, '{never}')"))
}

fn listed(row: KeyRow, order: Order) -> Listed {
    let value = match order.by {
        SortBy::Created => SortValue::Id,
        SortBy::Label => SortValue::Text(row.label_folded.clone()),
        SortBy::Expires => SortValue::Time(row.expires_at),
        SortBy::LastUsed => {
            let never = if order.descending {
                NEVER_FIRST
            } else {
                NEVER_LAST
            };
            SortValue::Time(row.last_used_at.unwrap_or(never))
        }
    };
    Listed {
        key: row.into(),
        value,
    }
}
