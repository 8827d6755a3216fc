//! A scope of a project's catalogue.

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
