//! The audit log: appended to in the same transaction as each change, chained by hash.

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::schema::{audit_entries, audit_head};
use super::time_limit::{self, in_time};
use super::{AnyConnection, DbError};
use crate::access::{Actor, Origin};
use crate::clock::{UtcTime, rfc3339};
use crate::records::AuditEntry;

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

/// A row of `audit_entries`, as lists show it.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
struct Row {
    id: i64,
    at: UtcTime,
    actor: String,
    action: String,
    subject: String,
    project_id: Option<i64>,
    key_id: Option<i64>,
    related_key_id: Option<i64>,
    details: String,
    client_ip: Option<String>,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        AuditEntry {
            id: row.id,
            at: row.at,
            actor: row.actor,
            action: row.action,
            subject: row.subject,
            project_id: row.project_id,
            key_id: row.key_id,
            related_key_id: row.related_key_id,
            details: row.details,
            client_ip: row.client_ip,
        }
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
    let details = Value::Object(entry.details.clone()).to_string();
    let hash = chained_hash(&head, &entry, &details);
    diesel::insert_into(audit_entries::table)
        .values((
            (
                audit_entries::id.eq(head.entry),
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
                audit_entries::details.eq(details),
                audit_entries::client_ip.eq(entry.origin.client_ip),
                audit_entries::user_agent.eq(entry.origin.user_agent),
                audit_entries::request_id.eq(entry.origin.request_id),
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

/// The hash of an entry: SHA-256 over the previous entry's hash and this entry as JSON, its fields
/// in the order written here. Changing or dropping an entry breaks every later one.
fn chained_hash(head: &Head, entry: &NewEntry, details: &str) -> [u8; 32] {
    #[derive(Serialize)]
    struct Hashed<'a> {
        id: i64,
        at: String,
        actor: &'a str,
        actor_id: Option<i64>,
        action: &'a str,
        subject: &'a str,
        project_id: Option<i64>,
        key_id: Option<i64>,
        related_key_id: Option<i64>,
        details: &'a str,
        client_ip: Option<&'a str>,
        user_agent: Option<&'a str>,
        request_id: Option<&'a str>,
    }
    let hashed = Hashed {
        id: head.entry,
        at: rfc3339(entry.at),
        actor: &entry.actor,
        actor_id: entry.actor_id,
        action: entry.action,
        subject: &entry.subject,
        project_id: entry.project_id,
        key_id: entry.key_id,
        related_key_id: entry.related_key_id,
        details,
        client_ip: entry.origin.client_ip.as_deref(),
        user_agent: entry.origin.user_agent.as_deref(),
        request_id: entry.origin.request_id.as_deref(),
    };
    let json = serde_json::to_vec(&hashed).expect("strings and numbers");
    Sha256::new()
        .chain_update(&head.hash)
        .chain_update(json)
        .finalize()
        .into()
}

/// Entries of the given projects, or of all with `None`, newest first: those before the entry
/// `before`, without the first `skip`, at most `limit`.
pub fn page(
    conn: &mut AnyConnection,
    projects: Option<&[i64]>,
    before: Option<i64>,
    skip: i64,
    limit: i64,
) -> Result<Vec<AuditEntry>, DbError> {
    let before = before.unwrap_or(i64::MAX);
    let mut newest = audit_entries::table.into_boxed();
    if time_limit::is_asked(conn) {
        newest = newest.filter(in_time());
    }
    if let Some(projects) = projects {
        newest = newest.filter(audit_entries::project_id.eq_any(projects));
    }
    let rows: Vec<Row> = newest
        .filter(audit_entries::id.lt(before))
        .order(audit_entries::id.desc())
        .offset(skip)
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// The newest changes in the given projects, or in all with `None`, at most `limit`: entries that
/// tell of no sign-in and no refusal.
pub fn changes(
    conn: &mut AnyConnection,
    projects: Option<&[i64]>,
    limit: i64,
) -> Result<Vec<AuditEntry>, DbError> {
    let mut newest = audit_entries::table.into_boxed();
    if time_limit::is_asked(conn) {
        newest = newest.filter(in_time());
    }
    if let Some(projects) = projects {
        newest = newest.filter(audit_entries::project_id.eq_any(projects));
    }
    let rows: Vec<Row> = newest
        .filter(audit_entries::action.not_like("session.%"))
        .filter(audit_entries::action.ne("access.denied"))
        .order(audit_entries::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// The number of the last entry, which is how many there are.
pub fn last_entry(conn: &mut AnyConnection) -> Result<i64, DbError> {
    audit_head::table
        .find(1)
        .select(audit_head::last_entry)
        .first(conn)
}

/// What happened to one key, newest first, at most `limit` entries.
pub fn of_key(conn: &mut AnyConnection, key: i64, limit: i64) -> Result<Vec<AuditEntry>, DbError> {
    let rows: Vec<Row> = audit_entries::table
        .filter(
            audit_entries::key_id
                .eq(key)
                .or(audit_entries::related_key_id.eq(key)),
        )
        .order(audit_entries::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// The addresses of a person's latest sign-ins, at most `limit`.
pub fn sign_in_addresses(
    conn: &mut AnyConnection,
    user: i64,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let addresses: Vec<Option<String>> = audit_entries::table
        .filter(audit_entries::actor_id.eq(user))
        .filter(audit_entries::action.eq("session.started"))
        .order(audit_entries::id.desc())
        .limit(limit)
        .select(audit_entries::client_ip)
        .load(conn)?;
    Ok(addresses.into_iter().flatten().collect())
}
