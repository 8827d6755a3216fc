//! `/keys`: the keys of all projects, project by project, with the views and filters of one.

use std::collections::BTreeSet;

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::columns::Column;
use super::done::Done;
use super::filters::Filters;
use super::list_query::ListQuery;
use super::row::RowView;
use super::table::KeyTable;
use super::tabs::{Tab, at_least};
use crate::access::{Action, Actor};
use crate::clock::UtcTime;
use crate::domain::keys::{self, Group, Traffic, Views};
use crate::domain::{DomainError, Op, projects, scopes};
use crate::records::StateFilter;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
use crate::web::shared::{Visitor, WebError};

/// The path of the page.
pub const PATH: &str = "/keys";
/// How many keys of each project are listed; its own list has the others.
const EACH: usize = 20;

#[derive(Template)]
#[template(path = "keys/across.html", blocks = ["main"])]
struct AcrossPage {
    layout: Layout,
    filters: Filters,
    tabs: Vec<Tab>,
    groups: Groups,
    summary: String,
    clear: Option<String>,
    /// Where these keys are exported, for those who may and if there are any.
    export: Option<String>,
    flash: Option<String>,
}

/// What `keys/groups.html` shows: keys project by project.
pub struct Groups {
    pub all: Vec<GroupView>,
    /// Whether there is a key that the visitor may revoke, and so select.
    pub may_select: bool,
    /// Whether there is one that they may hand over.
    pub may_hand_over: bool,
    /// The address of the page, where revoking selected keys leads back to.
    pub back: String,
}

/// The keys of one project.
pub struct GroupView {
    pub name: String,
    /// Its own list with the same filter.
    pub path: String,
    /// "12", "1,000+".
    pub total: String,
    /// Whether its list has more.
    pub has_more: bool,
    pub table: KeyTable,
}

/// A project's keys with their traffic.
pub type Loaded = (Group, std::collections::HashMap<i64, Traffic>);

/// The keys that match `query`, with their traffic.
///
/// # Errors
/// The database fails.
pub fn load(op: &mut Op, query: &ListQuery) -> Result<Vec<Loaded>, DomainError> {
    let filter = query.filter(op.now());
    let groups = keys::across(op, &filter, query.order(), EACH)?;
    let with_traffic = groups.into_iter().map(|group| {
        let traffic = keys::traffic(op, &group.page.keys)?;
        Ok((group, traffic))
    });
    with_traffic.collect()
}

impl Groups {
    /// The loaded keys as `actor` sees them.
    pub fn new(
        loaded: Vec<Loaded>,
        query: &ListQuery,
        back: &str,
        actor: &Actor,
        now: UtcTime,
    ) -> Self {
        let group = |(Group { project, page }, traffic): Loaded| GroupView {
            path: query.url(&super::list_path(&project.slug)),
            total: at_least(page.total, page.is_partial),
            has_more: page.next.is_some(),
            table: KeyTable {
                columns: Column::all(query, None),
                rows: RowView::all(page.keys, &traffic, &project, actor, now),
                is_tried: query.states() == Some(StateFilter::Tried),
                back: back.to_owned(),
            },
            name: project.name,
        };
        let all: Vec<GroupView> = loaded.into_iter().map(group).collect();
        Groups {
            may_hand_over: all.iter().any(|group| group.table.may_hand_over()),
            may_select: all.iter().any(|group| group.table.may_select()),
            back: back.to_owned(),
            all,
        }
    }
}

pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    query: web::Query<ListQuery>,
    done: web::Query<Done>,
) -> Result<HttpResponse, WebError> {
    // What is searched for may be a secret: `/find` takes that, in a body.
    let query = ListQuery {
        q: String::new(),
        ..query.into_inner().tidied().at_start()
    };
    let asked = query.clone();
    let loading = visitor.view(move |op| {
        let (mut views, mut names, mut all) = (Views::default(), BTreeSet::new(), 0);
        for project in projects::list(op)? {
            if op.actor().may(Action::SeeKeys, Some(project.id)) {
                views = views.and(&keys::views(op, &project)?);
                all += project.key_count;
                names.extend(
                    scopes::catalogue(op, &project)?
                        .into_iter()
                        .map(|scope| scope.name),
                );
            }
        }
        Ok((views, names, all, load(op, &asked)?))
    });
    let (viewer, (views, names, all, loaded)) = loading.await?;
    let address = query.url(PATH);
    let total: i64 = loaded.iter().map(|(group, _)| group.page.total).sum();
    let is_partial = loaded.iter().any(|(group, _)| group.page.is_partial);
    let in_projects = i64::try_from(loaded.len()).unwrap_or(i64::MAX);
    let matching = if query.is_filtered() {
        "matching key"
    } else {
        "key"
    };
    let page = AcrossPage {
        layout: Layout::new(&viewer, Section::Overview, None, "Keys in all projects"),
        summary: match total {
            0 => format!("No {matching}s"),
            1 => format!("1 {matching} in 1 project"),
            _ => format!(
                "{} {matching}s in {}",
                at_least(total, is_partial),
                plural(in_projects, "project")
            ),
        },
        tabs: Tab::all(&query, PATH, all, &views),
        groups: Groups::new(loaded, &query, &address, &viewer.actor, viewer.now),
        export: (total > 0 && viewer.actor.may_anywhere(Action::ExportAudit))
            .then(|| query.url(&format!("{PATH}/export"))),
        clear: query
            .is_narrowed()
            .then(|| ListQuery::default().in_view(&query.state).url(PATH)),
        filters: Filters::new(names.into_iter(), query),
        flash: done.in_words(),
    };
    Ok(page::respond(&htmx, StatusCode::OK, &page, &page.as_main()))
}
