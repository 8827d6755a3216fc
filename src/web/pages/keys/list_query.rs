//! What the list's address says: search, filters, sort and page.

use form_urlencoded::Serializer;
use keyward_key::Environment;
use keyward_key::scope::can_be_required;
use serde::Deserialize;
use time::Duration;

use crate::clock::UtcTime;
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::domain::keys::{self, Pasted};
use crate::domain::text::MAX_CONSUMER;
use crate::domain::{DomainError, Op};
use crate::records::{Finding, Project, StateFilter};

/// Longer searches are cut to this many characters.
const MAX_SEARCH: usize = 200;
/// No list is longer than this.
const MAX_POSITION: usize = 1 << 40;

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
    /// Not used for so many days.
    pub unused: String,
    /// Expires within so many days.
    pub within: String,
    /// Created by this person.
    pub person: String,
    /// Whoever answers for it.
    pub owner: String,
    /// Whoever calls with it.
    pub consumer: String,
    /// What a review would ask about it.
    pub finding: String,
    pub sort: String,
    pub after: String,
    pub before: String,
    /// How many keys come before the page, for the line that says where it is.
    pub from: String,
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
            (&mut self.person, |person| person.len() <= MAX_SEARCH),
            (&mut self.owner, |owner| owner.len() <= MAX_SEARCH),
            (&mut self.consumer, |consumer| {
                consumer.chars().count() <= MAX_CONSUMER && !consumer.contains('\0')
            }),
            (&mut self.finding, is::<Finding>),
            (&mut self.unused, |days| days_in(days).is_some()),
            (&mut self.within, |days| days_in(days).is_some()),
            (&mut self.sort, |sort| by(sort).is_some()),
            (&mut self.from, is::<usize>),
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
            &self.unused,
            &self.within,
            &self.person,
            &self.owner,
            &self.consumer,
            &self.finding,
        ]
        .iter()
        .any(|text| !text.is_empty())
    }

    /// How many keys come before the page, as far as the address says.
    pub fn position(&self) -> usize {
        let position: usize = self.from.parse().unwrap_or_default();
        position.min(MAX_POSITION)
    }

    /// Whether anything but the view narrows the list.
    pub fn is_narrowed(&self) -> bool {
        let all = ListQuery {
            state: String::new(),
            ..self.clone()
        };
        all.is_filtered()
    }

    /// The view: keys in some states.
    pub fn states(&self) -> Option<StateFilter> {
        self.state.parse().ok()
    }

    /// The same filter in another view.
    pub fn in_view(&self, view: &str) -> Self {
        let sort = match self.sort.trim_start_matches('-') == "tried" {
            true => String::new(),
            false => self.sort.clone(),
        };
        ListQuery {
            state: view.to_owned(),
            sort,
            ..self.at_start()
        }
    }

    pub fn filter(&self, now: UtcTime) -> KeyFilter {
        let days = |text: &str| days_in(text).map(Duration::days);
        let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
        KeyFilter {
            project_id: 0,
            search: self.q.clone(),
            state: self.state.parse().ok(),
            environment: self.environment.parse().ok(),
            scope: some(&self.scope),
            carries: some(&self.carries).into_iter().collect(),
            last_used_before: days(&self.unused).map(|days| now - days),
            expires_within: days(&self.within),
            created_by: some(&self.person),
            owner: some(&self.owner),
            consumer: some(&self.consumer),
            finding: self.finding.parse().ok(),
            ..KeyFilter::default()
        }
    }

    /// What the list is sorted by: the newest first or, of keys that are still tried, those that
    /// were tried last.
    pub fn order(&self) -> Order {
        let is_tried = self.states() == Some(StateFilter::Tried);
        let chosen = by(&self.sort).filter(|order| is_tried || order.by != SortBy::LastTried);
        chosen.unwrap_or(Order {
            by: match is_tried {
                true => SortBy::LastTried,
                false => SortBy::Created,
            },
            descending: true,
        })
    }

    /// The first page.
    pub fn at_start(&self) -> Self {
        ListQuery {
            after: String::new(),
            before: String::new(),
            from: String::new(),
            ..self.clone()
        }
    }

    /// Each parameter that is set, with its name.
    pub fn fields(&self) -> Vec<(&'static str, &str)> {
        let all = [
            ("q", &self.q),
            ("state", &self.state),
            ("environment", &self.environment),
            ("scope", &self.scope),
            ("carries", &self.carries),
            ("unused", &self.unused),
            ("within", &self.within),
            ("person", &self.person),
            ("owner", &self.owner),
            ("consumer", &self.consumer),
            ("finding", &self.finding),
            ("sort", &self.sort),
            ("after", &self.after),
            ("before", &self.before),
            ("from", &self.from),
        ];
        let all = all.into_iter().map(|(name, value)| (name, value.as_str()));
        all.filter(|(_, value)| !value.is_empty()).collect()
    }

    /// The address, where `list` is the path.
    pub fn url(&self, list: &str) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(self.fields());
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

/// A number of days that a filter offers.
fn days_in(text: &str) -> Option<i64> {
    text.parse().ok().filter(|days| (1..=3_650).contains(days))
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
        "key" => SortBy::Prefix,
        "state" => SortBy::End,
        "tried" => SortBy::LastTried,
        _ => return None,
    };
    Some(Order { by, descending })
}
