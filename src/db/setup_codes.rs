//! Codes that let the first owner in. Each instance prints one while there is no owner.

use diesel::prelude::*;

use super::change::{Tx, Upkeep};
use super::schema::setup_codes;
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;

/// Keeps the digest of a code that is about to be printed.
pub fn insert(upkeep: &mut Upkeep, digest: &[u8], now: UtcTime) -> Result<(), DbError> {
    diesel::insert_into(setup_codes::table)
        .values((
            setup_codes::digest.eq(digest),
            setup_codes::created_at.eq(now),
        ))
        .execute(upkeep.conn())?;
    Ok(())
}

/// Whether a code with this digest was printed and still counts.
pub fn is_known(conn: &mut AnyConnection, digest: &[u8]) -> Result<bool, DbError> {
    diesel::select(diesel::dsl::exists(setup_codes::table.find(digest))).get_result(conn)
}

/// Ends every code: there is an owner now.
pub fn delete_all(tx: &mut Tx) -> Result<(), DbError> {
    diesel::delete(setup_codes::table).execute(tx.conn())?;
    Ok(())
}
