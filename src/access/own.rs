//! What people may do because it is their own: no role gives it, and none is needed.

use super::{Actor, Who};

/// The proof that people change what is their own: the password, sessions, personal tokens.
/// [`Actor::own`] and [`Actor::own_token`] create it.
#[derive(Clone, Copy, Debug)]
pub struct OwnPermit<'a> {
    actor: &'a Actor,
    user_id: i64,
}

impl<'a> OwnPermit<'a> {
    /// The actor who may make the change.
    pub fn actor(self) -> &'a Actor {
        self.actor
    }

    /// The actor's own id.
    pub fn user_id(self) -> i64 {
        self.user_id
    }
}

/// The proof that people answer, in an access review, for a key that they own.
/// [`Actor::answers_for`] creates it.
#[derive(Clone, Copy, Debug)]
pub struct AnswerPermit<'a> {
    actor: &'a Actor,
    project_id: i64,
}

impl<'a> AnswerPermit<'a> {
    /// The owner of the key.
    pub fn actor(self) -> &'a Actor {
        self.actor
    }

    /// The project of the key.
    pub fn project_id(self) -> i64 {
        self.project_id
    }
}

impl Actor {
    /// Lets people answer for a key of this owner in this project, whatever their role there, as long as
    /// they have one. `None` for anybody else, and for personal tokens.
    pub fn answers_for(&self, owner: Option<&str>, project_id: i64) -> Option<AnswerPermit<'_>> {
        let is_own = owner == Some(self.name()) && self.knows(project_id);
        self.own().filter(|_| is_own).map(|_| AnswerPermit {
            actor: self,
            project_id,
        })
    }

    /// Lets people change what is their own. `None` for the command line, without a sign-in, and
    /// for personal tokens: a token is not the person, so it can't decide who its owner is.
    pub fn own(&self) -> Option<OwnPermit<'_>> {
        match &self.who {
            Who::Person {
                id, token: None, ..
            } => Some(OwnPermit {
                actor: self,
                user_id: *id,
            }),
            _ => None,
        }
    }

    /// Lets a personal token revoke itself. `None` for any other token.
    pub fn own_token(&self, token: i64) -> Option<OwnPermit<'_>> {
        let own = self.token().filter(|own| own.token_id == token);
        own.zip(self.id()).map(|(_, user_id)| OwnPermit {
            actor: self,
            user_id,
        })
    }
}
