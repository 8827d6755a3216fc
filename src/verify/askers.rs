//! Services that ask with a personal token: more is told them about a key and, if the instance is set up
//! so, nobody else is answered.
//!
//! A token that was recognised is remembered together with the number of the audit entry that was the
//! last one known by then. It is recognised from memory as long as the lease is alive and there has been
//! no other entry: whatever ends a token, or changes what it may do, is one.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use keyward_key::{KeyDigest, format};

use super::follower::Known;
use super::reader::{Reader, Unsure};
use crate::access::{Action, Actor, Origin};
use crate::clock::{Clock, UtcTime};
use crate::db::Connection;
use crate::domain::{Op, tokens};

/// Recognises services by their personal tokens.
pub struct Askers {
    reader: Reader,
    clock: Clock,
    known: Arc<Known>,
    /// Whether nobody is answered without a token.
    is_required: bool,
    recognised: RwLock<HashMap<KeyDigest, Recognised>>,
}

#[derive(Clone)]
struct Recognised {
    /// `None` if the token lacks the permission.
    asker: Option<Arc<Asker>>,
    /// When the token expires.
    until: UtcTime,
    /// Nothing up to this entry took anything from it.
    as_of: i64,
}

/// A service with a personal token that has the permission `keys:verify`.
pub struct Asker {
    actor: Actor,
}

impl Asker {
    /// Whether it may verify keys of this project.
    pub fn may_verify(&self, project: i64) -> bool {
        self.actor.may(Action::VerifyKeys, Some(project))
    }
}

/// Why a question is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rebuff {
    /// A token is required, and there is none.
    Missing,
    /// It is unknown, revoked or expired, or its owner is disabled.
    Unknown,
    /// A token is required, and this one lacks the permission.
    Forbidden,
    /// The database did not answer in time.
    Unsure,
}

impl Askers {
    /// Recognises tokens that `reader` finds. If `is_required`, questions without one are rebuffed.
    pub fn new(reader: Reader, clock: Clock, known: Arc<Known>, is_required: bool) -> Self {
        Askers {
            reader,
            clock,
            known,
            is_required,
            recognised: RwLock::default(),
        }
    }

    /// Whether nobody is answered without a token.
    pub fn is_required(&self) -> bool {
        self.is_required
    }

    /// Who asks with this token, from memory; `None` if memory is not certain.
    pub fn recognise_now(&self, token: Option<&str>) -> Option<Result<Option<Arc<Asker>>, Rebuff>> {
        let Some(token) = token else {
            return Some(match self.is_required {
                true => Err(Rebuff::Missing),
                false => Ok(None),
            });
        };
        if !format::is_well_formed(token) {
            return Some(Err(Rebuff::Unknown));
        }
        let digest = KeyDigest::of(token);
        let all = self.recognised.read();
        let found = all
            .unwrap_or_else(PoisonError::into_inner)
            .get(&digest)
            .cloned()?;
        let is_current = self.known.is_certain() && self.known.last_entry() == found.as_of;
        let now = self.clock.now();
        let lasts = found.until > now;
        (is_current && lasts).then(|| self.admit(found.asker))
    }

    /// A token without the permission is as good as none.
    fn admit(&self, asker: Option<Arc<Asker>>) -> Result<Option<Arc<Asker>>, Rebuff> {
        match asker {
            None if self.is_required => Err(Rebuff::Forbidden),
            asker => Ok(asker),
        }
    }

    /// Who asks with this token; `None` is anyone.
    ///
    /// # Errors
    /// The token is unknown, or a token with the permission is required, or nobody knows.
    pub async fn recognise(&self, token: Option<&str>) -> Result<Option<Arc<Asker>>, Rebuff> {
        match (self.recognise_now(token), token) {
            (Some(known), _) => known,
            (None, None) => Err(Rebuff::Missing),
            (None, Some(token)) => self.admit(self.look_up(token).await?),
        }
    }

    async fn look_up(&self, token: &str) -> Result<Option<Arc<Asker>>, Rebuff> {
        let as_of = self.known.last_entry();
        let (now, secret) = (self.clock.now(), token.to_owned());
        let reading = move |conn: &mut Connection| {
            let nobody = Actor::nobody(Origin::default());
            tokens::who_verifies(&mut Op::new(conn, &nobody, now), &secret)
        };
        let found = self.reader.read(reading).await;
        let found = found.map_err(|Unsure| Rebuff::Unsure)?;
        let (actor, until) = found.ok_or(Rebuff::Unknown)?;
        let may = actor.may_anywhere(Action::VerifyKeys);
        let asker = may.then(|| Arc::new(Asker { actor }));
        let recognised = Recognised {
            asker: asker.clone(),
            until,
            as_of,
        };
        let mut all = self
            .recognised
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        // Tokens that ended are asked for no more.
        all.retain(|_, one| one.as_of == as_of);
        all.insert(KeyDigest::of(token), recognised);
        Ok(asker)
    }
}
