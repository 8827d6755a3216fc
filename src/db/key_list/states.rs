//! The states of keys as conditions of a query.

use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamp};

use super::{Plan, Query, SortBy};
use crate::clock::UtcTime;
use crate::db::schema::keys;
use crate::records::key::{DORMANT, EXPIRING, STILL_TRIED};
use crate::records::{KeyState, StateFilter};

/// The keys of the query in one of these states at the time `now`.
pub(super) fn in_states(
    query: Query<'_>,
    states: StateFilter,
    plan: Plan,
    now: UtcTime,
) -> Query<'_> {
    match states {
        StateFilter::In(state) => in_state(query, state, plan, now),
        StateFilter::Working => {
            let query = query.filter(keys::revoked_at.is_null());
            match plan {
                Plan::Filter => query.filter(keys::expires_at.gt(now)),
                Plan::Order | Plan::Ids => query.filter(not(keys::expires_at.le(now))),
            }
        }
        StateFilter::Tried => still_tried(query, plan, now),
        StateFilter::Attention => query.filter(
            // In one piece: `OR` between what may be null reads better in SQL.
            sql::<Bool>("(keys.revoked_at IS NULL AND keys.expires_at > ")
                .bind::<Timestamp, _>(now)
                .sql(" AND (keys.expires_at <= ")
                .bind::<Timestamp, _>(now + EXPIRING)
                .sql(" OR keys.quiet_since <= ")
                .bind::<Timestamp, _>(now - DORMANT)
                .sql(") OR keys.tried_at > ")
                .bind::<Timestamp, _>(now - STILL_TRIED)
                .sql(" AND (keys.tried_at >= keys.revoked_at OR keys.expires_at <= ")
                .bind::<Timestamp, _>(now)
                .sql(" AND keys.tried_at >= keys.expires_at))"),
        ),
    }
}

/// Whether the index in the order of `by` also finds the keys in these states: they stand together.
pub(super) fn are_in_order(states: Option<StateFilter>, by: SortBy) -> bool {
    match states {
        Some(StateFilter::In(KeyState::Expiring | KeyState::Expired) | StateFilter::Working) => {
            by == SortBy::Expires
        }
        Some(StateFilter::Tried) => by == SortBy::LastTried,
        _ => false,
    }
}

/// What the view [`StateFilter::Attention`] is made of.
pub(super) const ATTENTION: [StateFilter; 3] = [
    StateFilter::In(KeyState::Expiring),
    StateFilter::In(KeyState::Dormant),
    StateFilter::Tried,
];

/// Ended, and presented since, not long ago.
fn still_tried(query: Query<'_>, plan: Plan, now: UtcTime) -> Query<'_> {
    let since = now - STILL_TRIED;
    let query = match plan {
        Plan::Filter => query.filter(keys::tried_at.gt(since)),
        Plan::Order | Plan::Ids => query.filter(not(keys::tried_at.le(since))),
    };
    query.filter(
        sql::<Bool>("(keys.tried_at >= keys.revoked_at OR keys.expires_at <= ")
            .bind::<Timestamp, _>(now)
            .sql(" AND keys.tried_at >= keys.expires_at)"),
    )
}

fn in_state(query: Query<'_>, state: KeyState, plan: Plan, now: UtcTime) -> Query<'_> {
    let soon = now + EXPIRING;
    // Most keys are not about to expire: that condition alone never finds few.
    let lasting = not(keys::expires_at.le(soon));
    match (state, plan) {
        (KeyState::Revoked, Plan::Filter) => return query.filter(keys::revoked_at.is_not_null()),
        (KeyState::Revoked, _) => return query.filter(not(keys::revoked_at.is_null())),
        (KeyState::Active, Plan::Filter) => query
            .filter(keys::expires_at.gt(soon))
            .filter(not(keys::quiet_since.le(now - DORMANT))),
        (KeyState::Active, _) => query
            .filter(lasting)
            .filter(not(keys::quiet_since.le(now - DORMANT))),
        (KeyState::Dormant, Plan::Filter) => query
            .filter(lasting)
            .filter(keys::quiet_since.le(now - DORMANT)),
        (KeyState::Dormant, _) => query
            .filter(lasting)
            .filter(not(keys::quiet_since.gt(now - DORMANT))),
        (KeyState::Expiring, Plan::Filter) => query
            .filter(keys::expires_at.gt(now))
            .filter(keys::expires_at.le(soon)),
        (KeyState::Expiring, _) => query
            .filter(not(keys::expires_at.le(now)))
            .filter(not(keys::expires_at.gt(soon))),
        (KeyState::Expired, Plan::Filter) => query.filter(keys::expires_at.le(now)),
        (KeyState::Expired, _) => query.filter(not(keys::expires_at.gt(now))),
    }
    .filter(keys::revoked_at.is_null())
}
