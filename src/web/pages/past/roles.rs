//! `/projects/{p}/past/roles`: who had which role.

use actix_web::{HttpResponse, web};
use askama::Template;

use super::query::{Chosen, PastQuery, PastView};
use crate::domain::past::{self, RoleThen};
use crate::domain::projects;
use crate::records::Project;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::exact;
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "past/roles.html")]
struct RolesPage {
    layout: Layout,
    project: Project,
    past: PastView,
    rows: Vec<Row>,
}

/// A role that a person had.
struct Row {
    email: String,
    role: &'static str,
    place: &'static str,
    is_disabled: bool,
    /// The entry that gave it: its path, its number, who and when.
    given: Option<(String, i64, String, String)>,
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<PastQuery>,
) -> Result<HttpResponse, WebError> {
    let query = query.into_inner();
    let text = query.moment();
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let chosen = Chosen::read(op, &project, text.as_deref())?;
        let roles = match chosen.moment() {
            Some(as_of) => past::roles(op, &project, as_of)?,
            None => Vec::new(),
        };
        Ok((project, chosen, roles))
    });
    let (viewer, (project, chosen, roles)) = loading.await?;
    let page = RolesPage {
        layout: Layout::new(
            &viewer,
            Section::Members,
            Some(&project),
            "Roles as they were",
        ),
        past: PastView::new(query, &project, &chosen, viewer.now),
        rows: roles.into_iter().map(row).collect(),
        project,
    };
    Ok(page::full(chosen.status(), &page))
}

fn row(then: RoleThen) -> Row {
    Row {
        role: then.role.title(),
        place: if then.on_all {
            "all projects"
        } else {
            "this project"
        },
        is_disabled: then.is_disabled,
        given: then.given_by.map(|entry| {
            let path = format!("/audit/{}", entry.id);
            (path, entry.id, entry.actor, exact(entry.at))
        }),
        email: then.email,
    }
}
