//! `/projects/{p}/keys`: the list, with search, filters, sort and pages in the URL.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::columns::Column;
use super::done::Done;
use super::filters::Filters;
use super::list_query::ListQuery;
use super::row::RowView;
use super::scope_note::ScopeNote;
use super::table::KeyTable;
use super::tabs::{Tab, at_least};
use crate::access::Action;
use crate::db::key_list::Seek;
use crate::domain::keys::{self, KeyPage, Slice};
use crate::domain::{projects, scopes};
use crate::records::{Project, StateFilter};
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Visitor, WebError, cursor};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "keys/list.html", blocks = ["main"])]
struct ListPage {
    layout: Layout,
    project: Project,
    table: KeyTable,
    filters: Filters,
    tabs: Vec<Tab>,
    summary: String,
    /// What the filter by a scope means.
    notes: Vec<ScopeNote>,
    previous: Option<String>,
    next: Option<String>,
    /// The view without search and filters, or the whole list.
    clear: Option<String>,
    may_mint: bool,
    /// Where these keys are exported, for those who may and if there are any.
    export: Option<String>,
    /// The keys as they were on a day, for those who may look.
    past: Option<String>,
    archived: Option<ArchivedView>,
    flash: Option<String>,
}

pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<String>,
    query: web::Query<ListQuery>,
    done: web::Query<Done>,
) -> Result<HttpResponse, WebError> {
    let (slug, asked) = (path.into_inner(), query.into_inner());
    let (list, query) = (super::list_path(&slug), asked.clone().tidied());
    let (filter, order) = (query.filter(visitor.now), query.order());
    let own = query.at_start().url(&list);
    let seek = |cursor: &str, backwards| {
        let place = cursor::unbind(&own, cursor)?;
        cursor::decode(place, order.by, backwards)
    };
    let seek = seek(&query.after, false).or_else(|| seek(&query.before, true));
    let is_start = seek.is_none();
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
        let traffic = keys::traffic(op, &page.keys)?;
        let catalogue = scopes::catalogue(op, &project)?;
        let views = keys::views(op, &project)?;
        Ok(Ok((project, page, traffic, catalogue, views)))
    });
    let (viewer, loaded) = loading.await?;
    let (project, found, traffic, catalogue, views) = match loaded {
        Ok(loaded) => loaded,
        // A secret must not stay in the address.
        Err(cleaned) => return Ok(page::see_other(&cleaned.tidied().url(&list))),
    };

    let shown = found.keys.len();
    let before = if is_start { 0 } else { query.position() };
    let turned = |seek: &Seek| {
        let mut turned = query.at_start();
        let cursor = cursor::bind(&own, &cursor::encode(seek));
        let from = match seek.backwards {
            true => {
                turned.before = cursor;
                before.saturating_sub(PAGE)
            }
            false => {
                turned.after = cursor;
                before.saturating_add(shown)
            }
        };
        turned.from = from.to_string();
        turned.url(&list)
    };
    let (may, archived) = (&viewer.actor, ArchivedView::of(&project, viewer.now));
    let page = ListPage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), "Keys"),
        summary: summary(&query, shown, &found, before),
        tabs: Tab::all(&query, &list, project.key_count, &views),
        previous: found.previous.as_ref().map(turned),
        next: found.next.as_ref().map(turned),
        clear: match query.is_narrowed() {
            true => Some(ListQuery::default().in_view(&query.state).url(&list)),
            false => query.is_filtered().then(|| list.clone()),
        },
        export: (shown > 0 && may.may(Action::ExportAudit, Some(project.id)))
            .then(|| query.at_start().url(&format!("{list}/export"))),
        past: may
            .may(Action::ExportAudit, Some(project.id))
            .then(|| format!("/projects/{}/past", project.slug)),
        may_mint: archived.is_none() && may.may(Action::MintKeys, Some(project.id)),
        archived,
        table: KeyTable {
            columns: Column::all(&query, Some(&list)),
            rows: RowView::all(found.keys, &traffic, &project, may, viewer.now),
            is_tried: query.states() == Some(StateFilter::Tried),
            back: query.url(&list),
        },
        notes: ScopeNote::of(&query, &catalogue, &list),
        filters: Filters::new(catalogue.into_iter().map(|scope| scope.name), query),
        flash: done.in_words(),
        project,
    };
    Ok(page::respond(&htmx, StatusCode::OK, &page, &page.as_main()))
}

/// The line under the title: which part of what is here.
fn summary(query: &ListQuery, shown: usize, found: &KeyPage, before: usize) -> String {
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (shown, before) = (number(shown), number(before));
    let (total, is_partial) = (found.total.max(before + shown), found.is_partial);
    let matching = if query.is_filtered() { "matching " } else { "" };
    if found.total == 0 {
        return format!("No {matching}keys");
    }
    if shown == 0 || (!is_partial && before == 0 && shown == total) {
        return plural(total, &format!("{matching}key"));
    }
    let (first, last) = (grouped(before + 1), grouped(before + shown));
    let of = at_least(total, is_partial);
    format!("{first}–{last} of {of} {matching}keys")
}
