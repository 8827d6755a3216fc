//! What tells a database from every other one.

use diesel::prelude::*;

use super::schema::audit_head;
use super::{AnyConnection, DbError};

/// The random word that the database got when it was made.
///
/// # Errors
/// The database fails.
pub fn id(conn: &mut AnyConnection) -> Result<String, DbError> {
    audit_head::table
        .select(audit_head::installation)
        .first(conn)
}
