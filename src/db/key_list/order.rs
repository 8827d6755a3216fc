//! The order of a list, and where its pages begin.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Timestamp;
use time::macros::{datetime, format_description};

use super::{Listed, Order, Query, Seek, SortBy, SortValue};
use crate::clock::UtcTime;
use crate::db::key_rows::KeyRow;
use crate::db::schema::keys;

/// What unused keys are sorted by, so that they come last when the list begins with the latest.
const NEVER_FIRST: UtcTime = datetime!(1970-01-01 0:00);
/// The same, when the list begins with the earliest.
const NEVER_LAST: UtcTime = datetime!(9999-12-31 0:00);

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

/// The query in the list's order, from `seek` on. `descending` is the direction it is read in.
pub(super) fn sorted<'a>(
    query: Query<'a>,
    order: Order,
    descending: bool,
    seek: Option<&Seek>,
) -> Query<'a> {
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
        SortBy::Prefix => keyset!(query, keys::prefix, descending, text),
        SortBy::End => keyset!(query, end(), descending, time),
        SortBy::LastTried => keyset!(query, keys::tried_at, descending, time),
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

/// When a key ended or will end, as the index on it has it.
fn end() -> SqlLiteral<Timestamp> {
    sql("coalesce(keys.revoked_at, keys.expires_at)")
}

/// The last use, or `never`: written as the indexes on it have it, which is how Diesel writes times.
fn last_use_or(never: UtcTime) -> SqlLiteral<Timestamp> {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]:[second]");
    let never = never.format(&format).expect("a constant");
    sql(&format!("coalesce(keys.last_used_at, '{never}')"))
}

/// A row with the value that the list is sorted by.
pub(super) fn listed(row: KeyRow, order: Order) -> Listed {
    let value = match order.by {
        SortBy::Created => SortValue::Id,
        SortBy::Label => SortValue::Text(row.label_folded.clone()),
        SortBy::Prefix => SortValue::Text(row.prefix.clone()),
        SortBy::Expires => SortValue::Time(row.expires_at),
        SortBy::LastTried => SortValue::Time(row.tried_at.unwrap_or(NEVER_FIRST)),
        SortBy::End => SortValue::Time(row.revoked_at.unwrap_or(row.expires_at)),
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
