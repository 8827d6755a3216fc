//! The filters above a list of keys.

use keyward_key::Environment;
use keyward_key::scope::EVERY_SCOPE;

use super::list_query::ListQuery;
use crate::records::Finding;

/// What `keys/filters.html` shows.
pub struct Filters {
    pub query: ListQuery,
    pub environments: &'static [Environment],
    pub scopes: Vec<String>,
    /// Days without use to choose from, and days until expiry.
    pub unused: Vec<String>,
    pub within: Vec<String>,
    pub findings: &'static [Finding],
}

impl Filters {
    /// The filters as they are in `query`, with these scopes to choose from.
    pub fn new(scopes: impl Iterator<Item = String>, query: ListQuery) -> Self {
        let scopes = scopes.chain([EVERY_SCOPE.to_owned()]).collect();
        Filters {
            environments: Environment::ALL,
            findings: Finding::ALL,
            scopes: with(scopes, &query.scope),
            unused: with(days(&["7", "30", "90", "365"]), &query.unused),
            within: with(days(&["7", "30", "90"]), &query.within),
            query,
        }
    }

    /// How many filters are set, besides the search.
    pub fn set(&self) -> usize {
        let query = &self.query;
        let all = [
            &query.environment,
            &query.scope,
            &query.unused,
            &query.within,
            &query.finding,
        ];
        all.iter().filter(|text| !text.is_empty()).count()
    }
}

fn days(offered: &[&str]) -> Vec<String> {
    offered.iter().map(|days| (*days).to_owned()).collect()
}

/// What is offered and, if the list is filtered by another value, that.
fn with(mut offered: Vec<String>, chosen: &str) -> Vec<String> {
    if !chosen.is_empty() && offered.iter().all(|one| one != chosen) {
        offered.push(chosen.to_owned());
    }
    offered
}
