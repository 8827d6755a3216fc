//! What the log's address says: filters and page.

use form_urlencoded::Serializer;
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, Duration};

use crate::clock::{UtcTime, from_micros, to_micros};
use crate::db::audit_log::Place;
use crate::domain::audit::Asked;
use crate::domain::keys::without_secrets;

/// The path of the log.
pub const PATH: &str = "/audit";
/// Longer fields are cut to this many characters.
const MOST: usize = 255;

/// Periods to choose from: what each is called, and how many days before today it begins and ends.
const PERIODS: [(&str, i64, i64); 4] = [
    ("Today", 0, 0),
    ("Yesterday", 1, 1),
    ("Last 7 days", 6, 0),
    ("Last 30 days", 29, 0),
];

/// A period to choose.
pub struct Period {
    pub title: &'static str,
    pub url: String,
    pub is_chosen: bool,
}

/// The parameters of the address, and of the form that leads to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AuditQuery {
    #[serde(flatten)]
    pub asked: Asked,
    /// The place that the page begins after.
    before: String,
    /// Only where one watches: the newest entry that is shown.
    newest: String,
}

impl AuditQuery {
    /// The first page of what is asked for.
    pub fn of(asked: Asked) -> Self {
        AuditQuery {
            asked,
            ..AuditQuery::default()
        }
    }

    /// The same without secrets and stray space.
    pub fn tidied(mut self) -> Self {
        let asked = &mut self.asked;
        asked.q = without_secrets(&asked.q);
        for text in [
            &mut asked.q,
            &mut asked.from,
            &mut asked.until,
            &mut asked.actor,
            &mut asked.action,
            &mut asked.project,
            &mut asked.key,
            &mut asked.consumer,
            &mut asked.address,
        ] {
            let plain = text.trim().chars().filter(|c| !c.is_control());
            *text = plain.take(MOST).collect();
        }
        self
    }

    /// The same filter in each period, any time first.
    pub fn periods(&self, now: UtcTime) -> Vec<Period> {
        let days = PERIODS.iter().map(|(title, first, last)| {
            let ago = |days: &i64| day(now.date() - Duration::days(*days));
            (*title, ago(first), ago(last))
        });
        let any = ("Any time", String::new(), String::new());
        let all = std::iter::once(any).chain(days);
        all.map(|(title, from, until)| Period {
            title,
            is_chosen: self.asked.from == from && self.asked.until == until,
            url: AuditQuery::of(Asked {
                from,
                until,
                ..self.asked.clone()
            })
            .url(PATH),
        })
        .collect()
    }

    /// The kind of input for a day, unless it is a time.
    pub fn kind_of_input(&self, text: &str) -> &'static str {
        match text.is_empty() || text.len() == "2026-03-01".len() {
            true => "date",
            false => "text",
        }
    }

    /// The place that the page begins after.
    pub fn place(&self) -> Option<Place> {
        let (at, id) = self.before.split_once('.')?;
        Some((from_micros(at.parse().ok()?), id.parse().ok()?))
    }

    /// The newest entry that is shown where one watches.
    pub fn newest(&self) -> i64 {
        self.newest.parse().unwrap_or_default()
    }

    /// An address with this filter.
    pub fn url(&self, path: &str) -> String {
        with(path, self.asked.fields())
    }

    /// The address of the page after `place`.
    pub fn after(&self, (at, id): Place) -> String {
        let before = format!("{}.{id}", to_micros(at));
        with(PATH, self.asked.fields().chain([("before", &*before)]))
    }

    /// The address that tells what came after the entry `newest`.
    pub fn watched(&self, newest: i64) -> String {
        let newest = newest.to_string();
        let fields = self.asked.fields().chain([("newest", &*newest)]);
        with("/audit/latest", fields)
    }
}

/// The address of the log with these filters.
pub fn log<'n, 'v>(fields: impl IntoIterator<Item = (&'n str, &'v str)>) -> String {
    with(PATH, fields)
}

/// The address of all that somebody did on the day of `at`.
pub fn day_of(actor: &str, at: UtcTime) -> String {
    let day = day(at.date());
    log([
        ("actor", actor),
        ("from", &*day),
        ("until", &*day),
        ("action", "all"),
    ])
}

fn with<'n, 'v>(path: &str, fields: impl IntoIterator<Item = (&'n str, &'v str)>) -> String {
    let mut query = Serializer::new(String::new());
    for (name, value) in fields {
        query.append_pair(name, value);
    }
    match query.finish() {
        query if query.is_empty() => path.to_owned(),
        query => format!("{path}?{query}"),
    }
}

fn day(date: Date) -> String {
    date.format(format_description!("[year]-[month]-[day]"))
        .unwrap_or_default()
}
