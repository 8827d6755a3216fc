//! List a project's keys.

use crate::access::Action;
use crate::db::key_list::{self, KeyFilter, Listed, Order, Seek};
use crate::domain::{DomainError, Op};
use crate::records::{Key, KeyState, Project, StateFilter};

/// Which part of a list to read.
#[derive(Clone, Debug)]
pub struct Slice {
    /// What the list is sorted by.
    pub order: Order,
    /// Where it begins; `None` is the start of the list.
    pub seek: Option<Seek>,
    /// How many keys to skip from there. Unlike with `seek`, a higher number costs more.
    pub skip: i64,
    /// The largest number of keys in it.
    pub limit: usize,
}

/// A page of a list.
#[derive(Debug, Default)]
pub struct KeyPage {
    /// The keys on it.
    pub keys: Vec<Key>,
    /// Where the previous page begins, if there is one.
    pub previous: Option<Seek>,
    /// Where the next page begins, if there is one.
    pub next: Option<Seek>,
    /// How many keys match the filter: exact without a filter, else counted up to
    /// [`key_list::COUNTED`].
    pub total: i64,
}

/// How many keys of a project need attention, each counted up to [`key_list::COUNTED`].
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    /// Those that expire soon.
    pub expiring: i64,
    /// Those unused for a long time.
    pub dormant: i64,
}

/// The part `slice` of the keys of `project` that match `filter`.
///
/// # Errors
/// The actor may not see them.
pub fn list(
    op: &mut Op,
    project: &Project,
    filter: &KeyFilter,
    slice: &Slice,
) -> Result<KeyPage, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let now = op.now();
    let filter = KeyFilter {
        project_id: project.id,
        ..filter.clone()
    };
    let Some(judged) = as_judged(project, &filter) else {
        return Ok(KeyPage::default());
    };
    let Slice {
        order, seek, skip, ..
    } = slice;
    let (seek, limit) = (seek.as_ref(), slice.limit);
    let one_more = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let found = key_list::find(op.conn(), &judged, now)?;
    let mut listed = key_list::page(op.conn(), &found, *order, seek, *skip, one_more, now)?;
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
    let refused = op.refused();
    let total = match filter == all_of(project) {
        true => project.key_count,
        false => found.total,
    };
    Ok(KeyPage {
        previous: edge(listed.first(), true).filter(|_| has_previous),
        next: edge(listed.last(), false).filter(|_| has_next),
        keys: listed
            .into_iter()
            .map(|listed| refused.note_on(listed.key))
            .collect(),
        total,
    })
}

/// How many keys of `project` need attention.
///
/// # Errors
/// The database fails.
pub fn needing_attention(op: &mut Op, project: &Project) -> Result<Attention, DomainError> {
    let now = op.now();
    let mut in_state = |state| {
        let filter = KeyFilter {
            state: Some(StateFilter::In(state)),
            ..all_of(project)
        };
        key_list::count(op.conn(), &filter, now)
    };
    Ok(Attention {
        expiring: in_state(KeyState::Expiring)?,
        dormant: in_state(KeyState::Dormant)?,
    })
}

/// The filter as `/verify` judges a project's keys; `None` if none of them can match. An archived
/// project's keys all count as revoked.
fn as_judged(project: &Project, filter: &KeyFilter) -> Option<KeyFilter> {
    match filter.state {
        Some(state) if project.archived_at.is_some() => {
            let all = KeyFilter {
                state: None,
                ..filter.clone()
            };
            (state == StateFilter::In(KeyState::Revoked)).then_some(all)
        }
        _ => Some(filter.clone()),
    }
}

fn all_of(project: &Project) -> KeyFilter {
    KeyFilter {
        project_id: project.id,
        ..KeyFilter::default()
    }
}
