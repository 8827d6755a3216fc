//! How often keys were presented, by hour and outcome, and when they were last used.

use diesel::prelude::*;

use super::change::Upkeep;
use super::schema::{key_usage, keys};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::key::LastUse;

/// Adds `requests` to the count of one key, hour and outcome.
pub fn add(
    upkeep: &mut Upkeep,
    key: i64,
    hour: UtcTime,
    outcome: &str,
    requests: i64,
) -> Result<(), DbError> {
    let counted = diesel::update(key_usage::table.find((key, hour, outcome)))
        .set(key_usage::requests.eq(key_usage::requests + requests))
        .execute(upkeep.conn())?;
    if counted == 0 {
        diesel::insert_into(key_usage::table)
            .values((
                key_usage::key_id.eq(key),
                key_usage::hour.eq(hour),
                key_usage::outcome.eq(outcome),
                key_usage::requests.eq(requests),
            ))
            .execute(upkeep.conn())?;
    }
    Ok(())
}

/// Notes the last use of a key, unless a later one is noted already.
pub fn set_last_use(upkeep: &mut Upkeep, key: i64, last: &LastUse) -> Result<(), DbError> {
    let later = keys::last_used_at
        .is_null()
        .or(keys::last_used_at.lt(last.at));
    diesel::update(keys::table.find(key).filter(later))
        .set((
            keys::last_used_at.eq(last.at),
            keys::last_used_ip.eq(&last.ip),
            keys::last_used_agent.eq(&last.user_agent),
            keys::quiet_since.eq(last.at),
        ))
        .execute(upkeep.conn())?;
    Ok(())
}

/// How many requests of this key ended with `outcome` in the hours from `since` on.
pub fn count(
    conn: &mut AnyConnection,
    key: i64,
    outcome: &str,
    since: UtcTime,
) -> Result<i64, DbError> {
    // Added up here: the sum of 64-bit numbers is a wider type on Postgres.
    let hours = key_usage::table
        .filter(key_usage::key_id.eq(key))
        .filter(key_usage::outcome.eq(outcome))
        .filter(key_usage::hour.ge(since))
        .select(key_usage::requests)
        .load::<i64>(conn)?;
    Ok(hours.iter().sum())
}
