//! `/projects/{p}/scopes/{scope}/removal`: remove a scope from the catalogue.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use keyward_key::scope::EVERY_SCOPE;

use crate::domain::scopes::{self, Removal, ScopeUse};
use crate::domain::{DomainError, Op, Precondition, projects};
use crate::records::Project;
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/scopes/removal.html")]
struct RemovalPage {
    layout: Layout,
    archived: Option<ArchivedView>,
    name: String,
    description: String,
    path: String,
    list_path: String,
    /// Why it can't be removed, or couldn't be a moment ago.
    obstacle: Option<String>,
    /// The list of the keys that prevent it.
    keys_path: Option<String>,
    /// How many keys can use it beyond those that carry it, as a sentence.
    beyond: Option<String>,
    /// Those that will still be let through where it is required.
    every_path: String,
    may_remove: bool,
}

/// What the page is about.
struct Subject {
    project: Project,
    removal: Removal,
}

/// Shows the scope, and what prevents its removal.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let (slug, name) = path.into_inner();
    let (viewer, subject) = visitor.view(move |op| load(op, &slug, &name)).await?;
    Ok(confirm(&viewer, StatusCode::OK, subject, None))
}

pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, name) = path.into_inner();
    let (of, scope) = (slug.clone(), name.clone());
    let removing = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        scopes::delete(op, &project, &scope, &Precondition::none())
    });
    match removing.await {
        Ok(()) => {
            let done = format!("{}?done=removed", super::list_path(&slug));
            Ok(page::see_other(&done))
        }
        // The page itself says what prevents it.
        Err(DomainError::Conflict(message)) => {
            let (viewer, subject) = visitor.view(move |op| load(op, &slug, &name)).await?;
            let status = StatusCode::CONFLICT;
            Ok(confirm(&viewer, status, subject, Some(message)))
        }
        Err(error) => Err(error.into()),
    }
}

fn load(op: &mut Op, slug: &str, name: &str) -> Result<Subject, DomainError> {
    let project = projects::find(op, slug)?;
    let removal = scopes::removal(op, &project, name)?;
    Ok(Subject { project, removal })
}

/// The page; `refusal` is why the removal was refused just now.
fn confirm(
    viewer: &Viewer,
    status: StatusCode,
    subject: Subject,
    refusal: Option<String>,
) -> HttpResponse {
    let Subject { project, removal } = subject;
    let Removal { with_use, includer } = removal;
    let used = super::used(&with_use);
    let ScopeUse {
        scope,
        keys,
        carrying,
    } = with_use;
    let is_carried = carrying > 0;
    // A scope that includes this one comes first: until it is changed, the keys don't matter.
    let keys_path = (is_carried && includer.is_none())
        .then(|| super::carriers_path(&project.slug, &scope.name));
    let may_remove = !is_carried && includer.is_none();
    let obstacle = includer
        .map(|other| format!("{other} includes it. Change that first."))
        .or_else(|| {
            is_carried.then(|| format!("{} Remove it from them first.", super::carried(carrying)))
        });
    let title = format!("Remove {}", scope.name);
    let page = RemovalPage {
        layout: Layout::new(viewer, Section::Scopes, Some(&project), title),
        archived: ArchivedView::of(&project, viewer.now),
        path: super::path(&project.slug, &scope.name),
        list_path: super::list_path(&project.slug),
        obstacle: refusal.or(obstacle),
        keys_path,
        beyond: (keys > carrying).then_some(used),
        every_path: super::users_path(&project.slug, EVERY_SCOPE),
        may_remove,
        name: scope.name,
        description: scope.description,
    };
    page::full(status, &page)
}
