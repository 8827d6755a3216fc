//! Who acts, with the roles they have at this moment.

use super::DomainError;
use crate::access::{Actor, Narrowing, Origin, Proof, Who};
use crate::clock::UtcTime;
use crate::db::{self, AnyConnection, DbError};

/// A person whose password was right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recognised {
    /// The person's database id.
    pub id: i64,
    /// The stamp of that password; see [`User::stamp`](crate::records::User::stamp).
    pub stamp: String,
    /// See [`User::version`](crate::records::User::version).
    pub version: i64,
}

/// Who somebody claims to be, and how they identified themselves. It is checked when they act.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The person.
    pub user_id: i64,
    /// How they identified themselves.
    pub proof: Proof,
    /// Where the request came from.
    pub origin: Origin,
}

impl Claim {
    /// The person with their present roles; `None` if there is no such person, they were disabled,
    /// or the proof is no longer valid.
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

    /// Like [`load`](Self::load), for somebody who is about to act.
    ///
    /// # Errors
    /// [`DomainError::NoLonger`] if they may no longer act.
    pub fn check(&self, conn: &mut AnyConnection, now: UtcTime) -> Result<Actor, DomainError> {
        self.load(conn, now)?.ok_or(DomainError::NoLonger)
    }
}
