//! Who acts, and from where.

use serde_json::{Map, Value};

use super::policy::{Action, Grant, Narrowing};
use crate::clock::UtcTime;
use crate::db::audit::AuditEntry;
use crate::db::projects::Project;
use crate::db::tokens::Token;
use crate::db::users::User;
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
    },
    /// Whoever can run `keyward` on the machine may do everything.
    CommandLine,
    /// Nobody has signed in.
    Nobody,
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
    /// such person, they were disabled, or are not `still` who they were when they identified
    /// themselves.
    pub fn load(
        conn: &mut AnyConnection,
        user: i64,
        still: impl FnOnce(&User) -> bool,
        origin: Origin,
    ) -> Result<Option<Self>, DbError> {
        let Some(user) = db::users::by_id(conn, user)? else {
            return Ok(None);
        };
        if user.disabled_at.is_some() || !still(&user) {
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
            token: None,
        };
        Ok(Some(Actor { who, origin }))
    }

    /// The owner of a personal token with what the token leaves them; `None` as for
    /// [`load`](Self::load).
    pub fn load_by_token(
        conn: &mut AnyConnection,
        token: &Token,
        origin: Origin,
    ) -> Result<Option<Self>, DbError> {
        let mut actor = Self::load(conn, token.user_id, |_| true, origin)?;
        if let Some(Actor {
            who: Who::Person { token: slot, .. },
            ..
        }) = &mut actor
        {
            let names = token.permissions();
            *slot = Some(Narrowing {
                token_id: token.id,
                prefix: token.prefix.clone(),
                actions: names
                    .iter()
                    .filter_map(|name| Action::from_permission(name))
                    .collect(),
                project_id: token.project_id,
            });
        }
        Ok(actor)
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
