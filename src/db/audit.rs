//! Writing the audit log: in the same transaction as each change, chained by hash.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::schema::{audit_entries, audit_head};
use super::{AnyConnection, DbError, audit_terms};
use crate::access::{Actor, Origin};
use crate::clock::UtcTime;
use crate::records::audit::chained_hash;
use crate::records::{AuditEntry, Key};

/// An entry that is about to be written.
#[derive(Clone, Debug)]
pub struct NewEntry {
    /// When it happened.
    pub at: UtcTime,
    /// An email, `command line`, `Keyward`, or `nobody` before anyone signed in.
    pub actor: String,
    /// The person's id; `None` if the actor is not a person.
    pub actor_id: Option<i64>,
    /// A noun and what happened to it, for instance `key.revoked`.
    pub action: &'static str,
    /// The name of the thing: a label or an email.
    pub subject: String,
    /// The project it happened in.
    pub project_id: Option<i64>,
    /// The key it happened to.
    pub key_id: Option<i64>,
    /// The other key, where one replaces another.
    pub related_key_id: Option<i64>,
    /// What else is worth knowing; never a secret.
    pub details: Map<String, Value>,
    origin: Origin,
}

impl NewEntry {
    /// An entry about what `actor` did at the time `at`, to be filled in further. If the actor used
    /// a personal token, the details name it.
    pub fn new(
        actor: &Actor,
        at: UtcTime,
        action: &'static str,
        subject: impl Into<String>,
    ) -> Self {
        let token = actor.token().map(|token| Value::from(token.prefix.clone()));
        NewEntry {
            at,
            actor: actor.name().to_owned(),
            actor_id: actor.id(),
            action,
            subject: subject.into(),
            project_id: None,
            key_id: None,
            related_key_id: None,
            details: Map::from_iter(token.map(|prefix| ("personal_token".to_owned(), prefix))),
            origin: actor.origin.clone(),
        }
    }

    /// The same entry, in a project; `None` is in no project.
    pub fn in_project(mut self, project: impl Into<Option<i64>>) -> Self {
        self.project_id = project.into();
        self
    }

    /// The same entry, about a key.
    pub fn about_key(mut self, key: &Key) -> Self {
        self.key_id = Some(key.id);
        let entry = self
            .in_project(key.project_id)
            .with("key_prefix", key.prefix.as_str());
        match &key.consumer {
            Some(consumer) => entry.with("consumer", consumer.as_str()),
            None => entry,
        }
    }

    /// The entry as it is written, with its number.
    fn numbered(self, id: i64) -> AuditEntry {
        AuditEntry {
            id,
            at: self.at,
            actor: self.actor,
            actor_id: self.actor_id,
            action: self.action.to_owned(),
            subject: self.subject,
            project_id: self.project_id,
            key_id: self.key_id,
            related_key_id: self.related_key_id,
            details: Value::Object(self.details).to_string(),
            client_ip: self.origin.client_ip,
            user_agent: self.origin.user_agent,
            request_id: self.origin.request_id,
        }
    }

    /// Where it was asked from.
    pub(super) fn client_ip(&self) -> Option<&str> {
        self.origin.client_ip.as_deref()
    }

    /// The same entry, with one more detail.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }
}

/// The end of the chain, held by the running change.
pub(super) struct Head {
    pub(super) entry: i64,
    hash: Vec<u8>,
}

/// Takes the head, and with it the right to change anything until the transaction ends.
pub(super) fn take_head(conn: &mut AnyConnection) -> Result<Head, DbError> {
    diesel::update(audit_head::table.find(1))
        .set(audit_head::last_entry.eq(audit_head::last_entry + 1))
        .returning((audit_head::last_entry, audit_head::hash))
        .get_result::<(i64, Vec<u8>)>(conn)
        .map(|(entry, hash)| Head { entry, hash })
}

/// Writes `entry` after `head` and moves the head to it.
pub(super) fn append(conn: &mut AnyConnection, head: Head, entry: NewEntry) -> Result<(), DbError> {
    let entry = entry.numbered(head.entry);
    let hash = chained_hash(&head.hash, &entry.json());
    let terms = audit_terms::words(&entry.subject, &entry.details);
    audit_terms::insert(conn, entry.id, &terms)?;
    diesel::insert_into(audit_entries::table)
        .values((
            (
                audit_entries::id.eq(entry.id),
                audit_entries::at.eq(entry.at),
                audit_entries::actor.eq(entry.actor),
                audit_entries::actor_id.eq(entry.actor_id),
                audit_entries::action.eq(entry.action),
                audit_entries::subject.eq(entry.subject),
                audit_entries::project_id.eq(entry.project_id),
                audit_entries::key_id.eq(entry.key_id),
            ),
            (
                audit_entries::related_key_id.eq(entry.related_key_id),
                audit_entries::details.eq(entry.details),
                audit_entries::client_ip.eq(entry.client_ip),
                audit_entries::user_agent.eq(entry.user_agent),
                audit_entries::request_id.eq(entry.request_id),
                audit_entries::previous_hash.eq(head.hash),
                audit_entries::hash.eq(hash.as_slice()),
            ),
        ))
        .execute(conn)?;
    diesel::update(audit_head::table.find(1))
        .set(audit_head::hash.eq(hash.as_slice()))
        .execute(conn)?;
    Ok(())
}
