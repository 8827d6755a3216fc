//! Who acts, as they are at this moment.

use super::DomainError;
use crate::access::{Actor, Narrowing, Origin, Proof, Who};
use crate::clock::UtcTime;
use crate::db::{self, AnyConnection, DbError};

/// A person whose password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// Names them in the database.
    pub id: i64,
    /// Of the password that was right; see [`User::stamp`](crate::records::User::stamp).
    pub stamp: String,
    /// See [`User::version`](crate::records::User::version).
    pub version: i64,
}

/// Who somebody says they are, and what they identify themselves with. It is checked in the
/// moment they act.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The person.
    pub user_id: i64,
    /// What they identify themselves with.
    pub proof: Proof,
    /// Where the request came from.
    pub origin: Origin,
}

impl Claim {
    /// The person and what they have been given right now; `None` if there is no such person,
    /// they were disabled, or what they identify themselves with has ended.
    ///
    /// # Errors
    /// The database fails.
    pub fn load(&self, conn: &mut AnyConnection, now: UtcTime) -> Result<Option<Actor>, DbError> {
        let Some(user) = db::users::by_id(conn, self.user_id)? else {
            return Ok(None);
        };
        let (holds, token) = match &self.proof {
            Proof::Session { stamp } => (user.stamp() == *stamp, None),
            Proof::Jwt { version } => (user.version == *version, None),
            Proof::Token(id) => {
                let token = db::tokens::by_id(conn, user.id, *id)?;
                let token = token.filter(|token| token.is_active(now));
                (token.is_some(), token.as_ref().map(Narrowing::of))
            }
        };
        if user.disabled_at.is_some() || !holds {
            return Ok(None);
        }
        let who = Who::Person {
            id: user.id,
            email: user.email,
            grants: db::grants::of_user(conn, user.id)?,
            token,
        };
        let origin = self.origin.clone();
        Ok(Some(Actor { who, origin }))
    }

    /// The same, for somebody who is about to act.
    ///
    /// # Errors
    /// [`DomainError::NoLonger`]: they may not act any more.
    pub fn check(&self, conn: &mut AnyConnection, now: UtcTime) -> Result<Actor, DomainError> {
        self.load(conn, now)?.ok_or(DomainError::NoLonger)
    }
}
