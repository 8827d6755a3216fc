//! Which scopes keys were really asked for lately, and which never.

use keyward_key::scope::EVERY_SCOPE;

use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::scope_usage::{self, Asked};
use crate::db::scopes;
use crate::domain::usage::SCOPES_KEPT;
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project, scope};

/// What is known of the scopes that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedScopes {
    /// Since when it is known; `None` if no request was counted.
    pub since: Option<UtcTime>,
    /// The scopes that were asked for, the most often first.
    pub asked: Vec<Asked>,
    /// How many requests asked for no scope: they may have needed any.
    pub without: i64,
    /// The scopes that could be used and were never asked for.
    pub never: Vec<String>,
}

impl AskedScopes {
    fn new(since: Option<UtcTime>, mut asked: Vec<Asked>, granted: &[String]) -> Self {
        let none = asked.iter().position(|one| one.scope.is_empty());
        let without = none.map_or(0, |place| asked.remove(place).requests);
        asked.sort_by_key(|one| std::cmp::Reverse(one.requests));
        let was_asked = |name: &String| asked.iter().any(|one| one.scope == *name);
        let never = granted.iter().filter(|name| !was_asked(name));
        AskedScopes {
            since,
            never: never.cloned().collect(),
            without,
            asked,
        }
    }

    /// Whether every request that passed told which scope it needed.
    pub fn is_known(&self) -> bool {
        self.since.is_some() && self.without == 0
    }
}

/// What `key` of `project` was asked for. A scope that it
/// carries counts as asked for if one that it includes was.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn asked_scopes(op: &mut Op, project: &Project, key: &Key) -> Result<AskedScopes, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let earliest = op.now() - SCOPES_KEPT;
    let asked = scope_usage::of_key(op.conn(), key.id, earliest)?;
    let first = scope_usage::first_day(op.conn(), project.id)?;
    let since = first.map(|day| day.max(earliest).max(key.created_at));
    let all = scopes::of_project(op.conn(), project.id)?;
    let catalogue = scope::catalogue(&all);
    let granted = match key.scopes.iter().any(|name| name == EVERY_SCOPE) {
        true => all.into_iter().map(|scope| scope.name).collect(),
        false => key.scopes.clone(),
    };
    let mut used = AskedScopes::new(since, asked, &granted);
    let asked: Vec<&str> = used.asked.iter().map(|one| &*one.scope).collect();
    let is_needed = |name: &String| {
        asked
            .iter()
            .any(|asked| catalogue.granting(asked).contains(&&**name))
    };
    used.never.retain(|name| !is_needed(name));
    Ok(used)
}

/// What the keys of `project` were asked for, and the scopes of its catalogue that none was.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn asked_scopes_of_all(op: &mut Op, project: &Project) -> Result<AskedScopes, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let earliest = (op.now() - SCOPES_KEPT).date().midnight();
    let asked = scope_usage::of_project(op.conn(), project.id, earliest)?;
    let first = scope_usage::first_day(op.conn(), project.id)?;
    let since = first.map(|day| day.max(earliest).max(project.created_at));
    let catalogue = scopes::of_project(op.conn(), project.id)?;
    let names: Vec<String> = catalogue.into_iter().map(|scope| scope.name).collect();
    Ok(AskedScopes::new(since, asked, &names))
}

/// The scopes that `key` needs for what it was asked for: no others, and none that it includes only by
/// carrying more. `None` if nothing was asked for, if some requests didn't say what they needed, or if
/// these are the scopes that it carries.
pub fn only_used(key: &Key, used: &AskedScopes) -> Option<Vec<String>> {
    let kept: Vec<String> = used.asked.iter().map(|one| one.scope.clone()).collect();
    let is_same =
        kept.len() == key.scopes.len() && kept.iter().all(|name| key.scopes.contains(name));
    let needs_every = kept.iter().any(|name| name == EVERY_SCOPE);
    (used.is_known() && !kept.is_empty() && !is_same && !needs_every).then_some(kept)
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn used(asked: &[(&str, i64)], granted: &[&str]) -> AskedScopes {
        let last = datetime!(2026-11-20 12:00);
        let asked = asked.iter().map(|(scope, requests)| Asked {
            scope: (*scope).to_owned(),
            requests: *requests,
            last,
        });
        let granted: Vec<String> = granted.iter().map(|name| (*name).to_owned()).collect();
        AskedScopes::new(Some(last), asked.collect(), &granted)
    }

    fn key(scopes: &[&str]) -> Key {
        Key {
            scopes: scopes.iter().map(|name| (*name).to_owned()).collect(),
            ..Key::example()
        }
    }

    #[test]
    fn what_was_asked_for_is_kept_and_nothing_else() {
        let all = used(&[("read:assets", 5)], &["read:assets", "write:assets"]);
        assert_eq!(all.never, ["write:assets"]);
        let kept = only_used(&key(&["read:assets", "write:assets"]), &all);
        assert_eq!(kept.unwrap(), ["read:assets"]);
        assert_eq!(only_used(&key(&["read:assets"]), &all), None);
        let every = only_used(&key(&["*"]), &all);
        assert_eq!(every.unwrap(), ["read:assets"]);
    }

    #[test]
    fn requests_that_do_not_say_what_they_need_may_need_anything() {
        let some = used(
            &[("", 1), ("read:assets", 5)],
            &["read:assets", "write:assets"],
        );
        assert_eq!((some.without, some.is_known()), (1, false));
        assert_eq!(only_used(&key(&["*"]), &some), None);
        let nothing = used(&[], &["read:assets"]);
        assert_eq!(only_used(&key(&["*"]), &nothing), None);
        assert_eq!(nothing.never, ["read:assets"]);
    }
}
