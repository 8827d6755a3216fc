//! A scope of a project's catalogue.

use keyward_key::scope::Catalogue;

/// A scope that keys of a project may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// The name that keys and requests use.
    pub name: String,
    /// What it allows.
    pub description: String,
    /// The names of the scopes it includes, all in the same project.
    pub includes: Vec<String>,
}

/// What each scope of a project comes to with all that it includes.
pub fn catalogue(scopes: &[Scope]) -> Catalogue {
    let with_included = scopes.iter().map(|scope| {
        let includes = scope.includes.iter().map(String::as_str).collect();
        (scope.name.as_str(), includes)
    });
    Catalogue::new(with_included)
}
