//! The fields of the forms that add and edit a scope.

use serde::{Deserialize, Serialize};

use crate::domain::FieldError;
use crate::records::Scope;
use crate::web::shared::form::Errors;
use crate::web::shared::meanwhile::{self, Row, Versioned};

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ScopeFields {
    /// Can only be chosen for a new scope.
    pub name: String,
    pub description: String,
    pub includes: Vec<String>,
    /// What [`seen`] gave when the edit form was opened.
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

    /// What was typed, brought onto a newer version of the scope, and what is different there.
    pub fn brought_onto(self, scope: &Scope) -> (Self, Vec<Row>) {
        let before = self.seen.split_once('|').map(|(includes, description)| {
            let includes = includes.split_whitespace().map(str::to_owned);
            ScopeFields {
                description: description.into(),
                includes: includes.collect(),
                ..ScopeFields::default()
            }
        });
        let (mut fields, rows) = meanwhile::merge(self, before.as_ref(), &ScopeFields::of(scope));
        fields.seen = seen(scope);
        (fields, rows)
    }

    /// The fields as the scope `name`.
    pub fn scope(&self, name: &str) -> Scope {
        Scope {
            name: name.trim().to_owned(),
            description: self.description.clone(),
            includes: self.includes.clone(),
        }
    }
}

impl Versioned for ScopeFields {
    const FIELDS: &'static [(&'static str, &'static str)] =
        &[("description", "Description"), ("includes", "Includes")];
}

/// What can be edited of a scope, in one line: if it has changed since the form was opened, the
/// form is out of date. No name contains the bar.
pub fn seen(scope: &Scope) -> String {
    format!("{}|{}", scope.includes.join(" "), scope.description)
}

/// The fields with all their options, for the template.
pub struct FieldsView {
    pub fields: ScopeFields,
    pub errors: Errors,
    /// The other scopes, which it can include.
    pub others: Vec<Choice>,
}

/// A checkbox of the group of scopes to include.
pub struct Choice {
    pub name: String,
    pub description: String,
    pub checked: bool,
}

impl FieldsView {
    /// The form for `fields` next to a catalogue; `own` is the name of the scope being edited.
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
