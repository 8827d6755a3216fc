//! `/projects/{p}/scopes`: the catalogue, and how many keys may use each scope.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::Action;
use crate::domain::scopes::{self, Catalogue, Effect, ScopeUse};
use crate::domain::{keys, projects};
use crate::records::{Project, Scope};
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::asked_scopes::AskedView;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::plural;
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
    asked: AskedView,
    offers: Vec<Offer>,
    may_edit: bool,
    flash: Option<String>,
}

/// A scope, formatted for display.
struct ScopeRow {
    name: String,
    description: String,
    includes: Vec<String>,
    /// How many keys can use it, if any may.
    keys: Option<String>,
    keys_path: String,
    /// How many of them carry it by its name, where these are not all.
    carrying: Option<String>,
    carriers_path: String,
    path: String,
}

/// A scope template, and the scopes of it that the project doesn't have.
struct Offer {
    catalogue: Catalogue,
    scopes: Vec<Scope>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct ListQuery {
    done: Option<String>,
    /// How many keys gained a scope by it, how many lost one, and whether there are more.
    gaining: Option<i64>,
    losing: Option<i64>,
    partial: Option<String>,
}

impl ListQuery {
    /// What the page says of it.
    fn flash(&self) -> Option<String> {
        let plain = match self.done.as_deref()? {
            "added" => "Scope added. It can now be selected for keys.",
            "catalogue" => "Scopes added. They can now be selected for keys.",
            "edited" => "Changes saved. They apply from the next request.",
            "removed" => "Scope removed.",
            _ => return None,
        };
        let effect = Effect {
            gaining: self.gaining.unwrap_or(0),
            losing: self.losing.unwrap_or(0),
            is_partial: self.partial.is_some(),
        };
        let in_words = super::effect_in_words(&effect);
        Some(match in_words.is_empty() {
            true => plain.to_owned(),
            false => format!("{plain} {in_words}"),
        })
    }
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let scopes = scopes::list(op, &project)?;
        let asked = keys::asked_scopes_of_all(op, &project)?;
        Ok((project, scopes, asked))
    });
    let (viewer, (project, scopes, asked)) = loading.await?;
    let is_open = project.archived_at.is_none();
    let may_edit = is_open && viewer.actor.may(Action::ManageProject, Some(project.id));
    let offers = match may_edit {
        true => offers(&scopes),
        false => Vec::new(),
    };
    let page = ListPage {
        layout: Layout::new(&viewer, Section::Scopes, Some(&project), "Scopes"),
        archived: ArchivedView::of(&project, viewer.now),
        summary: plural(i64::try_from(scopes.len()).unwrap_or(i64::MAX), "scope"),
        scopes: scopes
            .into_iter()
            .map(|with_use| row(&project.slug, with_use))
            .collect(),
        asked: AskedView::new(asked, viewer.now),
        offers,
        may_edit,
        flash: query.flash(),
        project,
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// The scope templates that would add something.
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
    let ScopeUse {
        scope,
        keys,
        carrying,
    } = with_use;
    ScopeRow {
        keys: (keys > 0).then(|| super::counted(keys)),
        keys_path: super::users_path(project, &scope.name),
        carrying: (carrying < keys).then(|| match carrying {
            0 => "none".to_owned(),
            some => super::counted(some),
        }),
        carriers_path: super::carriers_path(project, &scope.name),
        path: super::path(project, &scope.name),
        name: scope.name,
        description: scope.description,
        includes: scope.includes,
    }
}
