//! `/projects/{p}/scopes`: the catalogue, and who carries what of it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::db::projects::Project;
use crate::db::scopes::Scope;
use crate::domain::catalogues::Catalogue;
use crate::domain::edit_scopes::{ScopeUse, list_scopes};
use crate::domain::list_keys::or_more;
use crate::domain::list_projects::find_project;
use crate::domain::policy::Action;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::projects::ArchivedView;
use crate::web::times::{grouped, plural};
use crate::web::{Visitor, WebError};

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

/// A scope in words.
struct ScopeRow {
    name: String,
    description: String,
    includes: Vec<String>,
    /// How many keys carry it, if any do.
    keys: Option<String>,
    keys_path: String,
    path: String,
}

/// A ready catalogue, and what of it the project does not have.
struct Offer {
    catalogue: Catalogue,
    scopes: Vec<Scope>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct ListQuery {
    done: Option<String>,
}

/// The catalogue.
pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let loading = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &slug)?;
        let scopes = list_scopes(conn, actor, &project, now)?;
        Ok((project, scopes))
    });
    let (project, scopes) = loading.await?;
    let is_open = project.archived_at.is_none();
    let may_edit = is_open && visitor.actor.may(Action::ManageProject, Some(project.id));
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
        layout: Layout::new(&visitor, Section::Scopes, Some(&project), "Scopes"),
        archived: ArchivedView::of(&project, visitor.now),
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
        .into_iter()
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
