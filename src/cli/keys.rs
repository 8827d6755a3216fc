//! `keyward keys`: list, import, rotate and revoke API keys, and print a pattern for scanners.

use std::io::Write;

use clap::Subcommand;
use keyward_key::scope::can_be_required;
use keyward_key::{KeyFormat, pattern};
use zeroize::Zeroizing;

use super::overlap::Overlap;
use super::projects::named_project;
use super::{Arguments, Failure, import, in_json, print};
use crate::access::Actor;
use crate::clock::{UtcTime, rfc3339};
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::domain::keys::{self, RevokeRequest, Slice};
use crate::domain::{DomainError, Op, projects};
use crate::json::KeyJson;
use crate::records::{Key, Project, RevokeReason, StateFilter};

const PAGE: usize = 200;

#[derive(Subcommand)]
pub(super) enum Keys {
    /// List keys
    List {
        /// Only keys of this project
        #[arg(long)]
        project: Option<String>,
        /// Only keys in this state: working (active, dormant or expiring), active, dormant,
        /// expiring, expired, revoked, tried, orphaned or attention
        #[arg(long)]
        state: Option<StateFilter>,
        /// Only keys that may pass where this scope is required: they carry it, a scope that
        /// includes it, or *
        #[arg(long, value_parser = required_scope)]
        scope: Option<String>,
        /// Only keys that this consumer calls with
        #[arg(long)]
        consumer: Option<String>,
        /// Only keys that the person with this email answers for
        #[arg(long)]
        owner: Option<String>,
        /// Print JSON, one key per line
        #[arg(long)]
        json: bool,
    },
    /// Import keys from another system: they keep working with the secrets they have
    ///
    /// Each line of the file is a JSON object with the fields sha256 (64 hexadecimal digits),
    /// prefix (4 to 40 characters that the key begins with) and name, and optionally scopes,
    /// environment, expires_at, rate_limit (with requests and seconds), allowed_ips, consumer,
    /// metadata (an object), owner (the email of somebody with a role in the project) and created_at.
    /// If a line is wrong, nothing is imported.
    Import {
        /// A file of JSON Lines, or - for standard input
        file: String,
        /// The project to import into
        #[arg(long)]
        project: String,
        /// Print JSON, one key per line
        #[arg(long)]
        json: bool,
    },
    /// Print the regular expression that this instance's keys match, for secret scanners
    Pattern {
        /// Print a rule for gitleaks (TOML)
        #[arg(long)]
        gitleaks: bool,
    },
    /// Revoke a key: the next request with it fails
    Revoke {
        id: i64,
        /// The reason: compromised, unused, rotated or other
        #[arg(long, default_value = "other")]
        reason: RevokeReason,
        /// More about the reason, in a few words
        #[arg(long, default_value = "Revoked on the command line")]
        note: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Mint a key's successor and print its secret, once
    Rotate {
        id: i64,
        /// How long the old key keeps working: 0, or for instance 30m, 24h or 7d
        #[arg(long, default_value = "24h")]
        overlap: Overlap,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Keys {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let mut conn = arguments.connect()?;
        let actor = Actor::command_line();
        let now = super::clock().now();
        let mut op = Op::new(&mut conn, &actor, now);
        match self {
            Keys::List {
                project,
                state,
                scope,
                consumer,
                owner,
                json,
            } => {
                let filter = KeyFilter {
                    state: *state,
                    scope: scope.clone(),
                    consumer: consumer.clone(),
                    owner: owner.clone(),
                    ..KeyFilter::default()
                };
                list(&mut op, project.as_deref(), &filter, *json)
            }
            Keys::Import {
                file,
                project,
                json,
            } => import::import(&mut op, file, project, *json),
            Keys::Pattern { gitleaks } => {
                let formats: Vec<KeyFormat> = projects::list(&mut op)?
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
                let project = project_of(&mut op, *id)?;
                let request = RevokeRequest {
                    reason: reason.as_str().into(),
                    note: note.clone(),
                };
                let key = keys::revoke(&mut op, &project, *id, &request)?;
                match json {
                    true => print(&in_json(&KeyJson::new(&key, &project, now))),
                    false => print(&format!("Revoked {} ({}…).", key.label, key.prefix)),
                }
            }
            Keys::Rotate { id, overlap, json } => rotate(&mut op, *id, *overlap, *json),
        }
    }
}

fn required_scope(text: &str) -> Result<String, &'static str> {
    match can_be_required(text) {
        true => Ok(text.to_owned()),
        false => Err("a scope is a name such as read:assets, or *"),
    }
}

fn list(op: &mut Op, project: Option<&str>, filter: &KeyFilter, json: bool) -> Result<(), Failure> {
    let now = op.now();
    let projects = match project {
        Some(slug) => vec![named_project(op, slug)?],
        None => projects::list(op)?,
    };
    let mut out = std::io::stdout().lock();
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
            let page = keys::list(op, project, filter, &slice)?;
            for key in &page.keys {
                let line = match json {
                    true => in_json(&KeyJson::new(key, project, now)),
                    false => in_columns(key, project, now),
                };
                if writeln!(out, "{line}").is_err() {
                    return Ok(()); // Nobody reads the output any more.
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

/// Prints the secret on a line of its own and, on standard error, what it is.
fn rotate(op: &mut Op, id: i64, overlap: Overlap, json: bool) -> Result<(), Failure> {
    let now = op.now();
    let project = project_of(op, id)?;
    let minted = keys::rotate_at_once(op, &project, id, overlap.0)?;
    let secret = minted.secret.expose();
    if json {
        let key = KeyJson::new(&minted.key, &project, now).with_secret(secret);
        return print(&Zeroizing::new(in_json(&key)));
    }
    print(secret)?;
    let new = minted.key.id;
    eprintln!("This is the secret of key {new}, the successor of key {id}. It is not shown again.");
    let old = keys::read(op, &project, id)?;
    match old.expires_at.filter(|expiry| *expiry > now) {
        Some(expiry) => eprintln!("Key {id} works until {}.", rfc3339(expiry)),
        None => eprintln!("Key {id} has ended."),
    }
    Ok(())
}

/// The project that the key `id` belongs to.
fn project_of(op: &mut Op, id: i64) -> Result<Project, Failure> {
    match keys::find(op, id) {
        Ok((project, _)) => Ok(project),
        Err(DomainError::NotFound) => Err(Failure::Failed(format!("There is no key {id}."))),
        Err(error) => Err(error.into()),
    }
}
