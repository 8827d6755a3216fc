//! The fields of the create and the settings form of a project.

use serde::{Deserialize, Serialize};

use crate::domain::FieldError;
use crate::domain::projects::ProjectDraft;
use crate::domain::scopes::Catalogue;
use crate::records::Project;
use crate::web::shared::form::Errors;
use crate::web::shared::meanwhile::{self, Row, Versioned};
use crate::web::shared::rate_limit_fields;

/// Live and test keys, distinguished by a word in them.
const BOTH: &str = "both";
/// Live keys only, without such a word.
const ONE: &str = "one";
/// The option without a scope template.
const NO_CATALOGUE: &str = "none";
/// What keys begin with in examples, until something is typed.
const EXAMPLE_START: &str = "mk";
const CHOOSE: &str = "Choose one of these.";

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ProjectFields {
    pub name: String,
    /// Can only be chosen for a new project.
    pub slug: String,
    pub key_start: String,
    pub environments: String,
    /// The scope template that a new project starts from.
    pub catalogue: String,
    pub default_lifetime_days: String,
    pub max_lifetime_days: String,
    pub rate_limit_requests: String,
    pub rate_limit_seconds: String,
    /// The version of the project that the settings form shows.
    pub version: String,
    /// What the settings form showed when it was opened.
    #[serde(skip_serializing)]
    pub seen: String,
}

impl ProjectFields {
    /// What the form of a new project starts with.
    pub fn fresh() -> Self {
        ProjectFields {
            environments: BOTH.into(),
            catalogue: NO_CATALOGUE.into(),
            ..ProjectFields::default()
        }
    }

    /// What the settings form of `project` starts with.
    pub fn of(project: &Project) -> Self {
        let (rate_limit_requests, rate_limit_seconds) =
            rate_limit_fields::written(project.rate_limit);
        let days = |days: Option<i64>| days.map(|days| days.to_string()).unwrap_or_default();
        let mut fields = ProjectFields {
            name: project.name.clone(),
            slug: project.slug.clone(),
            key_start: project.key_start.clone(),
            environments: environments(project).into(),
            catalogue: String::new(),
            default_lifetime_days: days(project.default_lifetime_days),
            max_lifetime_days: days(project.max_lifetime_days),
            rate_limit_requests,
            rate_limit_seconds,
            version: project.version.to_string(),
            seen: String::new(),
        };
        fields.seen = meanwhile::written(&fields);
        fields
    }

    /// What was typed, brought onto a newer version of the project, and what is different there.
    pub fn brought_onto(mut self, project: &Project) -> (Self, Vec<Row>) {
        let before: Option<ProjectFields> = meanwhile::read(&self.seen);
        let saved = ProjectFields::of(project);
        if is_fixed(project) {
            self.key_start.clone_from(&saved.key_start);
            self.environments.clone_from(&saved.environments);
        }
        let (mut fields, rows) = meanwhile::merge(self, before.as_ref(), &saved);
        (fields.version, fields.seen) = (saved.version, saved.seen);
        (fields, rows)
    }

    /// The fields as a draft. `project` is the one being edited: browsers don't send what is fixed
    /// in it, and it stays as it is.
    pub fn draft(&self, project: Option<&Project>) -> ProjectDraft {
        let mut unreadable = Vec::new();
        let fixed = project.filter(|project| is_fixed(project));
        let key_start = match fixed {
            Some(project) if self.key_start.is_empty() => &project.key_start,
            _ => &self.key_start,
        };
        let environment_segment = match (self.environments.as_str(), fixed) {
            (BOTH, _) => true,
            (ONE, _) => false,
            ("", Some(project)) => project.environment_segment,
            _ => {
                unreadable.push(FieldError::new("environments", CHOOSE));
                true
            }
        };
        let (requests, seconds) = (&self.rate_limit_requests, &self.rate_limit_seconds);
        let rate_limit = rate_limit_fields::read(requests, seconds, &mut unreadable);
        ProjectDraft {
            name: self.name.clone(),
            key_start: key_start.clone(),
            environment_segment,
            rate_limit,
            default_lifetime_days: days(&self.default_lifetime_days),
            max_lifetime_days: days(&self.max_lifetime_days),
            unreadable,
        }
    }

    /// The scope template that was chosen, if any.
    ///
    /// # Errors
    /// It is not one of those offered.
    pub fn catalogue(&self) -> Result<Option<Catalogue>, FieldError> {
        match self.catalogue.as_str() {
            NO_CATALOGUE => Ok(None),
            name => name
                .parse::<Catalogue>()
                .map(Some)
                .map_err(|_| FieldError::new("catalogue", CHOOSE)),
        }
    }
}

impl Versioned for ProjectFields {
    const FIELDS: &'static [(&'static str, &'static str)] = &[
        ("name", "Name"),
        ("key_start", "Key prefix"),
        ("environments", "Environments"),
        ("default_lifetime_days", "Default lifetime, in days"),
        ("max_lifetime_days", "Maximum lifetime, in days"),
        ("rate_limit_requests", "Rate limit, requests"),
        ("rate_limit_seconds", "Rate limit, seconds"),
    ];

    fn text(name: &str, value: &str) -> String {
        match (name, value) {
            ("environments", BOTH) => "Live and test".into(),
            ("environments", ONE) => "One environment".into(),
            _ => value.into(),
        }
    }
}

/// Whether keys already exist that begin as the project says.
fn is_fixed(project: &Project) -> bool {
    project.key_count > 0
}

fn environments(project: &Project) -> &'static str {
    match project.environment_segment {
        true => BOTH,
        false => ONE,
    }
}

/// Reads a number of days; an empty field is none. Anything else becomes a number that is out of
/// range, so that the draft's check finds it.
fn days(text: &str) -> Option<i64> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.parse().unwrap_or(0))
}

/// The fields with all their options, for the template.
pub struct FieldsView {
    pub fields: ProjectFields,
    pub errors: Errors,
    pub environments: Vec<Choice>,
    /// Empty for a project that already exists.
    pub catalogues: Vec<Choice>,
    /// Whether start and environments can no longer be changed.
    pub is_fixed: bool,
}

/// One of a group of radio buttons.
pub struct Choice {
    pub value: &'static str,
    pub title: &'static str,
    pub description: String,
    pub checked: bool,
}

impl FieldsView {
    /// The form for `fields`; `project` is the one being edited.
    pub fn new(
        mut fields: ProjectFields,
        project: Option<&Project>,
        errors: Vec<FieldError>,
    ) -> Self {
        let fixed = project.filter(|project| is_fixed(project));
        if let Some(project) = fixed {
            // Nobody could correct what they can't change.
            fields.key_start.clone_from(&project.key_start);
            fields.environments = environments(project).into();
        }
        let catalogues = match project {
            Some(_) => Vec::new(),
            None => catalogues(&fields.catalogue),
        };
        FieldsView {
            environments: both_environments(&fields),
            catalogues,
            is_fixed: fixed.is_some(),
            errors: Errors(errors),
            fields,
        }
    }

    /// Whether the project is yet to be created.
    pub fn is_new(&self) -> bool {
        !self.catalogues.is_empty()
    }
}

fn both_environments(fields: &ProjectFields) -> Vec<Choice> {
    let start = match fields.key_start.trim() {
        "" => EXAMPLE_START,
        start => start,
    };
    let choice = |value, title, description| Choice {
        value,
        title,
        description,
        checked: fields.environments == value,
    };
    vec![
        choice(
            BOTH,
            "Live and test",
            format!("Keys begin with {start}_live_… or {start}_test_…"),
        ),
        choice(
            ONE,
            "One environment",
            format!("Keys begin with {start}_…, and all of them are live"),
        ),
    ]
}

fn catalogues(chosen: &str) -> Vec<Choice> {
    let none = Choice {
        value: NO_CATALOGUE,
        title: "None",
        description: "Add scopes one by one afterwards".into(),
        checked: chosen == NO_CATALOGUE,
    };
    let ready = Catalogue::ALL.iter().copied().map(|catalogue| {
        let names: Vec<String> = catalogue
            .scopes()
            .into_iter()
            .map(|scope| scope.name)
            .collect();
        Choice {
            value: catalogue.as_str(),
            title: catalogue.title(),
            description: names.join(", "),
            checked: chosen == catalogue.as_str(),
        }
    });
    [none].into_iter().chain(ready).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_that_are_no_number_are_refused_and_empty_ones_are_none() {
        assert_eq!(days(" "), None);
        assert_eq!(days(" 90 "), Some(90));
        for text in ["soon", "1.5", "99999999999999999999"] {
            let fields = ProjectFields {
                name: "Media".into(),
                key_start: "mk".into(),
                environments: BOTH.into(),
                default_lifetime_days: text.into(),
                ..ProjectFields::default()
            };
            let draft = fields.draft(None);
            assert!(draft.unreadable.is_empty());
            let wrong = draft.check().unwrap_err();
            assert_eq!(wrong.len(), 1, "{text}");
            assert_eq!(wrong[0].field, "default_lifetime_days", "{text}");
        }
    }

    #[test]
    fn environments_are_one_of_those_on_offer() {
        for (environments, segment) in [(BOTH, true), (ONE, false)] {
            let fields = ProjectFields {
                environments: environments.into(),
                ..ProjectFields::default()
            };
            let draft = fields.draft(None);
            assert_eq!(draft.environment_segment, segment);
            assert!(draft.unreadable.is_empty());
        }
        let draft = ProjectFields::default().draft(None);
        assert_eq!(draft.unreadable[0].field, "environments");
    }
}
