//! Who acts, and from where.

use super::Action;
use crate::records::{Grant, Token};

/// Who acts, and from where. Loaded for every request, so that a role change takes effect with the
/// next one.
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
        /// The person's database id.
        id: i64,
        /// Their name in the audit log.
        email: String,
        /// The roles they have right now.
        grants: Vec<Grant>,
        /// The limits of their personal token; `None` if they don't use one.
        token: Option<Narrowing>,
    },
    /// Anyone who can run `keyward` on the machine. May do everything.
    CommandLine,
    /// Keyward itself. May do nothing that needs a permit.
    Service,
    /// Nobody has signed in.
    Nobody,
}

/// How a person identified themselves. It can end while they act.
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
    /// The client's `User-Agent`.
    pub user_agent: Option<String>,
    /// The id of the request in the log.
    pub request_id: Option<String>,
}

/// The limits that a personal token puts on what its owner may do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Narrowing {
    /// The token's database id.
    pub token_id: i64,
    /// Names the token in the audit log.
    pub prefix: String,
    /// What it may do.
    pub actions: Vec<Action>,
    /// The only project it is valid in; `None` for all.
    pub project_id: Option<i64>,
}

impl Narrowing {
    /// The limits of `token`.
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
    /// The actor behind every `keyward` command.
    pub fn command_line() -> Self {
        Actor {
            who: Who::CommandLine,
            origin: Origin::default(),
        }
    }

    /// Keyward itself, where it does what nobody asked for.
    pub fn service() -> Self {
        Actor {
            who: Who::Service,
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
            Who::Service => "Keyward",
            Who::Nobody => "nobody",
        }
    }

    /// The person's id; `None` unless a person acts.
    pub fn id(&self) -> Option<i64> {
        match self.who {
            Who::Person { id, .. } => Some(id),
            _ => None,
        }
    }

    /// Their roles; empty unless a person acts.
    pub fn grants(&self) -> &[Grant] {
        match &self.who {
            Who::Person { grants, .. } => grants,
            Who::CommandLine | Who::Service | Who::Nobody => &[],
        }
    }

    /// The limits of the personal token they use, if any.
    pub fn token(&self) -> Option<&Narrowing> {
        match &self.who {
            Who::Person { token, .. } => token.as_ref(),
            _ => None,
        }
    }
}
