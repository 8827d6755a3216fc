//! `/projects/{p}/past`: the keys of a project as they were.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::query::{Chosen, PastQuery, PastView, addresses, path};
use crate::domain::past::{self, PastFilter, PastKey};
use crate::domain::{projects, scopes};
use crate::records::{KeyState, Project};
use crate::web::pages::keys::ShownState;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::exact;
use crate::web::shared::{Visitor, WebError, rate_limit_fields};

const PAGE: usize = 50;

#[derive(Template)]
#[template(path = "past/keys.html")]
struct KeysPage {
    layout: Layout,
    project: Project,
    past: PastView,
    rows: Vec<Row>,
    was_archived: bool,
    states: &'static [KeyState],
    scopes: Vec<String>,
    next: Option<String>,
}

/// A key as it was.
struct Row {
    path: String,
    id: i64,
    label: String,
    prefix: String,
    scopes: Vec<String>,
    owner: Option<String>,
    expires: String,
    /// From where, and how much: "anywhere, 600 requests per minute".
    limits: String,
    state: ShownState,
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, WebError> {
    let query = query.into_inner();
    let asked = query.clone();
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let chosen = Chosen::read(op, &project, asked.moment().as_deref())?;
        let catalogue = scopes::catalogue(op, &project)?;
        let found = match chosen.moment() {
            Some(as_of) => {
                let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
                let filter = PastFilter {
                    state: asked.state.parse().ok(),
                    scope: some(&asked.scope),
                    owner: some(&asked.owner),
                };
                let before = asked.before.parse().ok();
                Some(past::keys(op, &project, as_of, &filter, before, PAGE)?)
            }
            None => None,
        };
        Ok((project, catalogue, chosen, found))
    });
    let (viewer, (project, catalogue, chosen, found)) = loading.await?;
    let found = found.unwrap_or_default();
    let (next, was_archived) = (found.next, found.was_archived);
    let row = |past: PastKey| {
        let as_of = chosen.moment().expect("nothing is found without a moment");
        let state = ShownState::of(past.state(as_of.end), was_archived);
        row(past, state, &project, &query)
    };
    let rows = found.keys.into_iter().map(row).collect();
    let page = KeysPage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), "Keys as they were"),
        next: next.map(|before| query.list_url(&path(&project), before)),
        past: PastView::new(query, &project, &chosen, viewer.now),
        rows,
        was_archived,
        // Whether it was dormant is not in the log.
        states: &[
            KeyState::Active,
            KeyState::Expiring,
            KeyState::Expired,
            KeyState::Revoked,
        ],
        scopes: catalogue.into_iter().map(|scope| scope.name).collect(),
        project,
    };
    Ok(page::full(chosen.status(), &page))
}

fn row(past: PastKey, state: ShownState, project: &Project, query: &PastQuery) -> Row {
    let addresses = addresses(&past.key);
    Row {
        path: query.url(&format!("{}/keys/{}", path(project), past.key.id)),
        id: past.key.id,
        expires: match past.unknown.contains(&"expires_at") {
            true => "not known".to_owned(),
            false => past.key.expires_at.map_or("never".to_owned(), exact),
        },
        limits: match past.key.rate_limit.map(rate_limit_fields::in_words) {
            Some(limit) => format!("{addresses}, {limit}"),
            None => addresses,
        },
        state,
        label: past.key.label,
        prefix: past.key.prefix,
        scopes: past.key.scopes,
        owner: past.key.owner,
    }
}
