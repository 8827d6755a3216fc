//! Pages of collections: how long, and from where.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::domain::{DomainError, FieldError};

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 200;

/// Which page a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The most records it can hold.
    pub limit: usize,
    /// Where it begins.
    pub from: From,
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
    /// Reads the parameters `limit`, `after` and `start`. Whatever is wrong with them goes into
    /// `errors`.
    pub fn read(
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
                let read = read_cursor(cursor);
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
        (page, (end < total).then(|| cursor(end, "")))
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

impl PageQuery {
    /// The page that it asks for.
    ///
    /// # Errors
    /// Every parameter that is wrong.
    pub fn page(&self) -> Result<Page, DomainError> {
        let mut errors = Vec::new();
        let page = Page::read(self.limit, self.after.as_deref(), self.start, &mut errors);
        all_right(errors)?;
        Ok(page)
    }
}

/// The cursor for a page that begins at this position. `place` is where the list finds it again.
pub fn cursor(position: usize, place: &str) -> String {
    format!("{position}.{place}")
}

fn read_cursor(text: &str) -> Option<From> {
    let (position, place) = text.split_once('.')?;
    let plain = !position.is_empty() && position.bytes().all(|byte| byte.is_ascii_digit());
    let position = position.parse().ok().filter(|_| plain)?;
    Some(From::Cursor(position, place.to_owned()))
}

/// The error for an `after` that is not a cursor.
pub fn no_cursor() -> FieldError {
    FieldError::new("after", "This is not the cursor of a page.")
}

/// Passes if no error was found in a query.
///
/// # Errors
/// All of `errors`, if there are any.
pub fn all_right(errors: Vec<FieldError>) -> Result<(), DomainError> {
    match errors.is_empty() {
        true => Ok(()),
        false => Err(DomainError::Invalid(errors)),
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
            let page = Page::read(Some(2), after.as_deref(), None, &mut errors);
            let (part, next) = page.cut(vec![1, 2, 3, 4, 5]);
            seen.push(part);
            match next {
                Some(next) => after = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, [vec![1, 2], vec![3, 4], vec![5]]);
        let page = Page::read(None, None, Some(9), &mut errors);
        assert_eq!(page.cut(vec![1]), (vec![], None));
        assert!(errors.is_empty());
    }

    #[test]
    fn wrong_parameters_are_named() {
        let mut errors = Vec::new();
        Page::read(Some(0), Some("x"), None, &mut errors);
        Page::read(Some(201), Some("1."), Some(-1), &mut errors);
        let fields: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["limit", "after", "limit", "start", "start"]);
    }
}
