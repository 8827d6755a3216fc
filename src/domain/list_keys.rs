//! List a project's keys.

use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::AnyConnection;
use crate::db::key_list::{self, KeyFilter, Listed, Order, Seek};
use crate::db::projects::Project;
use crate::key::{Key, KeyState};

/// Which part of a list to read.
#[derive(Clone, Debug)]
pub struct Slice {
    pub order: Order,
    /// Where it begins; without, at the start.
    pub seek: Option<Seek>,
    /// How many more to leave out. Unlike a place, this costs more the higher it is.
    pub skip: i64,
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug)]
pub struct KeyPage {
    pub keys: Vec<Key>,
    /// Where the pages before and behind begin, if there are any.
    pub previous: Option<Seek>,
    pub next: Option<Seek>,
    /// How many keys the filter lets through; exact up to [`key_list::COUNTED`], and without a filter.
    pub total: i64,
}

/// How many keys of a project need somebody to look at them, counted up to [`key_list::COUNTED`] each.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    pub expiring: i64,
    pub dormant: i64,
}

/// The keys in `slice` of those of `project` that `filter` lets through.
///
/// # Errors
/// The actor may not see them.
pub fn list_keys(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: &Project,
    filter: &KeyFilter,
    slice: &Slice,
    now: UtcTime,
) -> Result<KeyPage, DomainError> {
    policy::require(actor, Action::SeeKeys, Some(project.id))?;
    let filter = KeyFilter {
        project_id: project.id,
        ..filter.clone()
    };
    let Slice {
        order, seek, skip, ..
    } = slice;
    let (seek, limit) = (seek.as_ref(), slice.limit);
    let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let found = key_list::find(conn, &filter, now)?;
    let mut listed = key_list::page(conn, &found, *order, seek, *skip, one_more, now)?;
    let backwards = seek.is_some_and(|seek| seek.backwards);
    let more = listed.len() > limit;
    match (more, backwards) {
        (true, true) => drop(listed.remove(0)),
        (true, false) => listed.truncate(limit),
        (false, _) => {}
    }
    let (has_previous, has_next) = match backwards {
        true => (more, true),
        false => (seek.is_some(), more),
    };
    let edge = |listed: Option<&Listed>, backwards| {
        listed.map(|listed| Seek {
            value: listed.value.clone(),
            id: listed.key.id,
            backwards,
        })
    };
    let plain = KeyFilter {
        project_id: project.id,
        ..KeyFilter::default()
    };
    let total = match filter == plain {
        true => project.key_count,
        false => found.total,
    };
    Ok(KeyPage {
        previous: edge(listed.first(), true).filter(|_| has_previous),
        next: edge(listed.last(), false).filter(|_| has_next),
        keys: listed.into_iter().map(|listed| listed.key).collect(),
        total,
    })
}

/// How many keys of `project` need somebody to look at them.
///
/// # Errors
/// The database fails.
pub fn needing_attention(
    conn: &mut AnyConnection,
    project: &Project,
    now: UtcTime,
) -> Result<Attention, DomainError> {
    let mut in_state = |state| {
        let plain = KeyFilter {
            project_id: project.id,
            ..KeyFilter::default()
        };
        key_list::count(
            conn,
            &KeyFilter {
                state: Some(state),
                ..plain
            },
            now,
        )
    };
    Ok(Attention {
        expiring: in_state(KeyState::Expiring)?,
        dormant: in_state(KeyState::Dormant)?,
    })
}

/// The words behind a count that stopped at [`key_list::COUNTED`].
pub fn or_more(count: i64) -> &'static str {
    if count >= key_list::COUNTED {
        " or more"
    } else {
        ""
    }
}
