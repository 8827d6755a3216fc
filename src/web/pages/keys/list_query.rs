//! What the list's address says: search, filters, sort and page.

use form_urlencoded::Serializer;
use keyward_key::Environment;
use keyward_key::scope::can_be_required;
use serde::Deserialize;

use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::domain::keys::{self, Pasted};
use crate::domain::{DomainError, Op};
use crate::records::{Project, StateFilter};

/// Longer searches are cut to this many characters.
const MAX_SEARCH: usize = 200;

/// The parameters of the address, and of the form that leads to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub state: String,
    pub environment: String,
    /// A scope that is enough where it is required.
    pub scope: String,
    /// A scope carried by its name.
    pub carries: String,
    pub sort: String,
    pub after: String,
    pub before: String,
}

impl ListQuery {
    /// The same without a secret in its search; `None` if there is none.
    pub fn without_secret(
        &self,
        op: &mut Op,
        project: &Project,
    ) -> Result<Option<Self>, DomainError> {
        let instead = |Pasted { instead, .. }| ListQuery {
            q: instead,
            ..self.at_start()
        };
        Ok(keys::pasted(op, project, &self.q)?.map(instead))
    }

    /// The same without what means nothing.
    pub fn tidied(mut self) -> Self {
        let plain = self.q.trim().chars().filter(|c| !c.is_control());
        self.q = plain.take(MAX_SEARCH).collect();
        for (text, is_known) in [
            (&mut self.state, is::<StateFilter> as fn(&str) -> bool),
            (&mut self.environment, is::<Environment>),
            (&mut self.scope, can_be_required),
            (&mut self.carries, can_be_required),
            (&mut self.sort, |sort| by(sort).is_some()),
        ] {
            *text = text.trim().to_owned();
            if !is_known(text) {
                text.clear();
            }
        }
        self
    }

    pub fn is_filtered(&self) -> bool {
        [
            &self.q,
            &self.state,
            &self.environment,
            &self.scope,
            &self.carries,
        ]
        .iter()
        .any(|text| !text.is_empty())
    }

    pub fn filter(&self) -> KeyFilter {
        let some = |scope: &String| Some(scope.clone()).filter(|scope| !scope.is_empty());
        KeyFilter {
            project_id: 0,
            search: self.q.clone(),
            state: self.state.parse().ok(),
            environment: self.environment.parse().ok(),
            scope: some(&self.scope),
            carries: some(&self.carries).into_iter().collect(),
            ..KeyFilter::default()
        }
    }

    pub fn order(&self) -> Order {
        by(&self.sort).unwrap_or(Order {
            by: SortBy::Created,
            descending: true,
        })
    }

    /// The first page.
    pub fn at_start(&self) -> Self {
        ListQuery {
            after: String::new(),
            before: String::new(),
            ..self.clone()
        }
    }

    /// The address, where `list` is the path.
    pub fn url(&self, list: &str) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("state", &self.state),
            ("environment", &self.environment),
            ("scope", &self.scope),
            ("carries", &self.carries),
            ("sort", &self.sort),
            ("after", &self.after),
            ("before", &self.before),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            list.to_owned()
        } else {
            format!("{list}?{query}")
        }
    }
}

fn is<T: std::str::FromStr>(text: &str) -> bool {
    text.parse::<T>().is_ok()
}

/// The order that a word stands for.
fn by(sort: &str) -> Option<Order> {
    let (descending, name) = match sort.strip_prefix('-') {
        Some(name) => (true, name),
        None => (false, sort),
    };
    let by = match name {
        "label" => SortBy::Label,
        "expires" => SortBy::Expires,
        "used" => SortBy::LastUsed,
        "created" => SortBy::Created,
        _ => return None,
    };
    Some(Order { by, descending })
}
