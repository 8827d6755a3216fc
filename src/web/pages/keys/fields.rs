//! The fields of the create and the edit form.

use serde::Deserialize;
use time::Duration;
use time::macros::format_description;

use crate::clock::UtcTime;
use crate::db::scopes::Scope;
use crate::domain::FieldError;
use crate::domain::draft::KeyDraft;
use crate::key::scope::EVERY_SCOPE;
use crate::key::{Environment, Key};
use crate::web::pages::{Errors, limits};
use crate::web::times::Moment;

/// The choice of the edit form that leaves the expiry as it is.
const KEEP: &str = "keep";
/// The choice that takes the date beside it.
const DATE: &str = "date";
/// The lifetimes on offer, in days.
const LIFETIMES: [i64; 3] = [30, 90, 365];
const DEFAULT_LIFETIME: &str = "90";

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct KeyFields {
    pub label: String,
    pub scopes: Vec<String>,
    pub environment: String,
    pub expires: String,
    /// A date, for the choice of one.
    pub expires_on: String,
    pub rate_limit_requests: String,
    pub rate_limit_seconds: String,
    /// Parted by white space or commas.
    pub allowed_ips: String,
    /// The version of the key that the edit form shows.
    pub version: String,
}

impl KeyFields {
    /// What a new form starts with.
    pub fn fresh() -> Self {
        KeyFields {
            expires: DEFAULT_LIFETIME.into(),
            ..KeyFields::default()
        }
    }

    /// What the edit form of `key` starts with.
    pub fn of(key: &Key) -> Self {
        let networks: Vec<String> = key.allowed_ips.iter().map(ToString::to_string).collect();
        let (rate_limit_requests, rate_limit_seconds) = limits::written(key.rate_limit);
        KeyFields {
            label: key.label.clone(),
            scopes: key.scopes.clone(),
            environment: key.environment.to_string(),
            expires: KEEP.into(),
            expires_on: String::new(),
            rate_limit_requests,
            rate_limit_seconds,
            allowed_ips: networks.join("\n"),
            version: key.version.to_string(),
        }
    }

    /// What was typed as a draft, and what of it can't be read.
    pub fn draft(&self, kept: Option<UtcTime>, now: UtcTime) -> (KeyDraft, Vec<FieldError>) {
        let mut errors = Vec::new();
        let expires_at = self.expiry(kept, now).unwrap_or_else(|detail| {
            errors.push(FieldError::new("expires", detail));
            None
        });
        let (requests, seconds) = (&self.rate_limit_requests, &self.rate_limit_seconds);
        let rate_limit = limits::read(requests, seconds, &mut errors);
        let parts = self
            .allowed_ips
            .split(|c: char| c.is_whitespace() || c == ',');
        let allowed_ips = parts
            .filter(|part| !part.is_empty())
            .map(str::to_owned)
            .collect();
        let draft = KeyDraft {
            label: self.label.clone(),
            scopes: self.scopes.clone(),
            expires_at,
            rate_limit,
            allowed_ips,
        };
        (draft, errors)
    }

    /// The environment that was chosen.
    pub fn environment(&self) -> Result<Environment, FieldError> {
        self.environment
            .parse()
            .map_err(|_| FieldError::new("environment", "Choose one of these."))
    }

    fn expiry(&self, kept: Option<UtcTime>, now: UtcTime) -> Result<Option<UtcTime>, &'static str> {
        match self.expires.as_str() {
            "never" => Ok(None),
            KEEP => Ok(kept),
            DATE => {
                let format = format_description!("[year]-[month]-[day]");
                let date = time::Date::parse(self.expires_on.trim(), format);
                // The key works through the whole of this day.
                let end = date.ok().and_then(time::Date::next_day);
                let end = end.ok_or("Choose a date, written like 2027-01-31.")?;
                Ok(Some(end.midnight()))
            }
            days => {
                let days = days.parse().ok().filter(|days| LIFETIMES.contains(days));
                Ok(Some(
                    now + Duration::days(days.ok_or("Choose one of these.")?),
                ))
            }
        }
    }
}

/// The fields with everything there is to choose from, for the template.
pub struct FieldsView {
    pub fields: KeyFields,
    pub errors: Errors,
    pub scopes: Vec<ScopeChoice>,
    /// Empty for a key that has its environment already.
    pub environments: Vec<Choice>,
    pub lifetimes: Vec<Choice>,
    /// Whether the folded part has something to show.
    pub limits_open: bool,
}

/// A checkbox of the group of scopes.
pub struct ScopeChoice {
    pub name: String,
    pub description: String,
    pub checked: bool,
}

/// An option of a select.
pub struct Choice {
    pub value: String,
    pub title: String,
    pub selected: bool,
}

impl FieldsView {
    /// The form for `fields`; `key` is the one being edited.
    pub fn new(
        fields: KeyFields,
        catalogue: Vec<Scope>,
        key: Option<&Key>,
        errors: Vec<FieldError>,
        now: UtcTime,
    ) -> Self {
        let every = Scope {
            name: EVERY_SCOPE.into(),
            description: "Every scope, also those added later".into(),
            includes: vec![],
        };
        let gone = key.into_iter().flat_map(|key| &key.scopes).filter(|name| {
            **name != EVERY_SCOPE && !catalogue.iter().any(|scope| scope.name == **name)
        });
        let gone: Vec<Scope> = gone
            .map(|name| Scope {
                name: name.clone(),
                description: "No longer offered".into(),
                includes: vec![],
            })
            .collect();
        let scopes = catalogue
            .into_iter()
            .chain(gone)
            .chain([every])
            .map(|scope| ScopeChoice {
                checked: fields.scopes.contains(&scope.name),
                name: scope.name,
                description: scope.description,
            })
            .collect();
        let environments = Environment::ALL
            .into_iter()
            .filter(|_| key.is_none())
            .map(|environment| Choice {
                value: environment.to_string(),
                title: environment.title().into(),
                selected: fields.environment == environment.as_str(),
            })
            .collect();
        let in_limits = ["rate_limit_requests", "rate_limit_seconds", "allowed_ips"];
        let limits_open = errors.iter().any(|error| in_limits.contains(&error.field))
            || [
                &fields.rate_limit_requests,
                &fields.rate_limit_seconds,
                &fields.allowed_ips,
            ]
            .iter()
            .any(|text| !text.is_empty());
        FieldsView {
            lifetimes: lifetimes(&fields, key, now),
            scopes,
            environments,
            limits_open,
            errors: Errors(errors),
            fields,
        }
    }
}

fn lifetimes(fields: &KeyFields, key: Option<&Key>, now: UtcTime) -> Vec<Choice> {
    let date = format_description!("[day padding:none] [month repr:long] [year]");
    let choice = |value: String, title: String| Choice {
        selected: fields.expires == value,
        value,
        title,
    };
    let kept = key.map(|key| match key.expires_at {
        Some(at) => format!("As it is ({})", Moment::new(at, now).words),
        None => "As it is (never)".into(),
    });
    let days = LIFETIMES.iter().map(|days| {
        let day = (now + Duration::days(*days))
            .format(date)
            .unwrap_or_default();
        choice(days.to_string(), format!("In {days} days ({day})"))
    });
    kept.map(|title| choice(KEEP.into(), title))
        .into_iter()
        .chain([choice("never".into(), "Never".into())])
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
    fn an_expiry_is_one_of_those_on_offer() {
        assert_eq!(expiry("never", ""), Ok(None));
        assert_eq!(expiry("keep", ""), Ok(Some(NOW)));
        assert_eq!(expiry("30", ""), Ok(Some(NOW + Duration::days(30))));
        assert_eq!(
            expiry("date", "2027-01-31"),
            Ok(Some(datetime!(2027-02-01 0:00)))
        );
        for (expires, on) in [("", ""), ("31", ""), ("date", ""), ("date", "31.1.2027")] {
            assert!(expiry(expires, on).is_err(), "{expires} {on}");
        }
    }

    #[test]
    fn half_a_rate_limit_is_an_error() {
        let fields = KeyFields {
            expires: "never".into(),
            rate_limit_requests: "600".into(),
            ..KeyFields::default()
        };
        let (_, errors) = fields.draft(None, NOW);
        assert_eq!(errors[0].field, "rate_limit_seconds");
    }
}
