//! The views of a list of keys, as tabs with counts.

use super::list_query::ListQuery;
use crate::db::key_list::COUNTED;
use crate::domain::keys::Views;
use crate::records::{KeyState, StateFilter};
use crate::web::shared::times::grouped;

/// A view of the list.
pub struct Tab {
    pub title: &'static str,
    /// "12", "1,000+".
    pub count: Option<String>,
    pub path: String,
    pub is_current: bool,
}

impl Tab {
    /// The tabs of a list at the path `list`, of `all` keys. The state that the list is filtered by
    /// has a tab too, if it is none of the usual.
    pub fn all(query: &ListQuery, list: &str, all: i64, views: &Views) -> Vec<Tab> {
        let chosen = query.states();
        let usual = [
            (None, Some(grouped(all))),
            (Some(StateFilter::Attention), Some(counted(views.attention))),
            (in_state(KeyState::Expiring), Some(counted(views.expiring))),
            (in_state(KeyState::Dormant), Some(counted(views.dormant))),
            (Some(StateFilter::Tried), Some(counted(views.tried))),
            (Some(StateFilter::Orphaned), Some(counted(views.orphaned))),
            (in_state(KeyState::Revoked), Some(counted(views.revoked))),
        ];
        let is_usual = usual.iter().any(|(view, _)| *view == chosen);
        let other = (!is_usual).then_some((chosen, None));
        let tabs = usual.into_iter().chain(other);
        let tab = |(view, count): (Option<StateFilter>, _)| Tab {
            title: view.map_or("All", StateFilter::title),
            count,
            path: query
                .in_view(view.map_or("", StateFilter::as_str))
                .url(list),
            is_current: view == chosen,
        };
        tabs.map(tab).collect()
    }
}

fn in_state(state: KeyState) -> Option<StateFilter> {
    Some(StateFilter::In(state))
}

/// A count that may have stopped early.
pub fn counted(count: i64) -> String {
    at_least(count.min(COUNTED), count >= COUNTED)
}

/// A count, and whether it stopped early.
pub fn at_least(count: i64, is_partial: bool) -> String {
    let more = if is_partial { "+" } else { "" };
    format!("{}{more}", grouped(count))
}
