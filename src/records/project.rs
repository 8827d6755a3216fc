//! A project: the unit that a key belongs to.

use keyward_key::{Environment, KeyFormat};

use super::RateLimit;
use crate::clock::UtcTime;

/// Everything that is kept of a project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Names it in the database.
    pub id: i64,
    /// Names it in URLs, for good.
    pub slug: String,
    /// What people call it.
    pub name: String,
    /// What its keys begin with.
    pub key_start: String,
    /// Whether its keys say their environment, so that there is a test environment too.
    pub environment_segment: bool,
    /// How many keys it has, in whatever state.
    pub key_count: i64,
    /// When it was created.
    pub created_at: UtcTime,
    /// The limit of keys that have none of their own.
    pub rate_limit: Option<RateLimit>,
    /// How many days a key lives if nobody says otherwise.
    pub default_lifetime_days: Option<i64>,
    /// How many days a key lives at most.
    pub max_lifetime_days: Option<i64>,
    /// When it was archived: none of its keys has worked since.
    pub archived_at: Option<UtcTime>,
    /// Who archived it.
    pub archived_by: Option<String>,
    /// Rises with every edit.
    pub version: i64,
}

/// What can be chosen for a project.
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
    /// How its keys begin.
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

    /// What was chosen for it.
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
