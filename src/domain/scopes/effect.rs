//! What an edit of a scope's inclusions means for the keys that have the scope.

use std::sync::Arc;

use keyward_key::scope::{EVERY_SCOPE, Granted};

use super::list::working;
use crate::access::Action;
use crate::db::key_list::{self, COUNTED, KeyFilter, Order, SortBy};
use crate::db::scopes;
use crate::domain::{DomainError, Op};
use crate::records::{Project, Scope, scope};

/// How many working keys gain a scope or lose one, among the first [`COUNTED`] that may use the
/// edited one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Effect {
    /// They may use a scope that they could not use before.
    pub gaining: i64,
    /// They may no longer use a scope that they could use before.
    pub losing: i64,
    /// There are more keys, which were not looked at.
    pub is_partial: bool,
}

/// What the edit of a scope of `project`, which was `before`, changed for the keys.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn effect(op: &mut Op, project: &Project, before: &Scope) -> Result<Effect, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let now = op.now();
    let after = scopes::of_project(op.conn(), project.id)?;
    let earlier = after.iter().map(|scope| match scope.name == before.name {
        true => before.clone(),
        false => scope.clone(),
    });
    let earlier: Vec<Scope> = earlier.collect();
    let names: Vec<&str> = after.iter().map(|scope| scope.name.as_str()).collect();
    let (earlier, later) = (
        Arc::new(scope::catalogue(&earlier)),
        Arc::new(scope::catalogue(&after)),
    );
    // Keys with every scope neither gain nor lose one.
    let concerned = later.granting(&before.name).into_iter();
    let concerned = concerned.filter(|scope| *scope != EVERY_SCOPE);
    let filter = KeyFilter {
        carries: concerned.map(str::to_owned).collect(),
        ..working(project.id)
    };
    let found = key_list::find(op.conn(), &filter, now)?;
    let order = Order {
        by: SortBy::Created,
        descending: false,
    };
    let mut effect = Effect {
        is_partial: found.total >= COUNTED,
        ..Effect::default()
    };
    for listed in key_list::page(op.conn(), &found, order, None, 0, COUNTED, now)? {
        let held = || listed.key.scopes.iter().map(String::as_str);
        let (was, is) = (
            Granted::resolve(held(), &earlier),
            Granted::resolve(held(), &later),
        );
        let gains = |name: &&str| is.has(name) && !was.has(name);
        let loses = |name: &&str| was.has(name) && !is.has(name);
        effect.gaining += i64::from(names.iter().any(gains));
        effect.losing += i64::from(names.iter().any(loses));
    }
    Ok(effect)
}
