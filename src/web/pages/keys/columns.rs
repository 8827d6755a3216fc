//! The columns of a list of keys, each leading to the list in its order.

use super::list_query::ListQuery;
use crate::db::key_list::{Order, SortBy};
use crate::records::StateFilter;

/// A column, which may be sortable.
pub struct Column {
    pub title: &'static str,
    /// The list sorted by this column; in reverse if it already is.
    pub sort: Option<String>,
    /// `ascending` or `descending`, for the column it is sorted by.
    pub sorted: Option<&'static str>,
}

impl Column {
    /// The columns of the list that `query` asks for; only lists with a path can be sorted.
    pub fn all(query: &ListQuery, list: Option<&str>) -> Vec<Column> {
        let is_tried = query.states() == Some(StateFilter::Tried);
        let last = match is_tried {
            true => ("Last tried", Some(("tried", SortBy::LastTried, true))),
            false => ("Last used", Some(("used", SortBy::LastUsed, true))),
        };
        let columns = [
            ("Label", Some(("label", SortBy::Label, false))),
            ("Key", Some(("key", SortBy::Prefix, false))),
            ("Scopes", None),
            ("30 days", None),
            ("Created", Some(("created", SortBy::Created, true))),
            ("Expires", Some(("expires", SortBy::Expires, false))),
            last,
            ("State", Some(("state", SortBy::End, false))),
        ];
        let column = |(title, sorted_by): (&'static str, Option<(&str, SortBy, bool)>)| Column {
            title,
            sort: list
                .zip(sorted_by)
                .map(|(list, sorted_by)| turned(query, list, sorted_by)),
            sorted: sorted_by
                .filter(|(_, by, _)| list.is_some() && query.order().by == *by)
                .map(|_| direction(query.order())),
        };
        columns.into_iter().map(column).collect()
    }
}

/// The list sorted by a column: the other way around if it already is.
fn turned(query: &ListQuery, list: &str, (name, by, first): (&str, SortBy, bool)) -> String {
    let order = query.order();
    let descending = if order.by == by {
        !order.descending
    } else {
        first
    };
    let sign = if descending { "-" } else { "" };
    let sorted = ListQuery {
        sort: format!("{sign}{name}"),
        ..query.at_start()
    };
    sorted.url(list)
}

fn direction(order: Order) -> &'static str {
    match order.descending {
        true => "descending",
        false => "ascending",
    }
}
