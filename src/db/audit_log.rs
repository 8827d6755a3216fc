//! Reading the audit log: filtered, the newest entry first.
//!
//! An index lists the entries of each action, actor, project, key and address by time. A page takes
//! the newest entries of each of the few ranges that hold everything the filter lets through, and
//! merges them. So it costs what it shows, not what there is.

mod chain;
pub mod past;

use std::collections::BTreeSet;

use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::Text;

use super::any::MultiBackend;
use super::audit_terms::{self as terms, Wanted};
use super::schema::{audit_entries, audit_terms};
use super::time_limit::{in_time, is_asked};
use super::{AnyConnection, DbError};
use crate::clock::UtcTime;
use crate::records::{ActionGroup, AuditEntry};

pub use chain::{Extent, count, delete, entry, extent, first, last_before, stretch};

/// Up to how many entries a searched word finds by itself.
const FEW: usize = 4_000;
/// The most ranges of an index that a page is merged from.
const MOST_RANGES: usize = 200;

/// A row of `audit_entries`, without its hashes.
#[derive(Queryable, Selectable)]
#[diesel(table_name = audit_entries)]
pub(super) struct Row {
    id: i64,
    at: UtcTime,
    actor: String,
    actor_id: Option<i64>,
    action: String,
    subject: String,
    project_id: Option<i64>,
    key_id: Option<i64>,
    related_key_id: Option<i64>,
    details: String,
    client_ip: Option<String>,
    user_agent: Option<String>,
    request_id: Option<String>,
}

impl From<Row> for AuditEntry {
    fn from(row: Row) -> Self {
        AuditEntry {
            id: row.id,
            at: row.at,
            actor: row.actor,
            actor_id: row.actor_id,
            action: row.action,
            subject: row.subject,
            project_id: row.project_id,
            key_id: row.key_id,
            related_key_id: row.related_key_id,
            details: row.details,
            client_ip: row.client_ip,
            user_agent: row.user_agent,
            request_id: row.request_id,
        }
    }
}

/// Which actions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Actions {
    /// All but sign-ins, which are many.
    #[default]
    ButSignIns,
    /// All.
    All,
    /// Those that changed something: no sign-ins, refusals, look-ups and exports.
    Changes,
    /// Those of a group.
    Group(ActionGroup),
    /// One.
    Only(String),
}

impl Actions {
    /// Whether `action` is among them.
    pub fn has(&self, action: &str) -> bool {
        match self {
            Actions::ButSignIns => !ActionGroup::SignIns.has(action),
            Actions::All => true,
            Actions::Changes => {
                use ActionGroup::{LookUps, Refusals, SignIns};
                ![SignIns, Refusals, LookUps]
                    .iter()
                    .any(|group| group.has(action))
            }
            Actions::Group(group) => group.has(action),
            Actions::Only(only) => only == action,
        }
    }
}

/// Which entries. What is `None` lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// The first moment.
    pub from: Option<UtcTime>,
    /// The first moment after.
    pub until: Option<UtcTime>,
    /// Which actions.
    pub actions: Actions,
    /// The actor's name.
    pub actor: Option<String>,
    /// The projects they are about. An entry about none is let through only by `None`.
    pub projects: Option<Vec<i64>>,
    /// The key they are about.
    pub key: Option<i64>,
    /// The address they came from.
    pub address: Option<String>,
    /// Words that the name of the thing has.
    pub text: Option<String>,
    /// The consumer of the key that they are about, as it was then.
    pub consumer: Option<String>,
}

impl AuditFilter {
    /// Lets every entry through.
    pub fn everything() -> Self {
        AuditFilter {
            actions: Actions::All,
            ..AuditFilter::default()
        }
    }

    fn wanted(&self) -> Vec<Wanted> {
        Wanted::all(self.text.as_deref(), self.consumer.as_deref())
    }
}

/// The place of an entry in a list: its time and number.
pub type Place = (UtcTime, i64);

type Query<'a> = audit_entries::BoxedQuery<'a, MultiBackend>;

/// A range of an index, whose entries lie in the order of their times.
enum Range<'a> {
    Action(&'a str),
    OfActor(&'a str, &'a str),
    InProject(i64, &'a str),
    AboutKey(i64),
    AboutRelatedKey(i64),
    FromAddress(&'a str),
    These(Vec<i64>),
    Everything,
}

/// The newest entries that `filter` lets through and that lie before the place `before`, without the
/// first `skip`; at most `limit`.
///
/// # Errors
/// The database fails.
pub fn page(
    conn: &mut AnyConnection,
    filter: &AuditFilter,
    before: Option<Place>,
    skip: i64,
    limit: i64,
) -> Result<Vec<AuditEntry>, DbError> {
    let present = actions(conn)?;
    let plan = match skip {
        0 => plan(conn, filter, &present)?,
        _ => Plan::walk(filter),
    };
    let mut places = BTreeSet::new();
    for range in plan.ranges {
        let rest = filtered(is_asked(conn), &plan.rest, &plan.wanted, &present);
        let mut query = in_range(rest, range);
        if let Some((at, id)) = before {
            query = query
                .filter(audit_entries::at.le(at))
                .filter(audit_entries::at.lt(at).or(audit_entries::id.lt(id)));
        }
        let found: Vec<Place> = query
            .order((audit_entries::at.desc(), audit_entries::id.desc()))
            .offset(skip)
            .limit(limit)
            .select((audit_entries::at, audit_entries::id))
            .load(conn)?;
        places.extend(found);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let ids: Vec<i64> = places.iter().rev().take(limit).map(|(_, id)| *id).collect();
    let rows: Vec<Row> = audit_entries::table
        .filter(audit_entries::id.eq_any(ids))
        .order((audit_entries::at.desc(), audit_entries::id.desc()))
        .select(Row::as_select())
        .load(conn)?;
    Ok(rows.into_iter().map(AuditEntry::from).collect())
}

/// Every action that is in the log.
///
/// # Errors
/// The database fails.
pub fn actions(conn: &mut AnyConnection) -> Result<Vec<String>, DbError> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Text)]
        action: String,
    }
    // Jumps from each action to the next in the index, instead of reading all entries.
    let found: Vec<Found> = sql_query(
        "WITH RECURSIVE found (action) AS (
           SELECT min(action) FROM audit_entries
           UNION ALL
           SELECT (SELECT min(e.action) FROM audit_entries e WHERE e.action > found.action)
           FROM found WHERE found.action IS NOT NULL)
         SELECT action FROM found WHERE action IS NOT NULL",
    )
    .load(conn)?;
    Ok(found.into_iter().map(|found| found.action).collect())
}

/// How a page is read.
struct Plan<'a> {
    /// Ranges that together hold all that the filter lets through.
    ranges: Vec<Range<'a>>,
    /// What is left to ask of each entry in them. What a range says already is not asked again: it could
    /// lead the database to another index.
    rest: AuditFilter,
    /// The same of words.
    wanted: Vec<Wanted>,
}

impl Plan<'_> {
    /// Reads all entries in the order of their times.
    fn walk(filter: &AuditFilter) -> Self {
        Plan {
            ranges: vec![Range::Everything],
            rest: filter.clone(),
            wanted: filter.wanted(),
        }
    }
}

fn plan<'a>(
    conn: &mut AnyConnection,
    filter: &'a AuditFilter,
    present: &'a [String],
) -> Result<Plan<'a>, DbError> {
    let mut walk = Plan::walk(filter);
    let mut found: Option<BTreeSet<i64>> = None;
    for one in std::mem::take(&mut walk.wanted) {
        match terms::few_with(conn, &one, FEW)? {
            Some(few) => found = Some(found.map_or_else(|| few.clone(), |found| &found & &few)),
            None => walk.wanted.push(one),
        }
    }
    let rest = filter.clone();
    let (ranges, rest) = if let Some(found) = found {
        (vec![Range::These(found.into_iter().collect())], rest)
    } else if let Some(key) = filter.key {
        let ranges = vec![Range::AboutKey(key), Range::AboutRelatedKey(key)];
        (ranges, AuditFilter { key: None, ..rest })
    } else if let Some(address) = &filter.address {
        let rest = AuditFilter {
            address: None,
            ..rest
        };
        (vec![Range::FromAddress(address)], rest)
    } else {
        let actions = present.iter().map(String::as_str);
        let actions: Vec<&str> = actions.filter(|one| filter.actions.has(one)).collect();
        let rest = AuditFilter {
            actions: Actions::All,
            ..rest
        };
        match (&filter.actor, &filter.projects) {
            (Some(actor), _) => {
                let ranges = actions.iter().map(|one| Range::OfActor(actor, one));
                (
                    ranges.collect(),
                    AuditFilter {
                        actor: None,
                        ..rest
                    },
                )
            }
            (None, Some(projects)) if projects.len() * actions.len() <= MOST_RANGES => {
                let of = |project: &i64| {
                    let project = *project;
                    actions
                        .iter()
                        .map(move |one| Range::InProject(project, one))
                };
                let rest = AuditFilter {
                    projects: None,
                    ..rest
                };
                (projects.iter().flat_map(of).collect(), rest)
            }
            (None, Some(_)) => return Ok(walk),
            (None, None) => (actions.iter().map(|one| Range::Action(one)).collect(), rest),
        }
    };
    Ok(Plan {
        ranges,
        rest,
        wanted: walk.wanted,
    })
}

fn in_range<'a>(query: Query<'a>, range: Range<'a>) -> Query<'a> {
    use audit_entries::{action, actor, client_ip, id, key_id, project_id, related_key_id};
    match range {
        Range::Action(one) => query.filter(action.eq(one)),
        Range::OfActor(who, one) => query.filter(actor.eq(who)).filter(action.eq(one)),
        Range::InProject(project, one) => {
            query.filter(project_id.eq(project)).filter(action.eq(one))
        }
        Range::AboutKey(key) => query.filter(key_id.eq(key)),
        Range::AboutRelatedKey(key) => query.filter(related_key_id.eq(key)),
        Range::FromAddress(address) => query.filter(client_ip.eq(address)),
        Range::These(ids) => query.filter(id.eq_any(ids)),
        Range::Everything => query,
    }
}

/// The entries that `filter` lets through.
fn filtered<'a>(
    is_asked: bool,
    filter: &'a AuditFilter,
    wanted: &[Wanted],
    present: &'a [String],
) -> Query<'a> {
    let mut query = audit_entries::table.into_boxed();
    if is_asked {
        query = query.filter(in_time());
    }
    if let Some(from) = filter.from {
        query = query.filter(audit_entries::at.ge(from));
    }
    if let Some(until) = filter.until {
        query = query.filter(audit_entries::at.lt(until));
    }
    if filter.actions != Actions::All {
        let actions = present.iter().map(String::as_str);
        let actions = actions.filter(|action| filter.actions.has(action));
        query = query.filter(audit_entries::action.eq_any(actions.collect::<Vec<_>>()));
    }
    if let Some(actor) = &filter.actor {
        query = query.filter(audit_entries::actor.eq(actor));
    }
    if let Some(projects) = &filter.projects {
        query = query.filter(audit_entries::project_id.eq_any(projects));
    }
    if let Some(key) = filter.key {
        let about = audit_entries::key_id.eq(key);
        query = query.filter(about.or(audit_entries::related_key_id.eq(key)));
    }
    if let Some(address) = &filter.address {
        query = query.filter(audit_entries::client_ip.eq(address));
    }
    for one in wanted {
        let has_it = audit_terms::table
            .filter(audit_terms::entry.eq(audit_entries::id))
            .filter(audit_terms::term.ge(one.from.clone()))
            .filter(audit_terms::term.lt(one.until.clone()));
        query = query.filter(exists(has_it));
    }
    query
}

/// The addresses of a person's latest sign-ins, at most `limit`.
///
/// # Errors
/// The database fails.
pub fn sign_in_addresses(
    conn: &mut AnyConnection,
    email: &str,
    limit: i64,
) -> Result<Vec<String>, DbError> {
    let addresses: Vec<Option<String>> = audit_entries::table
        .filter(audit_entries::actor.eq(email))
        .filter(audit_entries::action.eq("session.started"))
        .order((audit_entries::at.desc(), audit_entries::id.desc()))
        .limit(limit)
        .select(audit_entries::client_ip)
        .load(conn)?;
    Ok(addresses.into_iter().flatten().collect())
}
