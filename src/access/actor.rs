//! Who acts, and from where.

use super::Action;
use crate::records::{Grant, Token};

/// Who acts, and from where. Loaded anew for every request, so that a change of roles holds
/// from the next one.
#[derive(Clone, Debug)]
pub struct Actor {
    /// The person, or what acts in place of one.
    pub who: Who,
    /// Where the request came from.
    pub origin: Origin,
}

/// Who acts.
#[derive(Clone, Debug)]
pub enum Who {
    /// A person who proved who they are.
    Person {
        /// Names them in the database.
        id: i64,
        /// Their name in the audit log.
        email: String,
        /// The roles they have right now.
        grants: Vec<Grant>,
        /// What their personal token leaves of those, if they come with one.
        token: Option<Narrowing>,
    },
    /// Whoever can run `keyward` on the machine may do everything.
    CommandLine,
    /// Nobody has signed in.
    Nobody,
}

/// What a person identified themselves with, which can end while they act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// A session.
    Session {
        /// Identifies the password it began with; see [`User::stamp`](crate::records::User::stamp).
        stamp: String,
    },
    /// A short-lived token.
    Jwt {
        /// The person's version; see [`User::version`](crate::records::User::version).
        version: i64,
    },
    /// The personal token with this id.
    Token(i64),
}

/// Where a request came from.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// The client's address.
    pub client_ip: Option<String>,
    /// What the client calls itself.
    pub user_agent: Option<String>,
    /// The id of the request in the log.
    pub request_id: Option<String>,
}

/// What a personal token leaves of what its owner may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// Names the token in the database.
    pub token_id: i64,
    /// Names the token in the audit log.
    pub prefix: String,
    /// What it may do.
    pub actions: Vec<Action>,
    /// The one project it is bound to.
    pub project_id: Option<i64>,
}

impl Narrowing {
    /// What this token leaves.
    pub fn of(token: &Token) -> Self {
        let actions = token
            .permissions
            .iter()
            .filter_map(|name| Action::from_permission(name));
        Narrowing {
            token_id: token.id,
            prefix: token.prefix.clone(),
            actions: actions.collect(),
            project_id: token.project_id,
        }
    }

    pub(super) fn reaches(&self, project: Option<i64>) -> bool {
        self.project_id.is_none() || self.project_id == project
    }
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

    /// The roles they have been given.
    pub fn grants(&self) -> &[Grant] {
        match &self.who {
            Who::Person { grants, .. } => grants,
            Who::CommandLine | Who::Nobody => &[],
        }
    }

    /// The personal token they come with, if any.
    pub fn token(&self) -> Option<&Narrowing> {
        match &self.who {
            Who::Person { token, .. } => token.as_ref(),
            _ => None,
        }
    }
}
