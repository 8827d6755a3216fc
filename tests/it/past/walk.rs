//! A random walk of 2,000 changes. The state is noted after each of 200 random ones, and asked for
//! again in the end.

use std::collections::{BTreeMap, BTreeSet};

use keyward::access::Actor;
use keyward::clock::UtcTime;
use keyward::db::Connection;
use keyward::db::connection::DatabaseUrl;
use keyward::db::{grants as grant_rows, users as user_rows};
use keyward::domain::grants::{self, Whom};
use keyward::domain::keys::{self, BATCH, KeyDraft, RevokeRequest};
use keyward::domain::past::{self, PastFilter};
use keyward::domain::projects::{self, ProjectDraft};
use keyward::domain::{DomainError, Op, Precondition, users};
use keyward::records::{Key, KeyState, Project, RateLimit, Role};
use keyward::startup;
use keyward_key::{Environment, KeyDigest};
use serde_json::{Map, json};
use time::Duration;
use time::macros::{datetime, format_description};

use crate::app::{TestDatabase, add_person};

const STEPS: usize = 2_000;
const ASKED: usize = 200;
const START: UtcTime = datetime!(2027-01-01 0:00);
const SLUGS: [&str; 2] = ["default", "second"];
const PEOPLE: [&str; 3] = ["ann@example.com", "ben@example.com", "cyd@example.com"];

/// Numbers that look random, the same each time (SplitMix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// What is compared of a key, as text.
fn described(key: &Key, state: KeyState) -> String {
    let revoked = key.revocation.as_ref().map(|revocation| revocation.at);
    format!(
        "{} {} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {revoked:?} {:?} {}",
        key.label,
        key.prefix,
        key.scopes,
        key.expires_at,
        key.rate_limit,
        key.allowed_ips,
        key.consumer,
        key.owner,
        json!(key.metadata),
        key.replaced_by,
        state.as_str(),
    )
}

/// The keys of a project by id, and the roles that people have there.
#[derive(Debug, Default, PartialEq, Eq)]
struct Noted {
    keys: BTreeMap<i64, String>,
    roles: BTreeSet<String>,
    archived: bool,
}

struct Walk {
    conn: Connection,
    actor: Actor,
    chance: Chance,
    now: UtcTime,
    ids: Vec<i64>,
}

impl Walk {
    fn op(&mut self) -> Op<'_> {
        Op::new(&mut self.conn, &self.actor, self.now)
    }

    fn draft(&mut self) -> KeyDraft {
        let pick = |chance: &mut Chance, all: &[&str]| all[chance.below(all.len())].to_owned();
        let chance = &mut self.chance;
        let number = chance.below(1_000);
        KeyDraft {
            label: format!("Key {number}"),
            scopes: match chance.below(3) {
                0 => vec!["*".into()],
                1 => vec!["read:assets".into()],
                _ => vec!["read:assets".into(), "write:assets".into()],
            },
            expires_at: match chance.below(3) {
                0 => None,
                _ => Some(self.now + Duration::hours(1 + i64::try_from(number).unwrap())),
            },
            rate_limit: (chance.below(2) == 0).then_some(RateLimit {
                requests: 10,
                seconds: 60,
            }),
            allowed_ips: match chance.below(2) {
                0 => vec![],
                _ => vec![format!("10.0.{}.0/24", number % 250)],
            },
            consumer: pick(chance, &["", "tenant-1", "tenant-2"]),
            metadata: match chance.below(2) {
                0 => Map::new(),
                _ => Map::from_iter([("n".to_owned(), json!(number))]),
            },
            owner: Some(pick(chance, &["", "owner@example.com"])),
            unreadable: vec![],
        }
    }

    /// Makes one change, or tries to.
    fn step(&mut self, number: usize) -> Result<(), DomainError> {
        let slug = SLUGS[self.chance.below(2)];
        let project = projects::find(&mut self.op(), slug)?;
        let id = match self.ids.len() {
            0 => 0,
            all => self.ids[self.chance.below(all)],
        };
        let live = Environment::Live;
        match self.chance.below(20) {
            0..5 => {
                let draft = self.draft();
                let minted = keys::mint_at_once(&mut self.op(), &project, live, &draft)?;
                self.ids.push(minted.key.id);
            }
            5..11 => {
                // One field, or all.
                let (new, field) = (self.draft(), self.chance.below(9));
                let (project, _) = keys::find(&mut self.op(), id)?;
                let draft = |key: &Key| {
                    let mut draft = KeyDraft::from(key);
                    match field {
                        0 => draft.label = new.label,
                        1 => draft.scopes = new.scopes,
                        2 => draft.expires_at = new.expires_at,
                        3 => draft.rate_limit = new.rate_limit,
                        4 => draft.allowed_ips = new.allowed_ips,
                        5 => draft.consumer = new.consumer,
                        6 => draft.metadata = new.metadata,
                        7 => draft.owner = new.owner,
                        _ => draft = new,
                    }
                    draft
                };
                keys::edit(&mut self.op(), &project, id, &Precondition::none(), draft)?;
            }
            11..14 => {
                let overlap = Duration::hours(i64::try_from(self.chance.below(48)).unwrap());
                let (project, _) = keys::find(&mut self.op(), id)?;
                let minted = keys::rotate_at_once(&mut self.op(), &project, id, overlap)?;
                self.ids.push(minted.key.id);
            }
            14 => {
                let request = RevokeRequest {
                    reason: "unused".into(),
                    note: String::new(),
                };
                let (project, _) = keys::find(&mut self.op(), id)?;
                keys::revoke(&mut self.op(), &project, id, &request)?;
            }
            15 => self.import(&project, number)?,
            16..18 => {
                let whom = Whom::Email(PEOPLE[self.chance.below(3)].into());
                let on = (self.chance.below(2) == 0).then_some(&project);
                let role = [Role::Admin, Role::Auditor, Role::Viewer][self.chance.below(3)];
                grants::put(&mut self.op(), on, &whom, role, &Precondition::none())?;
            }
            18 => {
                let whom = Whom::Email(PEOPLE[self.chance.below(3)].into());
                let on = (self.chance.below(2) == 0).then_some(&project);
                grants::delete(&mut self.op(), on, &whom, &Precondition::none())?;
            }
            _ => {
                let email = PEOPLE[self.chance.below(3)];
                let user = user_rows::by_email(&mut self.conn, email)?.unwrap();
                match user.disabled_at {
                    None => users::disable(&mut self.op(), user.id)?,
                    Some(_) => users::enable(&mut self.op(), user.id)?,
                }
            }
        }
        Ok(())
    }

    fn import(&mut self, project: &Project, number: usize) -> Result<(), DomainError> {
        let lines: Vec<String> = (0..=self.chance.below(4))
            .map(|line| {
                let digest = KeyDigest::of(&format!("secret {number} {line}"));
                let hex = digest.as_bytes().iter().map(|byte| format!("{byte:02x}"));
                json!({"sha256": hex.collect::<String>(), "prefix": "old_a1b2", "name": "Old",
                    "created_at": "2024-01-01T00:00:00Z"})
                .to_string()
            })
            .collect();
        let text = lines.join("\n");
        let checked = keys::check_lines(&mut self.op(), project, text.as_bytes());
        let checked = checked.map_err(|_| DomainError::NotFound)?;
        assert!(checked.new.len() <= BATCH);
        let ids = keys::import(&mut self.op(), project, &checked.new)?;
        self.ids.extend(ids);
        Ok(())
    }

    /// What is there now, at the end of this minute.
    fn note(&mut self, slug: &str, end: UtcTime) -> Noted {
        let project = projects::find(&mut self.op(), slug).unwrap();
        let mut noted = Noted {
            archived: project.archived_at.is_some(),
            ..Noted::default()
        };
        for id in self.ids.clone() {
            if let Ok((of, key)) = keys::find(&mut self.op(), id)
                && of.id == project.id
            {
                let state = match key.state(end) {
                    KeyState::Dormant => KeyState::Active,
                    // A key that expires just then has not expired before.
                    KeyState::Expired if key.expires_at == Some(end) => KeyState::Expiring,
                    state => state,
                };
                noted.keys.insert(id, described(&key, state));
            }
        }
        for grant in grant_rows::all(&mut self.conn).unwrap() {
            let user = user_rows::by_id(&mut self.conn, grant.user_id)
                .unwrap()
                .unwrap();
            if grant.project_id.is_none_or(|id| id == project.id) {
                let (on_all, out) = (grant.project_id.is_none(), user.disabled_at.is_some());
                let role = format!("{} {} {on_all} {out}", user.email, grant.role);
                noted.roles.insert(role);
            }
        }
        noted
    }

    /// The same, worked out from the log.
    fn recall(&mut self, slug: &str, at: &str) -> Noted {
        let op = &mut self.op();
        let project = projects::find(op, slug).unwrap();
        let as_of = past::as_of(op, &project, at).unwrap();
        let mut noted = Noted::default();
        let mut before = None;
        loop {
            let filter = PastFilter::default();
            let page = past::keys(op, &project, &as_of, &filter, before, 70).unwrap();
            noted.archived = page.was_archived;
            for past in page.keys {
                assert!(past.unknown.is_empty(), "{past:?}");
                let state = past.state(as_of.end);
                noted.keys.insert(past.key.id, described(&past.key, state));
            }
            before = page.next;
            if before.is_none() {
                break;
            }
        }
        for role in past::roles(op, &project, &as_of).unwrap() {
            let (on_all, out) = (role.on_all, role.is_disabled);
            let role = format!("{} {} {on_all} {out}", role.email, role.role);
            noted.roles.insert(role);
        }
        noted
    }
}

#[test]
fn the_past_is_what_was_noted_then() {
    let database = TestDatabase::new();
    let url = DatabaseUrl::parse(&database.url).unwrap();
    let mut conn = startup::open_up_to_date(&url).unwrap();
    add_person(&mut conn, "owner@example.com", Role::Owner, None);
    for email in PEOPLE {
        add_person(&mut conn, email, Role::Viewer, Some("default"));
    }
    let mut walk = Walk {
        conn,
        actor: Actor::command_line(),
        chance: Chance(2_027),
        now: START,
        ids: Vec::new(),
    };
    let second = ProjectDraft {
        name: "Second".into(),
        key_start: "se".into(),
        environment_segment: true,
        rate_limit: None,
        default_lifetime_days: None,
        max_lifetime_days: None,
        unreadable: vec![],
    };
    let catalogue = Some(keyward::domain::scopes::Catalogue::Media);
    projects::create(&mut walk.op(), "second", &second, catalogue).unwrap();
    let minute = format_description!("[year]-[month]-[day]T[hour]:[minute]");
    let mut asked: BTreeSet<usize> = BTreeSet::new();
    while asked.len() < ASKED {
        asked.insert(walk.chance.below(STEPS));
    }
    let (mut history, mut done) = (Vec::new(), 0);
    for step in 0..STEPS {
        walk.now += Duration::seconds(60 + i64::try_from(walk.chance.below(600)).unwrap());
        if step == STEPS * 9 / 10 {
            let second = projects::find(&mut walk.op(), "second").unwrap();
            projects::archive(&mut walk.op(), &second, "Second").unwrap();
        }
        match walk.step(step) {
            Ok(()) => done += 1,
            Err(DomainError::Conflict(_) | DomainError::NotFound | DomainError::Invalid(_)) => {}
            Err(error) => panic!("{error:?}"),
        }
        if asked.contains(&step) {
            let at = walk.now.format(minute).unwrap();
            let end = walk
                .now
                .replace_second(0)
                .unwrap()
                .replace_nanosecond(0)
                .unwrap();
            let end = end + Duration::MINUTE;
            let slug = SLUGS[step % 2];
            history.push((slug, at, walk.note(slug, end)));
        }
    }
    assert!(done > STEPS / 2, "{done}");
    walk.now += Duration::DAY;
    for (slug, at, noted) in history {
        let recalled = walk.recall(slug, &at);
        assert_eq!(recalled.roles, noted.roles, "{slug} {at}");
        for (id, key) in &noted.keys {
            assert_eq!(recalled.keys.get(id), Some(key), "{slug} {at} {id}");
        }
        assert_eq!(recalled, noted, "{slug} {at}");
    }
    // Before the first entry there was nothing.
    assert_eq!(walk.recall("default", "2020-01-01"), Noted::default());
}
