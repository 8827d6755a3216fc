//! `/projects/{p}/keys`: the list, with search, filters, sort and pages in the URL.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use keyward_key::Environment;
use keyward_key::scope::EVERY_SCOPE;

use super::list_query::ListQuery;
use super::scope_note::ScopeNote;
use super::view::KeyView;
use crate::access::Action;
use crate::db::key_list::{Seek, SortBy};
use crate::domain::counting::or_more;
use crate::domain::keys::{self, Attention, Slice};
use crate::domain::{projects, scopes};
use crate::records::{Project, Scope, StateFilter};
use crate::web::pages::projects::ArchivedView;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Visitor, WebError, cursor};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "keys/list.html", blocks = ["main"])]
struct ListPage {
    layout: Layout,
    project: Project,
    keys: Vec<KeyView>,
    query: ListQuery,
    states: Vec<StateFilter>,
    environments: &'static [Environment],
    scopes: Vec<String>,
    summary: String,
    /// What the filter by a scope means.
    notes: Vec<ScopeNote>,
    columns: Vec<Column>,
    previous: Option<String>,
    next: Option<String>,
    /// The list without search and filters.
    clear: Option<String>,
    may_mint: bool,
    archived: Option<ArchivedView>,
}

/// A column, which may be sortable.
struct Column {
    title: &'static str,
    /// The list sorted by this column; in reverse if it already is.
    sort: Option<String>,
    /// `ascending` or `descending`, for the column it is sorted by.
    sorted: Option<&'static str>,
}

pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<String>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, asked) = (path.into_inner(), query.into_inner());
    let (list, query) = (super::list_path(&slug), asked.clone().tidied());
    let (filter, order) = (query.filter(), query.order());
    let own = query.at_start().url(&list);
    let seek = |cursor: &str, backwards| {
        let place = cursor::unbind(&own, cursor)?;
        cursor::decode(place, order.by, backwards)
    };
    let seek = seek(&query.after, false).or_else(|| seek(&query.before, true));
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        if let Some(cleaned) = asked.without_secret(op, &project)? {
            return Ok(Err(cleaned));
        }
        let slice = Slice {
            order,
            seek,
            skip: 0,
            limit: PAGE,
        };
        let page = keys::list(op, &project, &filter, &slice)?;
        let catalogue = scopes::catalogue(op, &project)?;
        let attention = keys::needing_attention(op, &project)?;
        Ok(Ok((project, page, catalogue, attention)))
    });
    let (viewer, loaded) = loading.await?;
    let (project, found, catalogue, attention) = match loaded {
        Ok(loaded) => loaded,
        // A secret must not stay in the address.
        Err(cleaned) => return Ok(page::see_other(&cleaned.tidied().url(&list))),
    };

    let turned = |seek: &Seek| {
        let mut turned = query.at_start();
        let cursor = cursor::bind(&own, &cursor::encode(seek));
        match seek.backwards {
            true => turned.before = cursor,
            false => turned.after = cursor,
        }
        turned.url(&list)
    };
    let now = viewer.now;
    let page = ListPage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), "API keys"),
        summary: summary(&project, &query, found.keys.len(), found.total, attention),
        columns: columns(&query, &list),
        previous: found.previous.as_ref().map(turned),
        next: found.next.as_ref().map(turned),
        clear: query.is_filtered().then(|| ListQuery::default().url(&list)),
        may_mint: project.archived_at.is_none()
            && viewer.actor.may(Action::MintKeys, Some(project.id)),
        archived: ArchivedView::of(&project, now),
        keys: found
            .keys
            .into_iter()
            .map(|key| KeyView::new(key, &project, &viewer.actor, now))
            .collect(),
        notes: ScopeNote::of(&query, &catalogue, &list),
        states: StateFilter::all().collect(),
        environments: Environment::ALL,
        scopes: offered(catalogue, &query),
        project,
        query,
    };
    Ok(page::respond(&htmx, StatusCode::OK, &page, &page.as_main()))
}

/// The scopes to filter by: the catalogue's and, if the list is filtered by another one, that.
fn offered(catalogue: Vec<Scope>, query: &ListQuery) -> Vec<String> {
    let names = catalogue.into_iter().map(|scope| scope.name);
    let mut offered: Vec<String> = names.chain([EVERY_SCOPE.to_owned()]).collect();
    if !query.scope.is_empty() && !offered.contains(&query.scope) {
        offered.push(query.scope.clone());
    }
    offered
}

/// The line under the title: what is here, and what needs attention.
fn summary(
    project: &Project,
    query: &ListQuery,
    shown: usize,
    total: i64,
    attention: Attention,
) -> String {
    let all = plural(project.key_count, "key");
    let here = if query.is_filtered() {
        format!("{}{} of {all} match", grouped(total), or_more(total))
    } else if i64::try_from(shown).is_ok_and(|shown| shown < total) {
        format!("{shown} of {all}")
    } else {
        all
    };
    let more = or_more(attention.expiring.max(attention.dormant));
    match attention.expiring + attention.dormant {
        _ if project.archived_at.is_some() => here,
        0 => here,
        1 => format!("{here} · 1 needs attention"),
        many => format!("{here} · {}{more} need attention", grouped(many)),
    }
}

/// The columns, each leading to the list in its order.
fn columns(query: &ListQuery, list: &str) -> Vec<Column> {
    let order = query.order();
    let sortable = |title, name: &str, by, first_descending| {
        let is_own = order.by == by;
        let descending = if is_own {
            !order.descending
        } else {
            first_descending
        };
        let sort = if descending {
            format!("-{name}")
        } else {
            name.to_owned()
        };
        let direction = if order.descending {
            "descending"
        } else {
            "ascending"
        };
        Column {
            title,
            sort: Some(
                ListQuery {
                    sort,
                    ..query.at_start()
                }
                .url(list),
            ),
            sorted: is_own.then_some(direction),
        }
    };
    let plain = |title| Column {
        title,
        sort: None,
        sorted: None,
    };
    vec![
        sortable("Label", "label", SortBy::Label, false),
        plain("Key"),
        plain("Environment"),
        plain("Scopes"),
        sortable("Created", "created", SortBy::Created, true),
        sortable("Expires", "expires", SortBy::Expires, false),
        sortable("Last used", "used", SortBy::LastUsed, true),
        plain("State"),
    ]
}
