//! How many keys of a project are in each view of its list.

use super::list::{all_of, count};
use crate::access::Action;
use crate::db::key_list::{COUNTED, KeyFilter};
use crate::domain::{DomainError, Op};
use crate::records::{KeyState, Project, StateFilter};

/// How many keys are in each view, each number counted up to [`COUNTED`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Views {
    /// Whatever passes a verification.
    pub working: i64,
    /// Those that expire soon.
    pub expiring: i64,
    /// Those unused for a long time.
    pub dormant: i64,
    /// Those that ended and were presented since.
    pub tried: i64,
    /// Those that were revoked.
    pub revoked: i64,
}

impl Views {
    /// Both together.
    pub fn and(&self, other: &Views) -> Views {
        Views {
            working: self.working + other.working,
            expiring: self.expiring + other.expiring,
            dormant: self.dormant + other.dormant,
            tried: self.tried + other.tried,
            revoked: self.revoked + other.revoked,
        }
    }

    /// The expiring, the dormant and the still tried ones. No key is two of these.
    pub fn attention(&self) -> i64 {
        (self.expiring + self.dormant + self.tried).min(COUNTED)
    }
}

/// The views of `project`.
///
/// # Errors
/// The actor may not see its keys.
pub fn views(op: &mut Op, project: &Project) -> Result<Views, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let mut matching = |state| {
        let filter = KeyFilter {
            state: Some(state),
            ..all_of(project)
        };
        count(op, project, &filter)
    };
    let revoked = match project.archived_at {
        Some(_) => project.key_count.min(COUNTED),
        None => matching(StateFilter::In(KeyState::Revoked))?,
    };
    let expired = matching(StateFilter::In(KeyState::Expired))?;
    // Exact if few have ended, which is usual.
    let working = match project.archived_at.is_none() && revoked.max(expired) < COUNTED {
        true => project.key_count - revoked - expired,
        false => matching(StateFilter::Working)?,
    };
    Ok(Views {
        working,
        expiring: matching(StateFilter::In(KeyState::Expiring))?,
        dormant: matching(StateFilter::In(KeyState::Dormant))?,
        tried: matching(StateFilter::Tried)?,
        revoked,
    })
}
