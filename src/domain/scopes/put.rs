//! Add a scope to a project's catalogue, or edit one.

use std::collections::HashMap;

use keyward_key::scope;
use serde_json::{Map, json};

use crate::access::Action;
use crate::db::{Ending, scopes};
use crate::domain::archived::reread_open;
use crate::domain::{DomainError, FieldError, Op, Precondition, text};
use crate::records::{Project, Scope};

/// The most scopes a project can have.
pub(super) const MAX_SCOPES: usize = 500;

/// The longest chain of scopes that include one another.
const MAX_CHAIN: usize = 8;

/// The catalogue of a project, for the form that adds a scope to it or edits one.
///
/// # Errors
/// The actor is not allowed to.
pub fn put_form(op: &mut Op, project: &Project) -> Result<Vec<Scope>, DomainError> {
    op.allow(Action::ManageProject, project)?;
    Ok(scopes::of_project(op.conn(), project.id)?)
}

/// Adds a scope to a project's catalogue, or replaces its description and what it includes. Returns
/// whether it is new.
///
/// # Errors
/// The actor is not allowed to, fields are wrong, the scope does not match `still`, or the project
/// is archived.
pub fn put(
    op: &mut Op,
    project: &Project,
    scope: &Scope,
    still: &Precondition<Scope>,
) -> Result<bool, DomainError> {
    let permit = op.require(Action::ManageProject, project)?;
    op.change(permit, |tx| {
        let project = reread_open(tx.conn(), project)?;
        let catalogue = scopes::of_project(tx.conn(), project.id)?;
        let before = catalogue
            .iter()
            .find(|before| before.name == scope.name.trim());
        still.check(before)?;
        let after = check(&catalogue, before, scope)?;
        let Some(before) = before else {
            scopes::insert(tx, project.id, &after)?;
            let entry = tx
                .project_entry("scope.created", &project)
                .with("scope", after.name)
                .with("includes", after.includes);
            return Ok(Ending::Done(true, entry));
        };
        if *before == after {
            return Ok(Ending::Unchanged(false));
        }
        scopes::update(tx, project.id, &after)?;
        let changes = changes(before, &after);
        let entry = tx
            .project_entry("scope.edited", &project)
            .with("scope", after.name)
            .with("changes", changes);
        Ok(Ending::Done(false, entry))
    })
}

/// What changed: each name with its old and new value.
fn changes(before: &Scope, after: &Scope) -> Map<String, serde_json::Value> {
    let mut changes = Map::new();
    if before.description != after.description {
        let both = json!([before.description, after.description]);
        changes.insert("description".into(), both);
    }
    if before.includes != after.includes {
        changes.insert("includes".into(), json!([before.includes, after.includes]));
    }
    changes
}

/// Checks a scope, and returns it as it will be stored.
fn check(
    catalogue: &[Scope],
    before: Option<&Scope>,
    wanted: &Scope,
) -> Result<Scope, DomainError> {
    let name = wanted.name.trim();
    let mut errors = Vec::new();
    if !scope::is_name(name) {
        let detail = "Use up to 64 of the characters a-z, 0-9 and : . _ - /, beginning with a \
                      letter or digit.";
        errors.push(FieldError::new("name", detail));
    }
    if before.is_none() && catalogue.len() >= MAX_SCOPES {
        let detail = format!("A project has at most {MAX_SCOPES} scopes.");
        errors.push(FieldError::new("name", detail));
    }
    let description = text::tidy(&wanted.description).unwrap_or_else(|detail| {
        errors.push(FieldError::new("description", detail));
        String::new()
    });
    let includes = check_includes(catalogue, name, &wanted.includes).unwrap_or_else(|details| {
        let wrong = details.into_iter();
        errors.extend(wrong.map(|detail| FieldError::new("includes", detail)));
        Vec::new()
    });
    match errors.is_empty() {
        true => Ok(Scope {
            name: name.to_owned(),
            description,
            includes,
        }),
        false => Err(DomainError::Invalid(errors)),
    }
}

/// Checks what the scope `name` is to include, and returns each scope once.
fn check_includes(
    catalogue: &[Scope],
    name: &str,
    wanted: &[String],
) -> Result<Vec<String>, Vec<String>> {
    if wanted.len() > MAX_SCOPES {
        return Err(vec![format!(
            "A scope includes at most {MAX_SCOPES} others."
        )]);
    }
    let others = catalogue.iter().filter(|scope| scope.name != name);
    let others: HashMap<&str, &[String]> = others
        .map(|scope| (scope.name.as_str(), scope.includes.as_slice()))
        .collect();
    let mut chains = Chains {
        includes: others,
        known: HashMap::new(),
        sought: name,
    };
    let mut includes: Vec<String> = Vec::new();
    let (mut wrong, mut longest) = (Vec::new(), 0);
    for included in wanted {
        if !chains.includes.contains_key(included.as_str()) {
            let shown: String = included.chars().take(scope::MAX_LENGTH).collect();
            wrong.push(format!("This project has no other scope {shown}."));
        } else if let Some(chain) = chains.below(included) {
            longest = longest.max(chain);
            if !includes.contains(included) {
                includes.push(included.clone());
            }
        } else {
            wrong.push(format!("{included} includes {name} already."));
        }
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    // Above it are the scopes that include it.
    chains.includes.insert(name, &includes);
    chains.known.clear();
    chains.sought = "";
    let whole = catalogue
        .iter()
        .filter_map(|scope| chains.below(&scope.name));
    match whole.chain([longest + 1]).max() {
        Some(longest) if longest > MAX_CHAIN => Err(vec![format!(
            "At most {MAX_CHAIN} scopes may include one another in a row."
        )]),
        _ => Ok(includes),
    }
}

/// How long the chains of a catalogue are, worked out once for each scope.
struct Chains<'a> {
    includes: HashMap<&'a str, &'a [String]>,
    known: HashMap<&'a str, Option<usize>>,
    sought: &'a str,
}

impl<'a> Chains<'a> {
    /// The number of scopes in the longest chain that begins with `scope`; `None` if the sought scope
    /// is on one.
    fn below(&mut self, scope: &'a str) -> Option<usize> {
        if scope == self.sought {
            return None;
        }
        if let Some(known) = self.known.get(scope) {
            return *known;
        }
        // Catalogues have no circles. Should one have, it ends here.
        self.known.insert(scope, Some(0));
        let included = self.includes.get(scope).copied().unwrap_or_default();
        let longest = included.iter().try_fold(0, |longest, included| {
            Some(self.below(included)?.max(longest))
        });
        let chain = longest.map(|longest| longest + 1);
        self.known.insert(scope, chain);
        chain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `s0` includes `s1`, and so on; the last includes nothing.
    fn chain(length: usize) -> Vec<Scope> {
        let scope = |number: usize| Scope {
            name: format!("s{number}"),
            description: "A scope".into(),
            includes: (number + 1 < length)
                .then(|| format!("s{}", number + 1))
                .into_iter()
                .collect(),
        };
        (0..length).map(scope).collect()
    }

    fn including(
        catalogue: &[Scope],
        name: &str,
        includes: &[&str],
    ) -> Result<Vec<String>, Vec<String>> {
        let includes: Vec<String> = includes.iter().map(|name| (*name).to_owned()).collect();
        check_includes(catalogue, name, &includes)
    }

    #[test]
    fn a_circle_is_refused() {
        let catalogue = chain(3);
        assert_eq!(
            including(&catalogue, "s0", &["s2", "s2"]),
            Ok(vec!["s2".into()])
        );
        assert_eq!(
            including(&catalogue, "s2", &["s0"]),
            Err(vec!["s0 includes s2 already.".into()])
        );
        assert!(including(&catalogue, "s2", &["s2"]).is_err());
    }

    #[test]
    fn a_chain_has_at_most_eight_scopes_wherever_it_grows() {
        let mut catalogue = chain(7);
        catalogue.extend(chain(2).into_iter().map(|mut scope| {
            scope.name = scope.name.replace('s', "t");
            scope.includes = scope
                .includes
                .iter()
                .map(|name| name.replace('s', "t"))
                .collect();
            scope
        }));
        assert!(including(&catalogue, "new", &["s0"]).is_ok());
        assert!(
            including(&catalogue, "t1", &["s0"]).is_err(),
            "t0 is above it"
        );
        assert!(including(&catalogue, "t1", &["s1"]).is_ok());
        assert!(
            including(&catalogue, "s6", &["t0"]).is_err(),
            "s0 is above it"
        );
        assert!(including(&catalogue, "s6", &["t1"]).is_ok());
    }
}
