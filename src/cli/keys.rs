//! `keyward keys`: list, bring in, rotate and revoke API keys, and tell scanners what they look
//! like.

use std::io::Write;

use clap::Subcommand;
use zeroize::Zeroizing;

use super::overlap::Overlap;
use super::projects::named_project;
use super::{Arguments, Failure, import, in_json, print};
use crate::clock::{UtcTime, rfc3339};
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::db::projects::Project;
use crate::db::{AnyConnection, Connection, keys};
use crate::domain::key_json::KeyJson;
use crate::domain::list_keys::{Slice, list_keys};
use crate::domain::list_projects::list_projects;
use crate::domain::read_key::read_key;
use crate::domain::revoke_key::{RevokeRequest, revoke_key};
use crate::domain::rotate_key::rotate_key_at_once;
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
    /// Bring keys in from another system: they keep working with the secrets they have
    ///
    /// Each line of the file is a JSON object with the fields sha256 (64 hexadecimal digits),
    /// prefix (4 to 40 characters that the key begins with) and name, and if need be scopes,
    /// environment, expires_at, rate_limit (with requests and seconds), allowed_ips and
    /// created_at. If a line is wrong, nothing is brought in.
    Import {
        /// A file of JSON Lines, or - for standard input
        file: String,
        /// The project the keys are for
        #[arg(long)]
        project: String,
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
    /// Mint the successor of a key and print its secret, once
    Rotate {
        id: i64,
        /// How long the old key works on: 0, or for instance 30m, 24h or 7d
        #[arg(long, default_value = "24h")]
        overlap: Overlap,
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
            Keys::Import {
                file,
                project,
                json,
            } => import::import(&mut conn, &actor, file, project, *json, now),
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
                let project = project_of(&mut conn, *id)?;
                let request = RevokeRequest {
                    reason: reason.as_str().into(),
                    note: note.clone(),
                };
                let key = revoke_key(&mut conn, &actor, &project, *id, &request, now)?;
                match json {
                    true => print(&in_json(&KeyJson::new(&key, &project, now))),
                    false => print(&format!("Revoked {} ({}…).", key.label, key.prefix)),
                }
            }
            Keys::Rotate { id, overlap, json } => {
                rotate(&mut conn, &actor, *id, *overlap, *json, now)
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
        Some(slug) => vec![named_project(conn, actor, slug)?],
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
                skip: 0,
                limit: PAGE,
            };
            let page = list_keys(conn, actor, project, &filter, &slice, now)?;
            for key in &page.keys {
                let line = match json {
                    true => in_json(&KeyJson::new(key, project, now)),
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

/// Prints the secret alone on its line, and beside it what it is.
fn rotate(
    conn: &mut Connection,
    actor: &Actor,
    id: i64,
    overlap: Overlap,
    json: bool,
    now: UtcTime,
) -> Result<(), Failure> {
    let project = project_of(conn, id)?;
    let minted = rotate_key_at_once(conn, actor, &project, id, overlap.0, now)?;
    let secret = minted.secret.expose();
    if json {
        let key = KeyJson::new(&minted.key, &project, now).with_secret(secret);
        return print(&Zeroizing::new(in_json(&key)));
    }
    print(secret)?;
    let new = minted.key.id;
    eprintln!("This is the secret of key {new}, the successor of key {id}. It is not shown again.");
    let old = read_key(conn, actor, &project, id)?;
    match old.expires_at.filter(|expiry| *expiry > now) {
        Some(expiry) => eprintln!("Key {id} works until {}.", rfc3339(expiry)),
        None => eprintln!("Key {id} has ended."),
    }
    Ok(())
}

fn project_of(conn: &mut AnyConnection, id: i64) -> Result<Project, Failure> {
    keys::project_of(conn, id)?.ok_or_else(|| Failure::Failed(format!("There is no key {id}.")))
}

impl From<crate::db::DbError> for Failure {
    fn from(error: crate::db::DbError) -> Self {
        DomainError::from(error).into()
    }
}
