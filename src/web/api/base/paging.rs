//! Pages of collections: how long, and from where.

use serde::Deserialize;
use utoipa::IntoParams;

use super::error::ApiError;
use super::query::Query;
use crate::domain::{DomainError, FieldError};
use crate::web::shared::cursor;

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// Which page a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most records it can hold.
    pub limit: usize,
    /// Where it begins.
    pub from: From,
    list: String,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum From {
    /// At the record with this position.
    Position(i64),
    /// At a cursor, which stands for this position.
    Cursor(i64, String),
}

impl Page {
    /// Reads the parameters `limit`, `after` and `start` of a query for `list`. Whatever is wrong
    /// with them goes into `errors`.
    pub fn read(
        list: &str,
        limit: Option<i64>,
        after: Option<&str>,
        start: Option<i64>,
        errors: &mut Vec<FieldError>,
    ) -> Page {
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            errors.push(FieldError::new("limit", "Ask for 1 to 200 records."));
        }
        if start.is_some_and(|start| start < 0) {
            errors.push(FieldError::new("start", "Positions begin at 0."));
        }
        let from = match (after, start) {
            (Some(_), Some(_)) => {
                let detail = "Give either a cursor or a position, not both.";
                errors.push(FieldError::new("start", detail));
                None
            }
            (Some(cursor), None) => {
                let read = read_cursor(list, cursor);
                if read.is_none() {
                    errors.push(no_cursor());
                }
                read
            }
            (None, start) => Some(From::Position(start.unwrap_or(0))),
        };
        Page {
            limit: usize::try_from(limit).unwrap_or(1),
            from: from.unwrap_or(From::Position(0)),
            list: list.to_owned(),
        }
    }

    /// The position of the page's first record.
    pub fn start(&self) -> i64 {
        match self.from {
            From::Position(start) | From::Cursor(start, _) => start,
        }
    }

    /// The page's part of a collection that is short enough to be read whole, and the cursor of
    /// the next.
    pub fn cut<T>(&self, mut all: Vec<T>) -> (Vec<T>, Option<String>) {
        let start = usize::try_from(self.start()).unwrap_or(usize::MAX);
        let total = all.len();
        let end = start.saturating_add(self.limit).min(total);
        all.truncate(end);
        let page = all.split_off(start.min(end));
        (page, (end < total).then(|| self.cursor(end, "")))
    }

    /// The cursor for another page of the same list, which begins at this position. `place` is
    /// where the list finds it again.
    pub fn cursor(&self, position: usize, place: &str) -> String {
        cursor::bind(&self.list, &format!("{position}.{place}"))
    }
}

/// Which page of a short collection.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PageQuery {
    /// How many records, 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The cursor of a page.
    after: Option<String>,
    /// The position of the first record.
    #[param(minimum = 0)]
    start: Option<i64>,
}

impl Query<PageQuery> {
    /// The page that it asks for.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub fn page(&self) -> Result<Page, ApiError> {
        let mut errors = Vec::new();
        let PageQuery {
            limit,
            after,
            start,
        } = &self.fields;
        let page = Page::read(&self.list, *limit, after.as_deref(), *start, &mut errors);
        all_right(errors)?;
        Ok(page)
    }
}

fn read_cursor(list: &str, text: &str) -> Option<From> {
    let (position, place) = cursor::unbind(list, text)?.split_once('.')?;
    let plain = !position.is_empty() && position.bytes().all(|byte| byte.is_ascii_digit());
    let position = position.parse().ok().filter(|_| plain)?;
    Some(From::Cursor(position, place.to_owned()))
}

const WRONG_CURSOR: &str =
    "This is not the cursor of a page of this list, with this filter and order.";

/// The error for an `after` that is not a cursor of this list.
pub fn no_cursor() -> FieldError {
    FieldError::new("after", WRONG_CURSOR)
}

/// The refusal of a cursor of another list.
pub fn wrong_cursor() -> ApiError {
    ApiError::BadRequest(WRONG_CURSOR.into())
}

/// Passes if no error was found in a query.
///
/// # Errors
/// All of `errors`, if there are any. A cursor is nothing that people write, so one of another list
/// is a request that can't be understood.
pub fn all_right(errors: Vec<FieldError>) -> Result<(), ApiError> {
    match errors.as_slice() {
        [] => Ok(()),
        [only] if only.detail == WRONG_CURSOR => Err(wrong_cursor()),
        _ => Err(DomainError::Invalid(errors).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_collections_are_cut_into_pages() {
        let mut errors = Vec::new();
        let mut after = None;
        let mut seen = Vec::new();
        loop {
            let page = Page::read("/keys", Some(2), after.as_deref(), None, &mut errors);
            let (part, next) = page.cut(vec![1, 2, 3, 4, 5]);
            seen.push(part);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, [vec![1, 2], vec![3, 4], vec![5]]);
        let page = Page::read("/keys", None, None, Some(9), &mut errors);
        assert_eq!(page.cut(vec![1]), (vec![], None));
        assert!(errors.is_empty());
    }

    #[test]
    fn wrong_parameters_are_named() {
        let mut errors = Vec::new();
        Page::read("/keys", Some(0), Some("x"), None, &mut errors);
        Page::read(
            "/keys",
            Some(201),
            Some(&cursor::bind("/keys", "1.")),
            Some(-1),
            &mut errors,
        );
        let fields: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["limit", "after", "limit", "start", "start"]);
    }
}
