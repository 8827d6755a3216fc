//! Who acts, and from where.

use serde_json::{Map, Value};

use super::DomainError;
use super::policy::{Grant, Narrowing};
use crate::clock::UtcTime;
use crate::db::audit::AuditEntry;
use crate::db::projects::Project;
use crate::db::{self, AnyConnection, DbError};
use crate::key::Key;

/// Who acts, and from where. Loaded anew for every request, so that a change of roles holds
/// from the next one.
#[derive(Clone, Debug)]
pub struct Actor {
    pub who: Who,
    pub origin: Origin,
}

/// Who acts.
#[derive(Clone, Debug)]
pub enum Who {
    Person {
        id: i64,
        email: String,
        grants: Vec<Grant>,
        /// What is left of that for the personal token they come with.
        token: Option<Narrowing>,
        proof: Proof,
    },
    /// Whoever can run `keyward` on the machine may do everything.
    CommandLine,
    /// Nobody has signed in.
    Nobody,
}

/// What a person identified themselves with, which can end while they act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A session, which keeps a stamp of the password it began with; see
    /// [`User::stamp`](crate::db::users::User::stamp).
    Session { stamp: String },
    /// A short-lived token, which carries the person's version; see
    /// [`User::version`](crate::db::users::User::version).
    Jwt { version: i64 },
    /// The personal token with this id.
    Token(i64),
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
}

impl Actor {
    /// The command line.
    pub fn command_line() -> Self {
        Actor {
            who: Who::CommandLine,
            origin: Origin::default(),
        }
    }

    /// Somebody who has not signed in.
    pub fn nobody(origin: Origin) -> Self {
        Actor {
            who: Who::Nobody,
            origin,
        }
    }

    /// The person with this id and what they have been given right now; `None` if there is no
    /// such person, they were disabled, or what they identify themselves with has ended.
    pub fn load(
        conn: &mut AnyConnection,
        user: i64,
        proof: Proof,
        origin: Origin,
        now: UtcTime,
    ) -> Result<Option<Self>, DbError> {
        let Some(user) = db::users::by_id(conn, user)? else {
            return Ok(None);
        };
        let (holds, token) = match &proof {
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
        let grants = db::grants::of_user(conn, user.id)?
            .into_iter()
            .filter_map(|row| {
                Some(Grant {
                    role: row.role.parse().ok()?,
                    project_id: row.project_id,
                })
            })
            .collect();
        let who = Who::Person {
            id: user.id,
            email: user.email,
            grants,
            token,
            proof,
        };
        Ok(Some(Actor { who, origin }))
    }

    /// The same actor as they are now: between a request's beginning and its work, while its body
    /// arrives or others go first, they may have been disabled or lost a role.
    ///
    /// # Errors
    /// [`DomainError::NoLonger`]: they may not act any more.
    pub fn again(&self, conn: &mut AnyConnection, now: UtcTime) -> Result<Self, DomainError> {
        let Who::Person { id, proof, .. } = &self.who else {
            return Ok(self.clone());
        };
        let again = Self::load(conn, *id, proof.clone(), self.origin.clone(), now)?;
        again.ok_or(DomainError::NoLonger)
    }

    /// The name in the audit log and on keys.
    pub fn name(&self) -> &str {
        match &self.who {
            Who::Person { email, .. } => email,
            Who::CommandLine => "command line",
            Who::Nobody => "nobody",
        }
    }

    /// The id of the person, if it is one.
    pub fn id(&self) -> Option<i64> {
        match self.who {
            Who::Person { id, .. } => Some(id),
            _ => None,
        }
    }

    /// The personal token they come with, if any.
    pub fn token(&self) -> Option<&Narrowing> {
        match &self.who {
            Who::Person { token, .. } => token.as_ref(),
            _ => None,
        }
    }

    /// An audit entry of this actor, to be filled in further.
    pub fn entry(
        &self,
        action: &'static str,
        subject: impl Into<String>,
        now: UtcTime,
    ) -> AuditEntry {
        let token = self.token().map(|token| token.prefix.clone());
        let details = token.map(|prefix| ("personal_token".to_owned(), Value::from(prefix)));
        AuditEntry {
            at: now,
            actor: self.name().to_owned(),
            actor_id: self.id(),
            action,
            subject: subject.into(),
            project_id: None,
            key_id: None,
            related_key_id: None,
            details: Map::from_iter(details),
            client_ip: self.origin.client_ip.clone(),
            user_agent: self.origin.user_agent.clone(),
            request_id: self.origin.request_id.clone(),
        }
    }

    /// An audit entry of this actor about a project.
    pub fn project_entry(
        &self,
        action: &'static str,
        project: &Project,
        now: UtcTime,
    ) -> AuditEntry {
        let mut entry = self.entry(action, &project.name, now);
        entry.project_id = Some(project.id);
        entry
    }

    /// An audit entry of this actor about a key.
    pub fn key_entry(&self, action: &'static str, key: &Key, now: UtcTime) -> AuditEntry {
        let mut entry = self.entry(action, &key.label, now);
        entry.project_id = Some(key.project_id);
        entry.key_id = Some(key.id);
        entry
            .details
            .insert("key_prefix".into(), Value::from(key.prefix.clone()));
        entry
    }
}
