//! `/projects/{p}/scopes`: the catalogue, and how many keys carry each scope.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::Action;
use crate::domain::counting::or_more;
use crate::domain::projects;
use crate::domain::scopes::{self, Catalogue, ScopeUse};
use crate::records::{Project, Scope};
use crate::web::pages::projects::ArchivedView;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/scopes/list.html")]
struct ListPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    /// "3 scopes".
    summary: String,
    scopes: Vec<ScopeRow>,
    offers: Vec<Offer>,
    may_edit: bool,
    flash: Option<&'static str>,
}

/// A scope, formatted for display.
struct ScopeRow {
    name: String,
    description: String,
    includes: Vec<String>,
    /// How many keys carry it, if any do.
    keys: Option<String>,
    keys_path: String,
    path: String,
}

/// A ready catalogue, and the scopes of it that the project doesn't have.
struct Offer {
    catalogue: Catalogue,
    scopes: Vec<Scope>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct ListQuery {
    done: Option<String>,
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let scopes = scopes::list(op, &project)?;
        Ok((project, scopes))
    });
    let (viewer, (project, scopes)) = loading.await?;
    let is_open = project.archived_at.is_none();
    let may_edit = is_open && viewer.actor.may(Action::ManageProject, Some(project.id));
    let offers = match may_edit {
        true => offers(&scopes),
        false => Vec::new(),
    };
    let flash = match query.done.as_deref() {
        Some("added") => Some("Scope added. Keys can carry it from now on."),
        Some("catalogue") => Some("Scopes added. Keys can carry them from now on."),
        Some("edited") => Some("Changes saved. They hold from the next request on."),
        Some("removed") => Some("Scope removed."),
        _ => None,
    };
    let page = ListPage {
        layout: Layout::new(&viewer, Section::Scopes, Some(&project), "Scopes"),
        archived: ArchivedView::of(&project, viewer.now),
        summary: plural(i64::try_from(scopes.len()).unwrap_or(i64::MAX), "scope"),
        scopes: scopes
            .into_iter()
            .map(|with_use| row(&project.slug, with_use))
            .collect(),
        offers,
        may_edit,
        flash,
        project,
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// The ready catalogues that would add something.
fn offers(present: &[ScopeUse]) -> Vec<Offer> {
    let is_new = |scope: &Scope| {
        present
            .iter()
            .all(|with_use| with_use.scope.name != scope.name)
    };
    Catalogue::ALL
        .iter()
        .copied()
        .map(|catalogue| Offer {
            catalogue,
            scopes: catalogue.scopes().into_iter().filter(is_new).collect(),
        })
        .filter(|offer| !offer.scopes.is_empty())
        .collect()
}

fn row(project: &str, with_use: ScopeUse) -> ScopeRow {
    let ScopeUse { scope, keys } = with_use;
    ScopeRow {
        keys: (keys > 0).then(|| format!("{}{}", grouped(keys), or_more(keys))),
        keys_path: super::keys_path(project, &scope.name),
        path: super::path(project, &scope.name),
        name: scope.name,
        description: scope.description,
        includes: scope.includes,
    }
}
