//! `/projects/{p}/scopes/{scope}/removal`: take a scope out of the catalogue.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::db::projects::Project;
use crate::db::scopes;
use crate::domain::DomainError;
use crate::domain::edit_scopes::{ScopeUse, delete_scope, find_scope};
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::logout::Nothing;
use crate::web::pages::projects::ArchivedView;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/scopes/removal.html")]
struct RemovalPage {
    layout: Layout,
    archived: Option<ArchivedView>,
    name: String,
    description: String,
    path: String,
    list_path: String,
    /// Why it can't be removed, or could not a moment ago.
    obstacle: Option<String>,
    /// The list of the keys that are in the way.
    keys_path: Option<String>,
    may_remove: bool,
}

/// What the page is about.
struct Subject {
    project: Project,
    with_use: ScopeUse,
    /// A scope that includes it.
    includer: Option<String>,
}

/// Names the scope, and what is in the way.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let subject = load(&visitor, path.into_inner()).await?;
    Ok(confirm(&visitor, StatusCode::OK, subject, None))
}

/// Removes the scope.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let (slug, name) = path.into_inner();
    let (of, scope) = (slug.clone(), name.clone());
    let removing = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &of)?;
        delete_scope(conn, actor, &project, &scope, &Precondition::none(), now)
    });
    match removing.await {
        Ok(()) => {
            let done = format!("{}?done=removed", super::list_path(&slug));
            Ok(page::see_other(&done))
        }
        // What is in the way is told where the way on is.
        Err(DomainError::Conflict(told)) => {
            let subject = load(&visitor, (slug, name)).await?;
            Ok(confirm(&visitor, StatusCode::CONFLICT, subject, Some(told)))
        }
        Err(error) => Err(error.into()),
    }
}

async fn load(visitor: &Visitor, (slug, name): (String, String)) -> Result<Subject, DomainError> {
    visitor
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::ManageProject, Some(project.id))?;
            let with_use = find_scope(conn, actor, &project, &name, now)?;
            let catalogue = scopes::of_project(conn, project.id)?;
            let includer = catalogue
                .into_iter()
                .find(|scope| scope.includes.contains(&name));
            Ok(Subject {
                project,
                with_use,
                includer: includer.map(|scope| scope.name),
            })
        })
        .await
}

/// The page; `told` is why the removal was refused just now.
fn confirm(
    visitor: &Visitor,
    status: StatusCode,
    subject: Subject,
    told: Option<String>,
) -> HttpResponse {
    let Subject {
        project,
        with_use,
        includer,
    } = subject;
    let ScopeUse { scope, keys } = with_use;
    let is_carried = keys > 0;
    // An includer comes first: while it is there, the keys are not what is in the way.
    let keys_path =
        (is_carried && includer.is_none()).then(|| super::keys_path(&project.slug, &scope.name));
    let may_remove = !is_carried && includer.is_none();
    let obstacle = includer
        .map(|other| format!("{other} includes it. Change that first."))
        .or_else(|| {
            is_carried.then(|| format!("{} Take it from them first.", super::carried(keys)))
        });
    let title = format!("Remove {}", scope.name);
    let page = RemovalPage {
        layout: Layout::new(visitor, Section::Scopes, Some(&project), title),
        archived: ArchivedView::of(&project, visitor.now),
        path: super::path(&project.slug, &scope.name),
        list_path: super::list_path(&project.slug),
        obstacle: told.or(obstacle),
        keys_path,
        may_remove,
        name: scope.name,
        description: scope.description,
    };
    page::full(status, &page)
}
