//! The audit log: appended to in the same transaction as each change, chained by hash.

use diesel::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::change::Tx;
use super::schema::{audit_entries, audit_head};
use super::{AnyConnection, DbError};
use crate::clock::{UtcTime, rfc3339};

/// What happened, as a change hands it over.
#[derive(Clone, Debug)]
pub struct AuditEntry {
    pub at: UtcTime,
    /// An email, `command line`, or `nobody` before anyone signed in.
    pub actor: String,
    pub actor_id: Option<i64>,
    /// A noun and what happened to it, for instance `key.revoked`.
    pub action: &'static str,
    /// The name of the thing: a label or an email.
    pub subject: String,
    pub project_id: Option<i64>,
    pub key_id: Option<i64>,
    /// The other key, where one takes the place of another.
    pub related_key_id: Option<i64>,
    /// What else is worth knowing; never a secret.
    pub details: serde_json::Map<String, serde_json::Value>,
    pub client_ip: Option<String>,
    pub user_agent: Option<String>,
    pub request_id: Option<String>,
}

/// An entry as it is read back.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub struct AuditRow {
    pub id: i64,
    pub at: UtcTime,
    pub actor: String,
    pub action: String,
    pub subject: String,
    pub project_id: Option<i64>,
    pub key_id: Option<i64>,
    pub related_key_id: Option<i64>,
    pub details: String,
    pub client_ip: Option<String>,
}

/// The end of the chain, held by the change that is under way.
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

/// Writes `entry` behind `head` and moves the head to it.
pub(super) fn append(tx: &mut Tx, head: Head, entry: AuditEntry) -> Result<(), DbError> {
    let details = serde_json::Value::Object(entry.details.clone()).to_string();
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
                audit_entries::client_ip.eq(entry.client_ip),
                audit_entries::user_agent.eq(entry.user_agent),
                audit_entries::request_id.eq(entry.request_id),
                audit_entries::previous_hash.eq(head.hash),
                audit_entries::hash.eq(hash.as_slice()),
            ),
        ))
        .execute(tx.conn())?;
    diesel::update(audit_head::table.find(1))
        .set(audit_head::hash.eq(hash.as_slice()))
        .execute(tx.conn())?;
    Ok(())
}

/// The hash of an entry: SHA-256 over the previous entry's hash and this entry as JSON, its
/// fields in the order written here. Whoever changes or drops an entry breaks every later one.
fn chained_hash(head: &Head, entry: &AuditEntry, details: &str) -> [u8; 32] {
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
        client_ip: entry.client_ip.as_deref(),
        user_agent: entry.user_agent.as_deref(),
        request_id: entry.request_id.as_deref(),
    };
    let json = serde_json::to_vec(&hashed).expect("strings and numbers");
    Sha256::new()
        .chain_update(&head.hash)
        .chain_update(json)
        .finalize()
        .into()
}

/// Entries of the given projects, newest first; of `None`, all there are. Those before the
/// entry `before`, without the first `skip`, at most `limit`.
pub fn page(
    conn: &mut AnyConnection,
    projects: Option<&[i64]>,
    before: Option<i64>,
    skip: i64,
    limit: i64,
) -> Result<Vec<AuditRow>, DbError> {
    let before = before.unwrap_or(i64::MAX);
    let newest = audit_entries::table
        .filter(audit_entries::id.lt(before))
        .order(audit_entries::id.desc())
        .offset(skip)
        .limit(limit);
    match projects {
        None => newest.select(AuditRow::as_select()).load(conn),
        Some(projects) => newest
            .filter(audit_entries::project_id.eq_any(projects))
            .select(AuditRow::as_select())
            .load(conn),
    }
}

/// The number of the last entry, which is how many there are.
pub fn last_entry(conn: &mut AnyConnection) -> Result<i64, DbError> {
    audit_head::table
        .find(1)
        .select(audit_head::last_entry)
        .first(conn)
}

/// What happened to one key, newest first, at most `limit` entries.
pub fn of_key(conn: &mut AnyConnection, key: i64, limit: i64) -> Result<Vec<AuditRow>, DbError> {
    audit_entries::table
        .filter(
            audit_entries::key_id
                .eq(key)
                .or(audit_entries::related_key_id.eq(key)),
        )
        .order(audit_entries::id.desc())
        .limit(limit)
        .select(AuditRow::as_select())
        .load(conn)
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
