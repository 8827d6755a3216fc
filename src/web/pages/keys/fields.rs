//! The fields of the create and the edit form.

use std::collections::BTreeSet;

use keyward_key::Environment;
use keyward_key::scope::EVERY_SCOPE;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use time::Duration;
use time::macros::format_description;

use crate::clock::UtcTime;
use crate::domain::FieldError;
use crate::domain::keys::KeyDraft;
use crate::domain::projects::MAX_LIFETIME_DAYS;
use crate::records::{Key, Project, Scope};
use crate::web::shared::form::Errors;
use crate::web::shared::picker::{self, Picker};
use crate::web::shared::rate_limit_fields;
use crate::web::shared::times::{Moment, plural};

/// The option of the edit form that leaves the expiry as it is.
pub const KEEP: &str = "keep";
/// The option that uses the date field next to it.
pub const DATE: &str = "date";
/// The option without an expiry.
pub const NEVER: &str = "never";
/// The lifetimes offered in every project that allows them, in days.
const LIFETIMES: [i64; 3] = [30, 90, 365];
/// What a new form starts with unless the project says otherwise, in days.
const DEFAULT_LIFETIME: i64 = 90;

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct KeyFields {
    pub label: String,
    pub scopes: Vec<String>,
    pub environment: String,
    pub expires: String,
    /// Only used with the option `date`.
    pub expires_on: String,
    pub rate_limit_requests: String,
    pub rate_limit_seconds: String,
    /// Separated by white space or commas.
    pub allowed_ips: String,
    pub consumer: String,
    /// An email; empty is nobody. A form without this field says nothing of it.
    pub owner: Option<String>,
    /// A JSON object; empty is none.
    pub metadata: String,
    /// The version of the key that the edit form shows.
    pub version: String,
    /// What the edit form showed when it was opened.
    #[serde(skip_serializing)]
    pub seen: String,
}

impl KeyFields {
    /// What a new form starts with: the project's default lifetime, or one close to it, and the creator
    /// as the owner.
    pub fn fresh(project: &Project, creator: &str, now: UtcTime) -> Self {
        let wanted = project.default_lifetime_days.unwrap_or(DEFAULT_LIFETIME);
        let offered = Bounds::of(project, now, now).lifetimes();
        let nearest = offered.range(..=wanted).next_back().or(offered.first());
        KeyFields {
            expires: nearest.map_or(DATE.into(), ToString::to_string),
            owner: Some(creator.to_owned()),
            ..KeyFields::default()
        }
    }

    /// What the edit form of `key` starts with.
    pub fn of(key: &Key) -> Self {
        let networks: Vec<String> = key.allowed_ips.iter().map(ToString::to_string).collect();
        let (rate_limit_requests, rate_limit_seconds) = rate_limit_fields::written(key.rate_limit);
        KeyFields {
            label: key.label.clone(),
            scopes: key.scopes.clone(),
            environment: key.environment.to_string(),
            expires: KEEP.into(),
            expires_on: String::new(),
            rate_limit_requests,
            rate_limit_seconds,
            allowed_ips: networks.join("\n"),
            consumer: key.consumer.clone().unwrap_or_default(),
            owner: Some(key.owner.clone().unwrap_or_default()),
            metadata: metadata_text(&key.metadata),
            version: key.version.to_string(),
            seen: String::new(),
        }
    }

    /// The fields as a draft. `kept` is the expiry of the key that is being edited.
    pub fn draft(&self, kept: Option<UtcTime>, now: UtcTime) -> KeyDraft {
        let mut unreadable = Vec::new();
        let expires_at = self.expiry(kept, now).unwrap_or_else(|detail| {
            unreadable.push(FieldError::new("expires_at", detail));
            None
        });
        let (requests, seconds) = (&self.rate_limit_requests, &self.rate_limit_seconds);
        let rate_limit = rate_limit_fields::read(requests, seconds, &mut unreadable);
        let metadata = self.metadata().unwrap_or_else(|detail| {
            unreadable.push(FieldError::new("metadata", detail));
            Map::new()
        });
        let parts = self
            .allowed_ips
            .split(|c: char| c.is_whitespace() || c == ',');
        let allowed_ips = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        KeyDraft {
            label: self.label.clone(),
            scopes: self.scopes.clone(),
            expires_at,
            rate_limit,
            allowed_ips,
            consumer: self.consumer.clone(),
            metadata,
            owner: self.owner.clone(),
            unreadable,
        }
    }

    pub fn environment(&self) -> Result<Environment, FieldError> {
        self.environment
            .parse()
            .map_err(|_| FieldError::new("environment", "Choose one of these."))
    }

    fn metadata(&self) -> Result<Map<String, Value>, &'static str> {
        match self.metadata.trim() {
            "" => Ok(Map::new()),
            text => serde_json::from_str(text)
                .map_err(|_| "Write a JSON object, such as {\"plan\": \"pro\"}."),
        }
    }

    fn expiry(&self, kept: Option<UtcTime>, now: UtcTime) -> Result<Option<UtcTime>, &'static str> {
        match self.expires.as_str() {
            NEVER => Ok(None),
            KEEP => Ok(kept),
            DATE => {
                let format = format_description!("[year]-[month]-[day]");
                let date = time::Date::parse(self.expires_on.trim(), format);
                // The key works until the end of this day.
                let end = date.ok().and_then(time::Date::next_day);
                let end = end.ok_or("Choose a date, written like 2027-01-31.")?;
                Ok(Some(end.midnight()))
            }
            days => {
                let days = days.parse::<i64>().ok();
                let days = days.filter(|days| (1..=MAX_LIFETIME_DAYS).contains(days));
                let days = days.ok_or("Choose one of these.")?;
                Ok(Some(now + Duration::days(days)))
            }
        }
    }
}

/// Metadata as people edit it; empty if there is none.
pub fn metadata_text(metadata: &Map<String, Value>) -> String {
    match metadata.is_empty() {
        true => String::new(),
        false => serde_json::to_string_pretty(metadata).unwrap_or_default(),
    }
}

/// The fields with all their options, for the template.
pub struct FieldsView {
    pub fields: KeyFields,
    pub errors: Errors,
    pub picker: Picker,
    /// Where scopes are added, for a project that has none.
    pub add_scopes: Option<String>,
    /// Empty for a key that already has its environment.
    pub environments: Vec<Choice>,
    pub lifetimes: Vec<Choice>,
    /// The longest that keys of the project may live, if that is limited.
    pub longest: Option<String>,
    /// The emails of those who can answer for the key.
    pub answerable: Vec<String>,
    /// Whether the parts that can be folded have something to show.
    pub limits_open: bool,
    pub metadata_open: bool,
}

pub struct Choice {
    pub value: String,
    pub title: String,
    pub selected: bool,
}

impl FieldsView {
    /// The form for `fields` of a key of `project`; `key` is the one being edited, and `answerable` are
    /// the emails of those who can answer for it.
    pub fn new(
        fields: KeyFields,
        project: &Project,
        (catalogue, answerable): (Vec<Scope>, Vec<String>),
        key: Option<&Key>,
        errors: Vec<FieldError>,
        now: UtcTime,
    ) -> Self {
        let choice = |name: &str, description: String, includes| picker::Choice {
            checked: fields.scopes.iter().any(|chosen| chosen == name),
            name: name.to_owned(),
            description,
            includes,
        };
        let carried = key.into_iter().flat_map(|key| &key.scopes);
        let gone = carried.filter(|name| {
            **name != EVERY_SCOPE && !catalogue.iter().any(|scope| scope.name == **name)
        });
        let gone = gone.map(|name| choice(name, "No longer offered".into(), vec![]));
        let gone: Vec<picker::Choice> = gone.collect();
        let scopes = format!("/projects/{}/scopes", project.slug);
        let add_scopes = catalogue.is_empty().then_some(scopes);
        let offered = catalogue
            .into_iter()
            .map(|scope| choice(&scope.name, scope.description, scope.includes));
        let every = "Every scope, also those added later".into();
        let every = choice(EVERY_SCOPE, every, vec![]);
        let picker = Picker::new("scopes", offered.chain(gone).collect(), Some(every));
        let environments = Environment::ALL
            .iter()
            .copied()
            .filter(|environment| key.is_none() && project.has(*environment))
            .map(|environment| Choice {
                value: environment.to_string(),
                title: environment.title().into(),
                selected: fields.environment == environment.as_str(),
            })
            .collect();
        let in_limits = ["rate_limit.requests", "rate_limit.seconds", "allowed_ips"];
        let limits_open = errors
            .iter()
            .any(|error| in_limits.contains(&&*error.field))
            || [
                &fields.rate_limit_requests,
                &fields.rate_limit_seconds,
                &fields.allowed_ips,
            ]
            .iter()
            .any(|text| !text.is_empty());
        let bounds = Bounds::of(project, key.map_or(now, |key| key.created_at), now);
        let longest = project.max_lifetime_days.map(|days| plural(days, "day"));
        FieldsView {
            lifetimes: lifetimes(&fields, key, &bounds, now),
            longest: longest.map(|days| format!("Keys of this project live at most {days}.")),
            picker,
            add_scopes,
            environments,
            limits_open,
            metadata_open: !fields.metadata.is_empty(),
            answerable,
            errors: Errors(errors),
            fields,
        }
    }
}

/// A project's rules about lifetimes, applied to one key.
struct Bounds {
    default: Option<i64>,
    /// The longest the key may live from now on, in whole days.
    most: Option<i64>,
}

impl Bounds {
    /// For a key created at `born`, which is `now` for a new one.
    fn of(project: &Project, born: UtcTime, now: UtcTime) -> Self {
        let age = now - born;
        let most = project
            .max_lifetime_days
            .map(|days| Duration::days(days) - age);
        Bounds {
            default: project.default_lifetime_days,
            most: most.map(Duration::whole_days),
        }
    }

    /// The lifetimes to choose from, in days.
    fn lifetimes(&self) -> BTreeSet<i64> {
        let usual = LIFETIMES.into_iter().chain(self.default);
        let allowed = |days: &i64| self.most.is_none_or(|most| *days <= most);
        let mut offered: BTreeSet<i64> = usual.filter(allowed).collect();
        if offered.is_empty() {
            // Offer the longest that is left rather than only a date.
            offered.extend(self.most.filter(|most| *most > 0));
        }
        offered
    }
}

fn lifetimes(fields: &KeyFields, key: Option<&Key>, bounds: &Bounds, now: UtcTime) -> Vec<Choice> {
    let date = format_description!("[day padding:none] [month repr:long] [year]");
    let choice = |value: String, title: String| Choice {
        selected: fields.expires == value,
        value,
        title,
    };
    let kept = key.map(|key| match key.expires_at {
        Some(at) => format!("No change ({})", Moment::new(at, now).words),
        None => "No change (never)".into(),
    });
    let never = bounds
        .most
        .is_none()
        .then(|| choice(NEVER.into(), "Never".into()));
    let days = bounds.lifetimes().into_iter().map(|days| {
        let day = (now + Duration::days(days))
            .format(date)
            .unwrap_or_default();
        let title = format!("In {} ({day})", plural(days, "day"));
        choice(days.to_string(), title)
    });
    kept.map(|title| choice(KEEP.into(), title))
        .into_iter()
        .chain(never)
        .chain(days)
        .chain([choice(DATE.into(), "On a date".into())])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    fn expiry(expires: &str, on: &str) -> Result<Option<UtcTime>, &'static str> {
        let fields = KeyFields {
            expires: expires.into(),
            expires_on: on.into(),
            ..KeyFields::default()
        };
        fields.expiry(Some(NOW), NOW)
    }

    #[test]
    fn an_expiry_is_never_or_some_days_away_or_a_date() {
        assert_eq!(expiry("never", ""), Ok(None));
        assert_eq!(expiry("keep", ""), Ok(Some(NOW)));
        assert_eq!(expiry("45", ""), Ok(Some(NOW + Duration::days(45))));
        assert_eq!(
            expiry("date", "2027-01-31"),
            Ok(Some(datetime!(2027-02-01 0:00)))
        );
        for (expires, on) in [
            ("", ""),
            ("0", ""),
            ("-1", ""),
            ("3651", ""),
            ("soon", ""),
            ("date", ""),
            ("date", "31.1.2027"),
        ] {
            assert!(expiry(expires, on).is_err(), "{expires} {on}");
        }
    }

    #[test]
    fn lifetimes_on_offer_keep_to_what_the_project_allows() {
        for (default, most, expected) in [
            (None, None, vec![30, 90, 365]),
            (Some(45), None, vec![30, 45, 90, 365]),
            (Some(45), Some(60), vec![30, 45]),
            (None, Some(90), vec![30, 90]),
            (None, Some(7), vec![7]),
            // A key that has lived as long as it may.
            (Some(45), Some(0), vec![]),
            (None, Some(-3), vec![]),
        ] {
            let offered = Bounds { default, most }.lifetimes();
            let offered: Vec<i64> = offered.into_iter().collect();
            assert_eq!(offered, expected, "{default:?} {most:?}");
        }
    }

    #[test]
    fn half_a_rate_limit_is_an_error() {
        let fields = KeyFields {
            expires: "never".into(),
            rate_limit_requests: "600".into(),
            ..KeyFields::default()
        };
        let draft = fields.draft(None, NOW);
        assert_eq!(draft.unreadable[0].field, "rate_limit.seconds");
    }
}
