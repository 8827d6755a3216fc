//! Codes that let the first owner in. Each instance prints one while there is no owner.

use diesel::prelude::*;

use super::change::{Permission, Tx, UnauditedTx, sealed};
use super::schema::setup_codes;
use super::{AnyConnection, DbError, users};
use crate::access::Actor;
use crate::clock::UtcTime;

/// Stores the digest of a code that is about to be printed.
pub fn insert(tx: &mut UnauditedTx, digest: &[u8], now: UtcTime) -> Result<(), DbError> {
    diesel::insert_into(setup_codes::table)
        .values((
            setup_codes::digest.eq(digest),
            setup_codes::created_at.eq(now),
        ))
        .execute(tx.conn())?;
    Ok(())
}

/// The proof that somebody knows a setup code. [`permit_for`] makes it.
pub struct SetupPermit<'a>(&'a Actor);

impl sealed::Sealed for SetupPermit<'_> {}

impl Permission for SetupPermit<'_> {
    fn actor(&self) -> &Actor {
        self.0
    }
}

/// Lets `actor`, who knows the code with this digest, set the instance up; `None` if no such code
/// was printed, or there is an owner.
pub fn permit_for<'a>(
    conn: &mut AnyConnection,
    actor: &'a Actor,
    digest: &[u8],
) -> Result<Option<SetupPermit<'a>>, DbError> {
    if users::any_owner(conn)? {
        return Ok(None);
    }
    let is_known: bool =
        diesel::select(diesel::dsl::exists(setup_codes::table.find(digest))).get_result(conn)?;
    Ok(is_known.then_some(SetupPermit(actor)))
}

/// Ends every code: there is an owner now.
pub fn delete_all(tx: &mut Tx) -> Result<(), DbError> {
    diesel::delete(setup_codes::table).execute(tx.conn())?;
    Ok(())
}
