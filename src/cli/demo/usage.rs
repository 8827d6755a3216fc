//! A month of made-up verifications: more by day than by night, fewer at weekends, some refused.

use std::collections::BTreeMap;
use std::net::IpAddr;

use keyward_key::scope::EVERY_SCOPE;
use time::{Duration, Weekday};

use super::chance::Chance;
use super::fill::MadeUpKey;
use super::story::Fate;
use crate::clock::{UtcTime, start_of_hour};
use crate::db::scope_usage::ScopeCount;
use crate::db::sources::SourceUse;
use crate::db::usage::Count;
use crate::db::{Connection, project_usage, scope_usage, sources, unaudited, usage};
use crate::domain::DomainError;
use crate::records::{Key, LastUse};

/// How many days of use there are.
const DAYS: i64 = 31;
/// Where requests come from.
const OFFICES: [&str; 5] = [
    "10.20.4.17",
    "10.20.4.18",
    "10.20.7.3",
    "198.51.100.24",
    "10.31.0.9",
];
/// Where leaked keys are presented from.
const ELSEWHERE: [&str; 3] = ["203.0.113.77", "203.0.113.140", "192.0.2.55"];
const AGENTS: [&str; 5] = [
    "checkout/2.1",
    "okhttp/4.12.0",
    "python-requests/2.32",
    "Go-http-client/2.0",
    "curl/8.14.1",
];

/// Counts and sources of one key.
#[derive(Default)]
struct Use {
    counts: BTreeMap<(UtcTime, &'static str), i64>,
    sources: BTreeMap<(&'static str, &'static str), SourceUse>,
    /// The last request that passed.
    last: Option<LastUse>,
}

/// Writes the use of these keys up to the time `now`.
///
/// # Errors
/// The database fails.
pub(super) fn fill(
    conn: &mut Connection,
    keys: &[MadeUpKey],
    chance: &mut Chance,
    now: UtcTime,
) -> Result<(), DomainError> {
    for made_up in keys {
        let used = of_key(made_up, chance, now);
        write(conn, &made_up.key, &used)?;
    }
    Ok(())
}

fn of_key(made_up: &MadeUpKey, chance: &mut Chance, now: UtcTime) -> Use {
    let mut used = Use::default();
    let (fate, key) = (made_up.fate, &made_up.key);
    let end = made_up.ended.unwrap_or(now);
    let ago = |days| now - Duration::days(days);
    // How many requests an hour pass at noon, and until when.
    let (noon, until) = match fate {
        Fate::Used(noon) => (noon, end),
        Fate::Expires(_) => (chance.between(5, 90), end),
        Fate::Rotating(_) => (chance.between(20, 80), end),
        Fate::Expired(_) | Fate::Leaked(_) => (chance.between(5, 60), end),
        Fate::Retired(_) => (chance.between(1, 4), end - Duration::days(5)),
        Fate::Dormant(days) => (1, ago(days)),
        Fate::New => (0, end),
    };
    let (allowed, strange): (Vec<&str>, Vec<&str>) = OFFICES
        .iter()
        .partition(|address| may_come_from(key, address));
    let home: Vec<_> = (0..chance.between(1, 3))
        .map(|_| (*chance.one(&allowed), *chance.one(&AGENTS)))
        .collect();
    let reasons = reasons(key);
    if let Fate::Dormant(_) = fate {
        used.add(until, "VALID", 3, home[0]);
        return used;
    }
    let mut hour = start_of_hour(ago(DAYS)).max(start_of_hour(key.created_at) + Duration::HOUR);
    while hour < until {
        let passed = noon * shape(hour) / 100;
        let passed = passed * chance.between(70, 130) / 100;
        let at = hour + Duration::minutes(chance.between(1, 59));
        let at = at.min(until - Duration::SECOND);
        if passed > 0 {
            used.add(at, "VALID", passed, *chance.one(&home));
        }
        if noon > 0 && chance.happens(2) {
            let reason = *chance.one(&reasons);
            let from = match reason {
                "IP_NOT_ALLOWED" => (*chance.one(&strange), *chance.one(&AGENTS)),
                _ => *chance.one(&home),
            };
            used.add(at, reason, chance.between(1, 12), from);
        }
        hour += Duration::HOUR;
    }
    let (code, from) = match fate {
        Fate::Expired(_) => ("EXPIRED", home),
        Fate::Leaked(_) => (
            "REVOKED",
            ELSEWHERE
                .map(|address| (address, *chance.one(&AGENTS)))
                .to_vec(),
        ),
        _ => return used,
    };
    let mut hour = start_of_hour(until) + Duration::HOUR;
    while hour < now {
        if chance.happens(35) {
            let at = (hour + Duration::minutes(chance.between(1, 59))).min(now);
            used.add(at, code, chance.between(1, 9), *chance.one(&from));
        }
        hour += Duration::HOUR;
    }
    used
}

fn may_come_from(key: &Key, address: &str) -> bool {
    let address = address.parse::<IpAddr>();
    let mut networks = key.allowed_ips.iter();
    key.allowed_ips.is_empty()
        || address.is_ok_and(|address| networks.any(|network| network.contains(&address)))
}

/// What requests with this key are refused for now and then while it works.
fn reasons(key: &Key) -> Vec<&'static str> {
    let mut reasons = vec!["WRONG_ENVIRONMENT"];
    if !key.scopes.iter().any(|name| name == EVERY_SCOPE) {
        reasons.push("INSUFFICIENT_SCOPE");
    }
    if key.rate_limit.is_some() {
        reasons.push("RATE_LIMITED");
    }
    if !key.allowed_ips.is_empty() {
        reasons.push("IP_NOT_ALLOWED");
    }
    reasons
}

/// How busy an hour is, in per cent of noon on a working day.
fn shape(hour: UtcTime) -> i64 {
    let by_hour = match hour.hour() {
        0..=4 => 12,
        5..=7 => 40,
        8..=17 => 100,
        18..=21 => 65,
        _ => 25,
    };
    match hour.weekday() {
        Weekday::Saturday | Weekday::Sunday => by_hour * 2 / 5,
        _ => by_hour,
    }
}

impl Use {
    fn add(
        &mut self,
        at: UtcTime,
        outcome: &'static str,
        requests: i64,
        from: (&'static str, &'static str),
    ) {
        *self.counts.entry((start_of_hour(at), outcome)).or_default() += requests;
        let (passed, refused) = match outcome {
            "VALID" => (requests, 0),
            _ => (0, requests),
        };
        if passed > 0 {
            // Times only go forward here.
            self.last = Some(LastUse {
                at,
                ip: Some(from.0.to_owned()),
                user_agent: Some(from.1.to_owned()),
            });
        }
        let one = SourceUse {
            first_seen: at,
            last_seen: at,
            passed,
            refused,
            refusal: (refused > 0).then_some((at, outcome)),
        };
        let known = self.sources.entry(from);
        known.and_modify(|known| known.add(&one)).or_insert(one);
    }
}

/// Which scopes the requests that passed asked for: each hour another of those that the key has, and its
/// last one never. Services that use a key with every scope name none.
fn asked<'a>(key: &'a Key, counts: &[Count]) -> Vec<ScopeCount<'a>> {
    let mut scopes: Vec<&str> = key.scopes.iter().map(String::as_str).collect();
    match scopes.contains(&EVERY_SCOPE) {
        true => scopes = vec![""],
        false => scopes.truncate((scopes.len() - 1).max(1)),
    }
    let passed = counts.iter().filter(|count| count.outcome == "VALID");
    let asked = passed.zip(scopes.into_iter().cycle());
    asked
        .map(|(count, scope)| ScopeCount {
            key_id: key.id,
            scope,
            hour: count.hour,
            requests: count.requests,
        })
        .collect()
}

fn write(conn: &mut Connection, key: &Key, used: &Use) -> Result<(), DomainError> {
    let counts = used.counts.iter().map(|((hour, outcome), requests)| Count {
        key_id: key.id,
        hour: *hour,
        outcome,
        requests: *requests,
    });
    let counts: Vec<Count> = counts.collect();
    let asked = asked(key, &counts);
    let tried = used.sources.values().filter_map(|source| source.refusal);
    let tried = tried.filter(|(_, code)| matches!(*code, "REVOKED" | "EXPIRED"));
    let tried = tried.map(|(at, _)| at).max();
    let sources: Vec<(i64, &str, &str, &SourceUse)> = used
        .sources
        .iter()
        .map(|((ip, agent), source)| (key.id, *ip, *agent, source))
        .collect();
    let last: Vec<(i64, &LastUse)> = used.last.iter().map(|last| (key.id, last)).collect();
    let tried: Vec<(i64, UtcTime)> = tried.iter().map(|at| (key.id, *at)).collect();
    Ok(unaudited(conn, |tx| {
        usage::add(tx, &counts)?;
        project_usage::add(tx, &counts)?;
        scope_usage::add(tx, &asked)?;
        usage::set_last_uses(tx, &last)?;
        usage::set_tries(tx, &tried)?;
        sources::add(tx, &sources)
    })?)
}
