//! The fields of the form that adds a scope and of the one that edits it.

use serde::Deserialize;

use crate::domain::FieldError;
use crate::records::Scope;
use crate::web::shared::form::Errors;

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScopeFields {
    /// Only a new scope's can be chosen.
    pub name: String,
    pub description: String,
    pub includes: Vec<String>,
    /// The scope that the edit form was opened for, as it was then.
    pub seen: String,
}

impl ScopeFields {
    /// What the edit form of `scope` starts with.
    pub fn of(scope: &Scope) -> Self {
        ScopeFields {
            name: scope.name.clone(),
            description: scope.description.clone(),
            includes: scope.includes.clone(),
            seen: seen(scope),
        }
    }

    /// What was typed, as the scope `name`.
    pub fn scope(&self, name: &str) -> Scope {
        Scope {
            name: name.trim().to_owned(),
            description: self.description.clone(),
            includes: self.includes.clone(),
        }
    }
}

/// What of a scope can be edited, in one line: a form that was opened for something else is out
/// of date. No name has the bar in it.
pub fn seen(scope: &Scope) -> String {
    format!("{}|{}", scope.includes.join(" "), scope.description)
}

/// The fields with everything there is to choose from, for the template.
pub struct FieldsView {
    pub fields: ScopeFields,
    pub errors: Errors,
    /// The other scopes, for it to include.
    pub others: Vec<Choice>,
}

/// A checkbox of the group of scopes to include.
pub struct Choice {
    pub name: String,
    pub description: String,
    pub checked: bool,
}

impl FieldsView {
    /// The form for `fields` beside a catalogue; `own` is the name of the scope being edited.
    pub fn new(
        fields: ScopeFields,
        catalogue: Vec<Scope>,
        own: Option<&str>,
        errors: Vec<FieldError>,
    ) -> Self {
        let others = catalogue
            .into_iter()
            .filter(|scope| own.is_none_or(|own| scope.name != own))
            .map(|scope| Choice {
                checked: fields.includes.contains(&scope.name),
                name: scope.name,
                description: scope.description,
            })
            .collect();
        FieldsView {
            others,
            errors: Errors(errors),
            fields,
        }
    }
}
