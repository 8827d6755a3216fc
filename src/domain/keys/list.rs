//! List a project's keys.

use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::key_list::{self, KeyFilter, Listed, Order, Seek};
use crate::domain::{DomainError, Op};
use crate::records::key::STILL_TRIED;
use crate::records::{Finding, Key, KeyState, Project, StateFilter};

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
    /// [`key_list::COUNTED`] at most.
    pub total: i64,
    /// Whether there may be more than `total`.
    pub is_partial: bool,
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
    let Some(judged) = as_judged(project, &filter, now) else {
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
    let (total, is_partial) = match filter == all_of(project) {
        true => (project.key_count, false),
        false => (found.total, found.is_partial),
    };
    Ok(KeyPage {
        previous: edge(listed.first(), true).filter(|_| has_previous),
        next: edge(listed.last(), false).filter(|_| has_next),
        keys: listed
            .into_iter()
            .map(|listed| refused.note_on(listed.key))
            .collect(),
        total,
        is_partial,
    })
}

/// The filter as `/verify` judges a project's keys; `None` if none of them can match. An archived
/// project's keys all count as revoked.
fn as_judged(project: &Project, filter: &KeyFilter, now: UtcTime) -> Option<KeyFilter> {
    let Some(archived) = project.archived_at else {
        return Some(filter.clone());
    };
    // An archived project's keys have ended, so that reviews ask about none but those still tried.
    let is_about_working = filter
        .finding
        .is_some_and(|finding| finding != Finding::StillTried);
    if filter.expires_within.is_some() || is_about_working {
        return None;
    }
    let tried = Some(archived.max(now - STILL_TRIED));
    let tried_after = match filter.state {
        _ if filter.finding.is_some() => tried,
        None | Some(StateFilter::In(KeyState::Revoked)) => None,
        Some(StateFilter::Tried | StateFilter::Attention) => tried,
        Some(_) => return None,
    };
    Some(KeyFilter {
        state: None,
        finding: None,
        tried_after,
        ..filter.clone()
    })
}

/// How many keys of `project` match the filter, counted up to [`key_list::COUNTED`].
///
/// # Errors
/// The actor may not see them.
pub fn count(op: &mut Op, project: &Project, filter: &KeyFilter) -> Result<i64, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let now = op.now();
    let filter = KeyFilter {
        project_id: project.id,
        ..filter.clone()
    };
    match as_judged(project, &filter, now) {
        Some(judged) => Ok(key_list::count(op.conn(), &judged, now)?),
        None => Ok(0),
    }
}

/// No filter: every key of the project.
pub(super) fn all_of(project: &Project) -> KeyFilter {
    KeyFilter {
        project_id: project.id,
        ..KeyFilter::default()
    }
}
