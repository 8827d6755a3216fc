//! What reviews look for, as conditions of a query.

use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use keyward_key::scope::EVERY_SCOPE;

use super::states::in_states;
use super::{KeyFilter, Plan, Query, Wanted};
use crate::clock::UtcTime;
use crate::db::key_rows::expiry_to_row;
use crate::db::schema::keys;
use crate::records::finding::{Finding, OLD};
use crate::records::{KeyState, StateFilter};

/// The scopes that a key must carry by their names: one of those that the filter names, and `*` if
/// that is the finding.
pub(super) fn carried(filter: &KeyFilter) -> impl Iterator<Item = Wanted> {
    let named = (!filter.carries.is_empty())
        .then(|| Wanted::one_of(filter.carries.iter().map(String::as_str)));
    let is_every = filter.finding == Some(Finding::EveryScope);
    let every = is_every.then(|| Wanted::one_of([EVERY_SCOPE]));
    named.into_iter().chain(every)
}

/// The keys of the query, which are of this project, about which there is this finding at the time
/// `now`.
pub(super) fn with_finding(
    query: Query<'_>,
    project: i64,
    finding: Finding,
    plan: Plan,
    now: UtcTime,
) -> Query<'_> {
    let states = match finding {
        Finding::Dormant => StateFilter::In(KeyState::Dormant),
        Finding::StillTried => StateFilter::Tried,
        Finding::Orphaned => StateFilter::Orphaned,
        _ => StateFilter::Working,
    };
    // Most keys work: that condition alone never finds few.
    let by_state = match states {
        StateFilter::Working => Plan::Order,
        _ => plan,
    };
    let query = in_states(query, project, states, by_state, now);
    match (finding, plan) {
        // What is carried is found by its terms.
        (Finding::EveryScope, _) => query,
        (Finding::Dormant | Finding::StillTried | Finding::Orphaned, _) => query,
        (Finding::NeverUsed, _) => query.filter(keys::last_used_at.is_null()),
        (Finding::NoExpiry, Plan::Filter) => query.filter(keys::expires_at.eq(expiry_to_row(None))),
        (Finding::NoExpiry, _) => query.filter(not(keys::expires_at.ne(expiry_to_row(None)))),
        (Finding::OneNetwork, _) => query
            .filter(keys::allowed_ips.eq(""))
            .filter(keys::last_used_at.is_not_null())
            .filter(sql::<Bool>(
                "(SELECT count(DISTINCT network) FROM key_sources \
                 WHERE key_sources.key_id = keys.id AND passed > 0) = 1",
            )),
        (Finding::NeverRotated, Plan::Filter) => query
            .filter(keys::created_at.le(now - OLD))
            .filter(keys::replaced_by.is_null()),
        (Finding::NeverRotated, _) => query
            .filter(not(keys::created_at.gt(now - OLD)))
            .filter(keys::replaced_by.is_null()),
    }
}
