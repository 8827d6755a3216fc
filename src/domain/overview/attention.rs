//! The keys that need somebody, the most urgent first.

use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::domain::keys::{self, Slice};
use crate::domain::{DomainError, Op};
use crate::records::{Key, KeyState, Project, StateFilter};

/// So many keys of each kind are named.
const EACH: usize = 4;

/// Why a key needs somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Concern {
    /// It ended, and somebody still presents it.
    Tried,
    /// Its owner is gone.
    Orphaned,
    /// It ends soon.
    Expiring,
    /// Nobody has used it for long.
    Dormant,
}

/// The concerns, in the order of their urgency, with the view and the order that list them best.
const CONCERNS: [(Concern, StateFilter, SortBy, bool); 4] = [
    (Concern::Tried, StateFilter::Tried, SortBy::LastTried, true),
    (
        Concern::Orphaned,
        StateFilter::Orphaned,
        SortBy::Created,
        true,
    ),
    (
        Concern::Expiring,
        StateFilter::In(KeyState::Expiring),
        SortBy::Expires,
        false,
    ),
    (
        Concern::Dormant,
        StateFilter::In(KeyState::Dormant),
        SortBy::LastUsed,
        false,
    ),
];

/// The keys of `projects` that need somebody most: some of each kind.
///
/// # Errors
/// The actor may not see the keys of one of them.
pub fn attention(
    op: &mut Op,
    projects: &[Project],
) -> Result<Vec<(Concern, Project, Key)>, DomainError> {
    let mut all = Vec::new();
    for (concern, view, by, descending) in CONCERNS {
        let filter = KeyFilter {
            state: Some(view),
            ..KeyFilter::default()
        };
        let slice = Slice {
            order: Order { by, descending },
            seek: None,
            skip: 0,
            limit: EACH,
        };
        let mut found: Vec<(Project, Key)> = Vec::new();
        for project in projects {
            let page = keys::list(op, project, &filter, &slice)?;
            found.extend(page.keys.into_iter().map(|key| (project.clone(), key)));
        }
        match concern {
            Concern::Tried => found.sort_by_key(|(_, key)| std::cmp::Reverse(key.tried_at)),
            Concern::Orphaned => found.sort_by_key(|(_, key)| std::cmp::Reverse(key.id)),
            Concern::Expiring => found.sort_by_key(|(_, key)| key.expires_at),
            Concern::Dormant => found.sort_by_key(|(_, key)| {
                key.last_use.as_ref().map_or(key.created_at, |last| last.at)
            }),
        }
        found.truncate(EACH);
        all.extend(
            found
                .into_iter()
                .map(|(project, key)| (concern, project, key)),
        );
    }
    Ok(all)
}
