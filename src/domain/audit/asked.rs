//! A filter of the audit log, as people and programs write it.

use serde::Deserialize;
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{Date, Duration};

use crate::clock::{UtcTime, parse_rfc3339};
use crate::db::audit_log::{Actions, AuditFilter};
use crate::domain::FieldError;
use crate::records::{ActionGroup, Project};

const DAY: &[BorrowedFormatItem] = format_description!("[year]-[month]-[day]");
const MINUTE: &[BorrowedFormatItem] = format_description!("[year]-[month]-[day]T[hour]:[minute]");

/// Which entries, field by field. What is empty lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Asked {
    /// Words that the name of the thing has, or the prefix of a key.
    pub q: String,
    /// A day or a time in UTC: the first one.
    pub from: String,
    /// A day or a time in UTC: the last day, or the first moment after.
    pub until: String,
    /// The actor's name.
    pub actor: String,
    /// `all`, `changes`, a group, or an action; empty is all but sign-ins.
    pub action: String,
    /// The slug of a project.
    pub project: String,
    /// The id of a key.
    pub key: String,
    /// The consumer of the key they are about, as it was then.
    pub consumer: String,
    /// The address that entries came from.
    pub address: String,
}

impl Asked {
    /// Each field that is not empty, with its name.
    pub fn fields(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("q", &self.q),
            ("from", &self.from),
            ("until", &self.until),
            ("actor", &self.actor),
            ("action", &self.action),
            ("project", &self.project),
            ("key", &self.key),
            ("consumer", &self.consumer),
            ("address", &self.address),
        ]
        .into_iter()
        .map(|(name, value)| (name, value.as_str()))
        .filter(|(_, value)| !value.is_empty())
    }

    /// The filter. `projects` are those that the actor may know of.
    ///
    /// # Errors
    /// Every field that can't be understood.
    pub fn filter(&self, projects: &[Project]) -> Result<AuditFilter, Vec<FieldError>> {
        let mut errors = Vec::new();
        let mut moment = |name: &'static str, text: &str, is_end: bool| {
            let read = moment(text, is_end);
            if read.is_none() && !text.is_empty() {
                let detail = "This is neither a day such as 2026-03-01 nor a time such as \
                              2026-03-01T14:30Z.";
                errors.push(FieldError::new(name, detail));
            }
            read
        };
        let from = moment("from", &self.from, false);
        let until = moment("until", &self.until, true);
        if from.zip(until).is_some_and(|(from, until)| from >= until) {
            errors.push(FieldError::new("until", "This is before the beginning."));
        }
        let actions = self.actions();
        if actions.is_none() {
            let detail = "There is no such action or group of actions.";
            errors.push(FieldError::new("action", detail));
        }
        let project = projects.iter().find(|project| project.slug == self.project);
        if project.is_none() && !self.project.is_empty() {
            errors.push(FieldError::new("project", "There is no such project."));
        }
        let key = self.key.parse::<i64>().ok();
        if key.is_none() && !self.key.is_empty() {
            errors.push(FieldError::new("key", "This is not the id of a key."));
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let some = |text: &str| (!text.is_empty()).then(|| text.replace('\0', " "));
        Ok(AuditFilter {
            from,
            until,
            actions: actions.unwrap_or_default(),
            actor: some(&self.actor),
            projects: project.map(|project| vec![project.id]),
            key,
            address: some(&self.address),
            text: some(&self.q),
            consumer: some(&self.consumer),
        })
    }

    fn actions(&self) -> Option<Actions> {
        Some(match self.action.as_str() {
            "" => Actions::ButSignIns,
            "all" => Actions::All,
            "changes" => Actions::Changes,
            text => match text.parse::<ActionGroup>() {
                Ok(group) => Actions::Group(group),
                Err(_) if is_action(text) => Actions::Only(text.to_owned()),
                Err(_) => return None,
            },
        })
    }
}

/// Whether a text has the form of an action: `key.revoked`.
fn is_action(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
    };
    text.split_once('.')
        .is_some_and(|(noun, verb)| is_word(noun) && is_word(verb))
}

/// A day or a time. `is_end` is for the end of a range: a day ends with its last moment.
fn moment(text: &str, is_end: bool) -> Option<UtcTime> {
    if let Ok(day) = Date::parse(text, DAY) {
        return match is_end {
            true => day.midnight().checked_add(Duration::DAY),
            false => Some(day.midnight()),
        };
    }
    let minute = text.strip_suffix('Z').unwrap_or(text);
    parse_rfc3339(text).or_else(|| UtcTime::parse(minute, MINUTE).ok())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_day_lasts_until_its_end() {
        let day = "2026-03-01";
        assert_eq!(moment(day, false), Some(datetime!(2026-03-01 0:00)));
        assert_eq!(moment(day, true), Some(datetime!(2026-03-02 0:00)));
        for text in [
            "2026-03-01T14:30",
            "2026-03-01T14:30Z",
            "2026-03-01T15:30:00+01:00",
        ] {
            assert_eq!(
                moment(text, true),
                Some(datetime!(2026-03-01 14:30)),
                "{text}"
            );
        }
        assert_eq!(moment("yesterday", true), None);
        assert_eq!(moment("9999-12-31", true), None);
    }

    #[test]
    fn what_can_not_be_understood_is_named() {
        let asked = Asked {
            from: "2026-03-02".into(),
            until: "2026-03-01".into(),
            action: "Robert'); DROP TABLE".into(),
            project: "foreign".into(),
            key: "first".into(),
            ..Asked::default()
        };
        let errors = asked.filter(&[]).unwrap_err();
        let fields: Vec<&str> = errors.iter().map(|error| &*error.field).collect();
        assert_eq!(fields, ["until", "action", "project", "key"]);
    }
}
