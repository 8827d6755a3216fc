//! Who had which role.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::Value;

use super::as_of::AsOf;
use crate::access::Action;
use crate::db::audit_log::past;
use crate::db::{grants, users};
use crate::domain::{DomainError, Op};
use crate::records::{AuditEntry, Project, Role};

/// What gives roles, takes them, and keeps people out.
const ACTIONS: [&str; 7] = [
    "grant.given",
    "grant.taken",
    "instance.set_up",
    "user.created",
    "user.disabled",
    "user.enabled",
    "user.invited",
];

/// A role that a person had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleThen {
    /// Their email.
    pub email: String,
    /// On this project, or on all.
    pub on_all: bool,
    /// The role.
    pub role: Role,
    /// Whether they were disabled, so that they could not use it.
    pub is_disabled: bool,
    /// The entry that gave it.
    pub given_by: Option<AuditEntry>,
}

type Place = Option<i64>;

/// The roles on `project`, and on all projects, as they were, sorted by email.
///
/// # Errors
/// The actor may not look at the past of the project.
pub fn roles(op: &mut Op, project: &Project, as_of: &AsOf) -> Result<Vec<RoleThen>, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    op.allow(Action::ExportAudit, project)?;
    let people = users::all(op.conn())?;
    let mut disabled: BTreeSet<String> = people
        .iter()
        .filter(|user| user.disabled_at.is_some())
        .map(|user| user.email.clone())
        .collect();
    let emails: HashMap<i64, String> = people
        .into_iter()
        .map(|user| (user.id, user.email))
        .collect();
    let mut held: BTreeMap<(String, Place), Role> = BTreeMap::new();
    for grant in grants::all(op.conn())? {
        if let Some(email) = emails.get(&grant.user_id) {
            held.insert((email.clone(), grant.project_id), grant.role);
        }
    }
    let entries = past::of_actions(op.conn(), &ACTIONS, None)?;
    for entry in entries.iter().filter(|entry| entry.id > as_of.entry) {
        undo(entry, &mut held, &mut disabled);
    }
    let given = |email: &str, place: Place| {
        let gives = |entry: &&AuditEntry| {
            entry.id <= as_of.entry
                && entry.subject == email
                && entry.project_id == place
                && !["grant.taken", "user.disabled", "user.enabled"].contains(&&*entry.action)
        };
        entries.iter().find(gives).cloned()
    };
    let here = held
        .into_iter()
        .filter(|((_, place), _)| place.is_none_or(|place| place == project.id));
    let then = here.map(|((email, place), role)| RoleThen {
        given_by: given(&email, place),
        is_disabled: disabled.contains(&email),
        on_all: place.is_none(),
        role,
        email,
    });
    Ok(then.collect())
}

fn undo(
    entry: &AuditEntry,
    held: &mut BTreeMap<(String, Place), Role>,
    disabled: &mut BTreeSet<String>,
) {
    let details: Value = serde_json::from_str(&entry.details).unwrap_or_default();
    let role = |name: &str| details.get(name)?.as_str()?.parse::<Role>().ok();
    let place = (entry.subject.clone(), entry.project_id);
    let mut set = |role: Option<Role>| match role {
        Some(role) => drop(held.insert(place.clone(), role)),
        None => drop(held.remove(&place)),
    };
    match entry.action.as_str() {
        "grant.given" => set(role("was")),
        "grant.taken" => set(role("role")),
        "user.disabled" => drop(disabled.remove(&entry.subject)),
        "user.enabled" => drop(disabled.insert(entry.subject.clone())),
        // They were not there before.
        _ => held.retain(|(email, _), _| *email != entry.subject),
    }
}
