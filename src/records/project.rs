//! A project: the unit that a key belongs to.

use keyward_key::{Environment, KeyFormat};

use super::RateLimit;
use crate::clock::UtcTime;

/// Everything that is stored about a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// The database id.
    pub id: i64,
    /// Its name in URLs. Never changes.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// What its keys begin with.
    pub key_start: String,
    /// Whether its keys contain their environment. If not, there is no test environment.
    pub environment_segment: bool,
    /// How many keys it has, in any state.
    pub key_count: i64,
    /// When it was created.
    pub created_at: UtcTime,
    /// For keys that have no limit of their own; `None` is unlimited.
    pub rate_limit: Option<RateLimit>,
    /// Lifetime of keys created without an expiry, in days; `None` sets no default.
    pub default_lifetime_days: Option<i64>,
    /// The longest lifetime of a key, in days; `None` is unlimited.
    pub max_lifetime_days: Option<i64>,
    /// When it was archived, if it was. None of its keys has worked since.
    pub archived_at: Option<UtcTime>,
    /// Who archived it, if it was archived.
    pub archived_by: Option<String>,
    /// Rises with every edit.
    pub version: i64,
}

/// What can be chosen for a project, and edited later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProjectTerms {
    /// See [`Project::name`].
    pub name: String,
    /// See [`Project::key_start`].
    pub key_start: String,
    /// See [`Project::environment_segment`].
    pub environment_segment: bool,
    /// See [`Project::rate_limit`].
    pub rate_limit: Option<RateLimit>,
    /// See [`Project::default_lifetime_days`].
    pub default_lifetime_days: Option<i64>,
    /// See [`Project::max_lifetime_days`].
    pub max_lifetime_days: Option<i64>,
}

impl Project {
    /// The format of its keys.
    pub fn key_format(&self) -> KeyFormat {
        KeyFormat {
            start: self.key_start.clone(),
            environment_segment: self.environment_segment,
        }
    }

    /// Whether its keys can be for this environment.
    pub fn has(&self, environment: Environment) -> bool {
        self.environment_segment || environment == Environment::Live
    }

    /// Its present terms.
    pub fn terms(&self) -> ProjectTerms {
        ProjectTerms {
            name: self.name.clone(),
            key_start: self.key_start.clone(),
            environment_segment: self.environment_segment,
            rate_limit: self.rate_limit,
            default_lifetime_days: self.default_lifetime_days,
            max_lifetime_days: self.max_lifetime_days,
        }
    }
}

#[cfg(test)]
impl Project {
    /// The project of a new instance.
    pub fn example() -> Self {
        Project {
            id: 1,
            slug: "default".into(),
            name: "Default".into(),
            key_start: "mk".into(),
            environment_segment: true,
            key_count: 1,
            created_at: time::macros::datetime!(2026-11-19 12:00),
            rate_limit: None,
            default_lifetime_days: None,
            max_lifetime_days: None,
            archived_at: None,
            archived_by: None,
            version: 1,
        }
    }
}
