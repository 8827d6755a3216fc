//! `keyward keys`: list and revoke API keys, and tell scanners what they look like.

use std::io::Write;

use clap::Subcommand;

use super::{Arguments, Failure};
use crate::clock::{UtcTime, rfc3339};
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::db::projects::Project;
use crate::db::{AnyConnection, keys};
use crate::domain::key_json::KeyJson;
use crate::domain::list_keys::{Slice, list_keys};
use crate::domain::list_projects::{find_project, list_projects};
use crate::domain::revoke_key::{RevokeRequest, revoke_key};
use crate::domain::{Actor, DomainError};
use crate::key::{Key, KeyFormat, KeyState, RevokeReason, pattern};

const PAGE: usize = 200;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// List keys
    List {
        /// Of this project; without it, of all
        #[arg(long)]
        project: Option<String>,
        /// active, dormant, expiring, expired or revoked
        #[arg(long)]
        state: Option<KeyState>,
        /// As JSON, one key a line
        #[arg(long)]
        json: bool,
    },
    /// Print the regular expression that this instance's keys match, for secret scanners
    Pattern {
        /// As a rule for gitleaks (TOML)
        #[arg(long)]
        gitleaks: bool,
    },
    /// Revoke a key: the next request with it fails
    Revoke {
        id: i64,
        /// compromised, unused, rotated or other
        #[arg(long, default_value = "other")]
        reason: RevokeReason,
        /// What the reason is, in a few words
        #[arg(long, default_value = "Revoked on the command line")]
        note: String,
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl Keys {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let mut conn = arguments.connect()?;
        let actor = Actor::command_line();
        let now = super::clock().now();
        match self {
            Keys::List {
                project,
                state,
                json,
            } => list(&mut conn, &actor, project.as_deref(), *state, *json, now),
            Keys::Pattern { gitleaks } => {
                let formats: Vec<KeyFormat> = list_projects(&mut conn, &actor)?
                    .iter()
                    .map(Project::key_format)
                    .collect();
                match gitleaks {
                    true => print!("{}", pattern::gitleaks_rule(&formats)),
                    false => println!("{}", pattern::regular_expression(&formats)),
                }
                Ok(())
            }
            Keys::Revoke {
                id,
                reason,
                note,
                json,
            } => {
                let project = keys::project_of(&mut conn, *id)?
                    .ok_or_else(|| Failure::Failed(format!("There is no key {id}.")))?;
                let request = RevokeRequest {
                    reason: reason.as_str().into(),
                    note: note.clone(),
                };
                let key = revoke_key(&mut conn, &actor, &project, *id, &request, now)?;
                match json {
                    true => println!("{}", KeyJson::new(&key, &project.slug, now).line()),
                    false => println!("Revoked {} ({}…).", key.label, key.prefix),
                }
                Ok(())
            }
        }
    }
}

fn list(
    conn: &mut AnyConnection,
    actor: &Actor,
    project: Option<&str>,
    state: Option<KeyState>,
    json: bool,
    now: UtcTime,
) -> Result<(), Failure> {
    let projects = match project {
        Some(slug) => vec![
            find_project(conn, actor, slug).map_err(|error| match error {
                DomainError::NotFound => Failure::Failed(format!("There is no project {slug}.")),
                error => error.into(),
            })?,
        ],
        None => list_projects(conn, actor)?,
    };
    let mut out = std::io::stdout().lock();
    let filter = KeyFilter {
        state,
        ..KeyFilter::default()
    };
    let order = Order {
        by: SortBy::Created,
        descending: false,
    };
    for project in &projects {
        let mut seek = None;
        loop {
            let slice = Slice {
                order,
                seek,
                limit: PAGE,
            };
            let page = list_keys(conn, actor, project, &filter, &slice, now)?;
            for key in &page.keys {
                let line = match json {
                    true => KeyJson::new(key, &project.slug, now).line(),
                    false => in_columns(key, project, now),
                };
                if writeln!(out, "{line}").is_err() {
                    return Ok(()); // Whoever reads has seen enough.
                }
            }
            seek = page.next;
            if seek.is_none() {
                break;
            }
        }
    }
    Ok(())
}

fn in_columns(key: &Key, project: &Project, now: UtcTime) -> String {
    let used = key
        .last_use
        .as_ref()
        .map_or("never used".into(), |last| rfc3339(last.at));
    let state = key.state(now).as_str();
    format!(
        "{:>6}  {:<9} {:<16} {:<12} {:<28} {}",
        key.id,
        state,
        format!("{}…", key.prefix),
        project.slug,
        used,
        key.label
    )
}

impl From<crate::db::DbError> for Failure {
    fn from(error: crate::db::DbError) -> Self {
        DomainError::from(error).into()
    }
}
