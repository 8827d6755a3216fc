//! A key as a row of a list.

use std::collections::HashMap;

use keyward_key::scope::Breadth;

use super::view::KeyView;
use crate::access::Actor;
use crate::clock::UtcTime;
use crate::domain::keys::{self, Traffic};
use crate::domain::{DomainError, Op};
use crate::records::{Key, Project};
use crate::web::shared::spark::Spark;
use crate::web::shared::times::Moment;

/// So many scopes are shown; the others open.
const SHOWN: usize = 2;

/// A row: the key, and what only lists show.
pub struct RowView {
    pub key: KeyView,
    /// The scopes that allow most.
    pub widest: Vec<String>,
    /// The others.
    pub more: Vec<String>,
    pub spark: Option<Spark>,
    /// When it was last presented since it ended.
    pub last_tried: Option<Moment>,
}

impl RowView {
    /// The rows of `keys`, which belong to `project`, as `actor` sees them.
    pub fn all(
        keys: Vec<Key>,
        traffic: &HashMap<i64, Traffic>,
        project: &Project,
        actor: &Actor,
        now: UtcTime,
    ) -> Vec<Self> {
        let keys = keys.into_iter();
        keys.map(|key| RowView::new(key, traffic, project, actor, now))
            .collect()
    }

    fn new(
        key: Key,
        traffic: &HashMap<i64, Traffic>,
        project: &Project,
        actor: &Actor,
        now: UtcTime,
    ) -> Self {
        let spark = traffic.get(&key.id).and_then(Spark::new);
        let ended = project.archived_at.is_some();
        let tried = match ended {
            true => key.tried_at,
            false => key.still_tried(now),
        };
        let mut widest: Vec<String> = key.scopes.clone();
        widest.sort_by_key(|name| Breadth::of(name));
        let more = widest.split_off(widest.len().min(SHOWN));
        RowView {
            last_tried: tried.map(|at| Moment::new(at, now)),
            key: KeyView::new(key, project, actor, now),
            widest,
            more,
            spark,
        }
    }

    /// The row of one key.
    ///
    /// # Errors
    /// The database fails.
    pub fn load(op: &mut Op, project: &Project, key: Key) -> Result<Self, DomainError> {
        let traffic = keys::traffic(op, [&key])?;
        Ok(RowView::new(key, &traffic, project, op.actor(), op.now()))
    }
}
