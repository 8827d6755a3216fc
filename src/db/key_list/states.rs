//! The states of keys as conditions of a query.

use diesel::dsl::{not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Timestamp};

use super::{Plan, Query, SortBy};
use crate::clock::UtcTime;
use crate::db::schema::keys;
use crate::records::key::{DORMANT, EXPIRING, STILL_TRIED};
use crate::records::{KeyState, StateFilter};

/// People who can't answer for keys of a project: they are disabled, or have no role there. The project
/// comes after it.
const GONE: &str = "(SELECT users.email FROM users WHERE users.disabled_at IS NOT NULL \
    OR NOT EXISTS (SELECT 1 FROM grants WHERE grants.user_id = users.id \
    AND (grants.project_id IS NULL OR grants.project_id = ";

/// The keys of the query, which are of this project, in one of these states at the time `now`.
pub(super) fn in_states(
    query: Query<'_>,
    project: i64,
    states: StateFilter,
    plan: Plan,
    now: UtcTime,
) -> Query<'_> {
    match states {
        StateFilter::In(state) => in_state(query, state, plan, now),
        StateFilter::Working => working(query, plan, now),
        // By the owners' index: most people are still here.
        StateFilter::Orphaned => working(query, Plan::Order, now).filter(
            sql::<Bool>("keys.owner IN ")
                .sql(GONE)
                .bind::<BigInt, _>(project)
                .sql(")))"),
        ),
        StateFilter::Tried => still_tried(query, plan, now),
        StateFilter::Attention => query.filter(
            // In one piece: `OR` between what may be null reads better in SQL.
            sql::<Bool>("(keys.revoked_at IS NULL AND keys.expires_at > ")
                .bind::<Timestamp, _>(now)
                .sql(" AND (keys.expires_at <= ")
                .bind::<Timestamp, _>(now + EXPIRING)
                .sql(" OR keys.quiet_since <= ")
                .bind::<Timestamp, _>(now - DORMANT)
                .sql(" OR keys.owner IN ")
                .sql(GONE)
                .bind::<BigInt, _>(project)
                .sql("))))")
                .sql(" OR keys.tried_at > ")
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
pub(super) const ATTENTION: [StateFilter; 4] = [
    StateFilter::In(KeyState::Expiring),
    StateFilter::In(KeyState::Dormant),
    StateFilter::Orphaned,
    StateFilter::Tried,
];

/// Neither revoked nor expired.
fn working(query: Query<'_>, plan: Plan, now: UtcTime) -> Query<'_> {
    let query = query.filter(keys::revoked_at.is_null());
    match plan {
        Plan::Filter => query.filter(keys::expires_at.gt(now)),
        Plan::Order | Plan::Ids => query.filter(not(keys::expires_at.le(now))),
    }
}

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
