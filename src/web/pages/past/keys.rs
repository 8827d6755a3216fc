//! `/projects/{p}/past`: the keys of a project as they were.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::query::{Chosen, PastQuery, PastView, path};
use crate::access::Action;
use crate::domain::past::{self, PastFilter, PastKey, PastKeys};
use crate::domain::{projects, scopes};
use crate::records::{KeyState, Project};
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
    state: &'static str,
    state_class: &'static str,
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
        op.allow(Action::ExportAudit, &project)?;
        let catalogue = scopes::catalogue(op, &project)?;
        let chosen = match asked.moment() {
            None => Chosen::Nothing,
            Some(text) => Chosen::of(past::as_of(op, &project, &text))?,
        };
        let found = match &chosen {
            Chosen::Moment(as_of) => {
                let some = |text: &String| Some(text.clone()).filter(|text| !text.is_empty());
                let filter = PastFilter {
                    state: asked.state.parse().ok(),
                    scope: some(&asked.scope),
                    owner: some(&asked.owner),
                };
                let before = asked.before.parse().ok();
                Some(past::keys(op, &project, as_of, &filter, before, PAGE)?)
            }
            Chosen::Nothing | Chosen::Wrong(_) => None,
        };
        Ok((project, catalogue, chosen, found))
    });
    let (viewer, (project, catalogue, chosen, found)) = loading.await?;
    let found = found.unwrap_or(PastKeys {
        keys: Vec::new(),
        next: None,
        was_archived: false,
    });
    let status = match chosen {
        Chosen::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let next = found.next;
    let was_archived = found.was_archived;
    let rows = match &chosen {
        Chosen::Moment(as_of) => found
            .keys
            .into_iter()
            .map(|past| {
                let state = past.state(as_of.end);
                row(past, state, was_archived, &project, &query)
            })
            .collect(),
        _ => Vec::new(),
    };
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
    Ok(page::full(status, &page))
}

fn row(
    past: PastKey,
    state: KeyState,
    was_archived: bool,
    project: &Project,
    query: &PastQuery,
) -> Row {
    let ended = was_archived && state != KeyState::Revoked;
    let expires = past.key.expires_at.map_or("never".to_owned(), exact);
    let networks: Vec<String> = past
        .key
        .allowed_ips
        .iter()
        .map(ToString::to_string)
        .collect();
    let addresses = match networks.is_empty() {
        true => "anywhere".to_owned(),
        false => networks.join(", "),
    };
    Row {
        path: query.url(&format!("{}/keys/{}", path(project), past.key.id)),
        id: past.key.id,
        expires: match past.unknown.contains(&"expires_at") {
            true => "not known".to_owned(),
            false => expires,
        },
        limits: match past.key.rate_limit.map(rate_limit_fields::in_words) {
            Some(limit) => format!("{addresses}, {limit}"),
            None => addresses,
        },
        state: if ended { "Ended" } else { state.title() },
        state_class: if ended { "archived" } else { state.as_str() },
        label: past.key.label,
        prefix: past.key.prefix,
        scopes: past.key.scopes,
        owner: past.key.owner,
    }
}
