//! `/projects/{p}/usage`: how a project's keys are used.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::Action;
use crate::domain::projects::{self, Busy};
use crate::domain::{keys, projects as of_projects};
use crate::records::Project;
use crate::web::pages::keys::{self as key_pages, ListQuery, counted};
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::chart::{Chart, share};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{Moment, grouped, plural};
use crate::web::shared::usage_gap::GapView;
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/usage.html")]
struct UsagePage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    chart: Option<Chart>,
    gap: Option<GapView>,
    /// The keys with the most requests, and with the most refusals.
    lists: [(&'static str, Vec<BusyKey>); 2],
    findings: Vec<FindingView>,
    networks: Vec<NetworkView>,
}

/// A finding, and the list of the keys that it is about.
struct FindingView {
    title: &'static str,
    keys: String,
    path: String,
    /// Where they are exported, for those who may.
    export: Option<String>,
}

/// A network that keys were presented from.
struct NetworkView {
    network: String,
    keys: String,
    passed: String,
    refused: String,
    last_seen: Moment,
}

/// A key with many requests, and which share of all it has.
struct BusyKey {
    path: String,
    label: String,
    prefix: String,
    requests: String,
    share: String,
}

#[derive(Deserialize)]
pub struct UsageQuery {
    #[serde(default)]
    range: String,
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<UsageQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, range) = (slug.into_inner(), query.range.parse().unwrap_or_default());
    let loading = visitor.view(move |op| {
        let project = of_projects::find(op, &slug)?;
        let counts = projects::usage(op, &project, range)?;
        let busy = projects::busiest(op, &project, range)?;
        let gap = keys::gap_since(op, range.start(op.now()))?;
        let findings = keys::findings(op, &project)?;
        let networks = keys::top_callers(op, &project, range)?;
        Ok((project, counts, busy, gap, (findings, networks)))
    });
    let (viewer, (project, counts, busy, gap, (findings, networks))) = loading.await?;
    let (passed, refused) = (counts.all_passed(), counts.all_refused());
    let path = format!("/projects/{}/usage", project.slug);
    let rows = |busy: Vec<Busy>, all| {
        let row = |one: Busy| BusyKey {
            path: key_pages::path(&project.slug, one.key.id),
            share: share(one.requests, all),
            requests: grouped(one.requests),
            label: one.key.label,
            prefix: one.key.prefix,
        };
        busy.into_iter().map(row).collect()
    };
    let list = format!("/projects/{}/keys", project.slug);
    let may_export = viewer.actor.may(Action::ExportAudit, Some(project.id));
    let page = UsagePage {
        layout: Layout::new(&viewer, Section::Usage, Some(&project), "Usage"),
        archived: ArchivedView::of(&project, viewer.now),
        chart: Chart::new(&path, vec![("passed".into(), counts)]),
        gap: gap.map(|gap| GapView::new(&gap, viewer.now)),
        lists: [
            ("Most requests", rows(busy.passed, passed)),
            ("Most refusals", rows(busy.refused, refused)),
        ],
        findings: findings
            .into_iter()
            .filter(|(_, keys)| *keys > 0)
            .map(|(finding, keys)| {
                let query = ListQuery {
                    finding: finding.as_str().to_owned(),
                    ..ListQuery::default()
                };
                FindingView {
                    title: finding.title(),
                    keys: counted(keys),
                    path: query.url(&list),
                    export: may_export.then(|| query.url(&format!("{list}/export"))),
                }
            })
            .collect(),
        networks: networks
            .into_iter()
            .map(|one| NetworkView {
                network: one.network,
                keys: plural(one.keys, "key"),
                passed: grouped(one.passed),
                refused: grouped(one.refused),
                last_seen: Moment::new(one.last_seen, viewer.now),
            })
            .collect(),
        project,
    };
    Ok(page::full(StatusCode::OK, &page))
}
