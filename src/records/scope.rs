//! A scope of a project's catalogue.

/// A scope that keys of a project may carry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// What keys and requests name it by.
    pub name: String,
    /// What it allows.
    pub description: String,
    /// Names of scopes of the same project that come with it.
    pub includes: Vec<String>,
}
