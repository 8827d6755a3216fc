//! Decides on presented keys: from memory while that is certain, otherwise from the database.

use std::sync::Arc;

use keyward_key::verdict::{Outcome, Requirement};
use keyward_key::{KeyDigest, format};

use super::UsageBuffer;
use super::entry::Entry;
use super::follower::Known;
use super::ledger::Caller;
use super::limits::Remaining;
use super::reader::{Reader, Unsure};
use crate::clock::Clock;
use crate::db::known_keys::{self, KnownProject, Which};
use crate::db::{AnyConnection, Connection, DbError, keys};

/// The longest key from another system, in bytes.
const MAX_IMPORTED: usize = 512;

/// Decides on presented keys.
pub struct Verifier {
    reader: Reader,
    clock: Clock,
    known: Arc<Known>,
    usage: Arc<UsageBuffer>,
}

/// A verdict, with the key and its project if the caller may know about them.
#[derive(Clone, Copy)]
pub struct Verdict<'a> {
    /// Decides the status and the code of the answer.
    pub outcome: Outcome,
    /// `None` if there is no such key, or the caller may not know about it.
    pub key: Option<(&'a Entry, &'a KnownProject)>,
    /// What is left of the rate limit; `None` if the request was not counted.
    pub limit: Option<Remaining>,
}

impl Verdict<'_> {
    /// A refusal that does not reveal any key.
    pub fn without_key(outcome: Outcome) -> Self {
        Verdict {
            outcome,
            key: None,
            limit: None,
        }
    }
}

impl Verifier {
    /// A verifier that asks the database with `reader` where memory is not certain.
    pub fn new(reader: Reader, clock: Clock, known: Arc<Known>, usage: Arc<UsageBuffer>) -> Self {
        Verifier {
            reader,
            clock,
            known,
            usage,
        }
    }

    /// Whether the database takes changes, as far as is known without asking it.
    pub fn is_ready(&self) -> bool {
        self.known.is_ready()
    }

    /// The time, in microseconds since 1970.
    pub fn now(&self) -> i64 {
        self.clock.micros()
    }

    /// Like [`verify`](Self::verify), but only from memory; `None` if memory is not certain.
    pub fn verify_now<T>(
        &self,
        secret: &str,
        required: &Requirement,
        caller: &Caller,
        answer: impl FnOnce(Verdict) -> T,
    ) -> Option<T> {
        if !self.may_be_a_key(secret) {
            return Some(answer(Verdict::without_key(Outcome::NotFound)));
        }
        if !self.known.is_certain() {
            return None;
        }
        Some(self.verify_known(&KeyDigest::of(secret), required, caller, answer))
    }

    /// Whether `text` is a key from another system; `None` if memory is not certain.
    pub fn is_imported_now(&self, text: &str) -> Option<bool> {
        if !self.may_be_imported(text) {
            return Some(false);
        }
        let is_known = || {
            self.known
                .index
                .read(&KeyDigest::of(text), |key| key.is_some())
        };
        self.known.is_certain().then(is_known)
    }

    /// Whether `text` is a key from another system.
    ///
    /// # Errors
    /// Memory is not certain, and the database fails or does not answer in time.
    pub async fn is_imported(&self, text: &str) -> Result<bool, Unsure> {
        match self.is_imported_now(text) {
            Some(known) => Ok(known),
            None => Ok(self.ask(KeyDigest::of(text)).await?.is_some()),
        }
    }

    /// Decides on `secret` and returns what `answer` makes of the verdict. Unless there are keys
    /// from another system, a mistyped or invented secret is refused without a lookup.
    ///
    /// # Errors
    /// Memory is not certain, and the database fails or does not answer in time.
    pub async fn verify<T>(
        &self,
        secret: &str,
        required: &Requirement,
        caller: &Caller<'_>,
        answer: impl FnOnce(Verdict) -> T,
    ) -> Result<T, Unsure> {
        if !self.may_be_a_key(secret) {
            return Ok(answer(Verdict::without_key(Outcome::NotFound)));
        }
        let digest = KeyDigest::of(secret);
        if self.known.is_certain() {
            return Ok(self.verify_known(&digest, required, caller, answer));
        }
        let Some((fresh, project)) = self.ask(digest).await? else {
            return Ok(answer(Verdict::without_key(Outcome::NotFound)));
        };
        Ok(self.known.index.read(&digest, |memory| {
            let memory = memory.unwrap_or(&fresh);
            answer(self.judge(&digest, (&fresh, &project), memory, required, caller))
        }))
    }

    /// Whether a lookup is worthwhile: it has the format of our keys, or there may be keys from
    /// another system.
    fn may_be_a_key(&self, secret: &str) -> bool {
        format::is_well_formed(secret) || self.may_be_imported(secret)
    }

    fn may_be_imported(&self, secret: &str) -> bool {
        secret.len() <= MAX_IMPORTED && self.known.may_have_imported()
    }

    fn verify_known<T>(
        &self,
        digest: &KeyDigest,
        required: &Requirement,
        caller: &Caller,
        answer: impl FnOnce(Verdict) -> T,
    ) -> T {
        self.known.index.read(digest, |key| match key {
            Some(key) => {
                let project = key.kind.project.facts();
                answer(self.judge(digest, (key, &project), key, required, caller))
            }
            None => answer(Verdict::without_key(Outcome::NotFound)),
        })
    }

    fn judge<'a>(
        &self,
        digest: &KeyDigest,
        (key, project): (&'a Entry, &'a KnownProject),
        memory: &Entry,
        required: &Requirement,
        caller: &Caller,
    ) -> Verdict<'a> {
        let now = self.clock.micros();
        let (outcome, limit) = key.judge(project, memory, required, caller.ip, now);
        if outcome == Outcome::Expired {
            self.known.note_refused(key.id, digest);
        }
        let used = (outcome == Outcome::Valid).then(|| key.used(project, required));
        let used = used.into_iter().flatten();
        self.usage.record(key.id, outcome, caller, used, now);
        // A key that this caller may not know about is answered like an unknown one.
        let key = Some((key, project)).filter(|_| outcome != Outcome::NotFound);
        Verdict {
            outcome,
            key,
            limit,
        }
    }

    /// The owner and the metadata of a key, which memory doesn't have.
    ///
    /// # Errors
    /// The database fails or does not answer in time.
    pub async fn details(&self, key: i64) -> Result<Option<keys::Details>, Unsure> {
        let reading = move |conn: &mut Connection| keys::details(conn, key);
        self.reader.read(reading).await
    }

    /// Reads the key from the database; `None` if it does not exist.
    async fn ask(&self, digest: KeyDigest) -> Result<Option<Fresh>, Unsure> {
        let known = Arc::clone(&self.known);
        let reading = move |conn: &mut Connection| look_up(conn, &known, &digest);
        self.reader.read(reading).await
    }
}

/// A key and its project, as just read.
type Fresh = (Entry, Arc<KnownProject>);

/// Reads a key, and adds it to memory, where its rate limit is counted. Not from a database that has
/// lost changes, though: what memory knows must not be overwritten before all of it is compared.
fn look_up(
    conn: &mut AnyConnection,
    known: &Known,
    digest: &KeyDigest,
) -> Result<Option<Fresh>, DbError> {
    let reading = known.index.reading();
    let Some(key) = known_keys::by_digest(conn, digest)? else {
        return Ok(None);
    };
    let projects = known_keys::projects(conn, Which::WithIds(&[key.project_id]))?;
    let Some(project) = projects.into_iter().next() else {
        return Ok(None);
    };
    let has_lost = known.is_ahead_of(conn)?;
    if !has_lost {
        known
            .index
            .take_in_of(reading, vec![project.clone()], vec![key.clone()]);
    }
    Ok(Some(known.index.fresh(project, key, has_lost)))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::Ordering;

    use keyward_key::{Environment, KeyFormat};

    use super::*;
    use crate::db::Pool;
    use crate::db::connection::DatabaseUrl;
    use crate::db::known_keys::KnownKey;
    use crate::verify::lease::Moment;

    /// A verifier that knows one key, and whose database does not exist.
    fn verifier() -> (Verifier, String) {
        let format = KeyFormat {
            start: "mk".into(),
            environment_segment: true,
        };
        let secret = format.generate(Environment::Live).unwrap();
        let project = KnownProject {
            id: 1,
            slug: "default".into(),
            rate_limit: None,
            catalogue: Arc::default(),
            archived: false,
            has_imported: false,
            changed_in: 0,
        };
        let key = KnownKey {
            id: 7,
            project_id: 1,
            digest: secret.digest(),
            label: "Checkout".into(),
            environment: Environment::Live,
            scopes: "*".into(),
            expires_at: None,
            rate_limit: None,
            allowed_ips: vec![],
            consumer: None,
            revoked: false,
            changed_in: 1,
        };
        let known = Arc::new(Known::default());
        known.index.take_in(vec![project], vec![key]);
        known.is_loaded.store(true, Ordering::Release);
        let nowhere = DatabaseUrl::Sqlite("/nonexistent/keyward.db".into());
        let pool = Pool::new(nowhere, 1, None);
        let verifier = Verifier::new(Reader::new(pool), Clock::default(), known, Arc::default());
        (verifier, secret.expose().to_owned())
    }

    fn outcome_now(verifier: &Verifier, secret: &str) -> Option<Outcome> {
        let (required, caller) = (Requirement::default(), Caller::default());
        verifier.verify_now(secret, &required, &caller, |verdict| verdict.outcome)
    }

    #[test]
    fn known_and_unknown_keys_are_judged_without_a_database_while_the_lease_holds() {
        let (verifier, secret) = verifier();
        let (_, unknown) = self::verifier();
        assert_eq!(outcome_now(&verifier, &secret), None, "no lease yet");
        verifier.known.lease.take(Moment::now());
        assert_eq!(outcome_now(&verifier, &secret), Some(Outcome::Valid));
        assert_eq!(outcome_now(&verifier, &unknown), Some(Outcome::NotFound));
        verifier.known.lease.end();
        assert_eq!(outcome_now(&verifier, &secret), None);
        assert_eq!(outcome_now(&verifier, "malformed"), Some(Outcome::NotFound));
    }

    #[actix_web::test]
    async fn without_lease_and_database_nothing_is_let_through() {
        let (verifier, secret) = verifier();
        let (required, caller) = (Requirement::default(), Caller::default());
        let verdict = verifier.verify(&secret, &required, &caller, |verdict| verdict.outcome);
        assert!(verdict.await.is_err());
    }
}
