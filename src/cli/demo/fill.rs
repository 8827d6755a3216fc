//! Fills the demo's database through the same use cases as everybody: projects, people, and keys, each
//! at the time at which it happened.

use keyward_key::{Environment, PlainKey};
use serde_json::{Map, Value};
use time::Duration;

use super::chance::Chance;
use super::story::{Fate, MadeUpProject, PEOPLE, PROJECTS};
use super::usage;
use crate::access::{Actor, Origin, Who};
use crate::clock::UtcTime;
use crate::db::{self, Connection};
use crate::domain::keys::{self, KeyDraft, RevokeRequest};
use crate::domain::passwords::Password;
use crate::domain::projects::{self, ProjectDraft};
use crate::domain::users::{self, NewPerson};
use crate::domain::{DomainError, Op, Precondition, scopes};
use crate::records::{Key, Project, RateLimit, Role, Scope};

/// The password of everybody.
pub(super) const PASSWORD: &str = "look-around-in-keyward";
/// When it all began, in days before the present.
const BEGINNING: i64 = 420;
/// How many random characters a secret has.
const RANDOM: usize = 32;

/// What can be told about the database.
pub(super) struct Filled {
    /// Who can sign in, and their role.
    pub(super) people: Vec<(&'static str, String)>,
    /// The secret of a key that works.
    pub(super) secret: PlainKey,
}

/// A key that was made up, with what happened to it.
pub(super) struct MadeUpKey {
    pub(super) key: Key,
    pub(super) fate: Fate,
    /// When it stopped working, if it did.
    pub(super) ended: Option<UtcTime>,
}

/// Something that happens at a time.
struct Event {
    at: UtcTime,
    what: What,
}

enum What {
    Mint(usize),
    Revoke(usize, &'static str, &'static str),
    /// With the time that the old key keeps working.
    Rotate(usize, Duration),
}

/// A key to be minted.
struct Planned {
    project: usize,
    label: &'static str,
    fate: Fate,
    created: UtcTime,
}

/// Fills an empty database as of the time `now`.
///
/// # Errors
/// The database or the random generator fails.
pub(super) fn fill(
    conn: &mut Connection,
    mut chance: Chance,
    now: UtcTime,
) -> Result<Filled, DomainError> {
    let began = now - Duration::days(BEGINNING);
    let machine = Actor::command_line();
    let people = people(&mut Op::new(conn, &machine, began))?;
    let owner = acting_as(conn, PEOPLE[0].0)?;
    let mut made = Vec::new();
    for (number, project) in (0_i32..).zip(&PROJECTS) {
        let at = began + Duration::days(1) * number;
        made.push(project_of(&mut Op::new(conn, &owner, at), project)?);
    }
    let mut op = Op::new(conn, &machine, began + Duration::days(3));
    for (email, role, project) in &PEOPLE[1..] {
        person(&mut op, email, *role, *project)?;
    }
    let planned = planned(&mut chance, now);
    let mut events = events(&planned, &mut chance, now);
    events.sort_by_key(|event| event.at);
    let mut filled: Vec<Option<MadeUpKey>> = planned.iter().map(|_| None).collect();
    let mut working = None;
    for event in events {
        let (What::Mint(number) | What::Revoke(number, ..) | What::Rotate(number, _)) = event.what;
        let plan = &planned[number];
        let project = &made[plan.project];
        let admin = ["ana@example.com", "ben@example.com", "chloe@example.com"];
        let actor = acting_as(conn, [admin[1], admin[2], admin[0]][plan.project])?;
        let mut op = Op::new(conn, &actor, event.at);
        match event.what {
            What::Mint(_) => {
                let environment = environment(&mut chance);
                let random = chance.characters(RANDOM);
                let secret = project.key_format().with_random(environment, &random);
                let draft = draft(plan, &mut chance, now);
                let minted = keys::mint_made_up(&mut op, project, environment, &draft, secret)?;
                // Whoever tries it does so from this machine.
                let is_for_anywhere = minted.key.allowed_ips.is_empty();
                if working.is_none() && is_for_anywhere && matches!(plan.fate, Fate::Used(_)) {
                    working = Some(minted.secret);
                }
                filled[number] = Some(MadeUpKey {
                    ended: minted.key.expires_at.filter(|expiry| *expiry <= now),
                    key: minted.key,
                    fate: plan.fate,
                });
            }
            What::Revoke(_, reason, note) => {
                let request = RevokeRequest {
                    reason: reason.to_owned(),
                    note: note.to_owned(),
                };
                if let Some(made_up) = &mut filled[number] {
                    keys::revoke(&mut op, project, made_up.key.id, &request)?;
                    made_up.ended = Some(event.at);
                }
            }
            What::Rotate(_, overlap) => {
                if let Some(made_up) = &filled[number] {
                    let random = chance.characters(RANDOM);
                    let id = made_up.key.id;
                    let rotated = keys::rotate_made_up(&mut op, project, id, overlap, &random)?;
                    filled.push(Some(MadeUpKey {
                        key: rotated.key,
                        fate: Fate::Used(chance.between(20, 80)),
                        ended: None,
                    }));
                }
            }
        }
    }
    let filled: Vec<MadeUpKey> = filled.into_iter().flatten().collect();
    usage::fill(conn, &filled, &mut chance, now)?;
    Ok(Filled {
        people,
        secret: working.ok_or(DomainError::NotFound)?,
    })
}

/// Makes the owner, and returns everybody who will be there.
fn people(op: &mut Op) -> Result<Vec<(&'static str, String)>, DomainError> {
    let (email, role, _) = PEOPLE[0];
    person(op, email, role, None)?;
    let all = PEOPLE.iter().map(|(email, role, project)| {
        let place = project.and_then(|slug| {
            let mut all = PROJECTS.iter();
            all.find(|project| project.slug == slug)
        });
        let place = place.map_or("all projects", |project| project.name);
        (
            *email,
            format!("{} of {place}", role.title().to_lowercase()),
        )
    });
    Ok(all.collect())
}

fn person(op: &mut Op, email: &str, role: Role, project: Option<&str>) -> Result<(), DomainError> {
    let new = NewPerson {
        email: email.to_owned(),
        password: Password::new(PASSWORD.to_owned()),
        role,
        project: project.map(str::to_owned),
    };
    users::create(op, &new)
}

/// The person with this email, acting from the office.
fn acting_as(conn: &mut Connection, email: &str) -> Result<Actor, DomainError> {
    let user = db::users::by_email(conn, email)?.ok_or(DomainError::NotFound)?;
    let grants = db::grants::of_user(conn, user.id)?;
    Ok(Actor {
        who: Who::Person {
            id: user.id,
            email: user.email,
            grants,
            token: None,
        },
        origin: Origin {
            client_ip: Some("198.51.100.24".into()),
            ..Origin::default()
        },
    })
}

/// Creates a project with its scopes. The first one is there already, under another name.
fn project_of(op: &mut Op, of: &MadeUpProject) -> Result<Project, DomainError> {
    let draft = ProjectDraft {
        name: of.name.to_owned(),
        key_start: of.start.to_owned(),
        environment_segment: true,
        rate_limit: None,
        default_lifetime_days: None,
        max_lifetime_days: None,
        unreadable: Vec::new(),
    };
    let project = match of.slug {
        "default" => {
            let project = projects::find(op, of.slug)?;
            projects::edit(op, &project, &Precondition::none(), |_| draft)?;
            project
        }
        slug => projects::create(op, slug, &draft, None)?,
    };
    for (name, description, includes) in of.scopes {
        let scope = Scope {
            name: (*name).to_owned(),
            description: (*description).to_owned(),
            includes: includes.iter().map(|name| (*name).to_owned()).collect(),
        };
        scopes::put(op, &project, &scope, &Precondition::none())?;
    }
    projects::find(op, of.slug)
}

fn planned(chance: &mut Chance, now: UtcTime) -> Vec<Planned> {
    let mut planned = Vec::new();
    for (project, of) in PROJECTS.iter().enumerate() {
        for (label, fate) in of.keys {
            let age = match fate {
                Fate::New => chance.between(1, 5),
                Fate::Dormant(days) => days + chance.between(5, 90),
                _ => chance.between(60, 380),
            };
            let hours = Duration::hours(age * 24 + chance.between(0, 9));
            planned.push(Planned {
                project,
                label,
                fate: *fate,
                created: now - hours,
            });
        }
    }
    planned
}

/// What happens to the keys, in no order.
fn events(planned: &[Planned], chance: &mut Chance, now: UtcTime) -> Vec<Event> {
    let mut events = Vec::new();
    for (number, plan) in planned.iter().enumerate() {
        events.push(Event {
            at: plan.created,
            what: What::Mint(number),
        });
        let ago = |days, chance: &mut Chance| {
            now - Duration::days(days) + Duration::minutes(chance.between(-200, 200))
        };
        let later = match plan.fate {
            Fate::Leaked(days) => Some((
                ago(days, chance),
                What::Revoke(number, "compromised", "Found in a public repository"),
            )),
            Fate::Retired(days) => Some((ago(days, chance), What::Revoke(number, "unused", ""))),
            Fate::Rotating(days) => {
                let overlap = Duration::days(days + 1);
                Some((ago(1, chance), What::Rotate(number, overlap)))
            }
            _ => None,
        };
        events.extend(later.map(|(at, what)| Event { at, what }));
    }
    events
}

fn environment(chance: &mut Chance) -> Environment {
    match chance.happens(20) {
        true => Environment::Test,
        false => Environment::Live,
    }
}

fn draft(plan: &Planned, chance: &mut Chance, now: UtcTime) -> KeyDraft {
    let of = &PROJECTS[plan.project];
    let mut names: Vec<&str> = of.scopes.iter().map(|(name, ..)| *name).collect();
    if of.slug == "default" {
        names.extend(["read:assets", "write:assets", "read:analytics"]);
    }
    let mut scopes: Vec<String> = Vec::new();
    match chance.happens(12) {
        true => scopes.push("*".into()),
        false => {
            for _ in 0..chance.between(1, 3) {
                scopes.push((*chance.one(&names)).to_owned());
            }
        }
    }
    let in_days = |days: i64| now + Duration::days(days) + Duration::hours(5);
    let limit = RateLimit {
        requests: 600,
        seconds: 60,
    };
    KeyDraft {
        label: plan.label.to_owned(),
        scopes,
        expires_at: match plan.fate {
            Fate::Expires(days) => Some(in_days(days)),
            Fate::Expired(days) => Some(in_days(-days)),
            _ => chance.happens(30).then(|| in_days(chance.between(40, 300))),
        },
        rate_limit: chance.happens(25).then_some(limit),
        allowed_ips: match chance.happens(15) {
            true => vec!["198.51.100.0/24".into(), "10.20.0.0/16".into()],
            false => Vec::new(),
        },
        // "Partner feed: Northwind" is Northwind's.
        consumer: match plan.label.split_once(": ") {
            Some((_, partner)) => partner.to_lowercase(),
            None => String::new(),
        },
        metadata: match plan.label.split_once(": ") {
            Some((_, partner)) if partner.len() % 2 == 0 => plan_of("pro"),
            Some(_) => plan_of("basic"),
            None => Map::new(),
        },
        owner: None,
        unreadable: Vec::new(),
    }
}

/// The metadata of a partner's key.
fn plan_of(plan: &str) -> Map<String, Value> {
    Map::from_iter([("plan".to_owned(), plan.into())])
}
