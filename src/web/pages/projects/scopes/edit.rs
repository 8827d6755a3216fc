//! `/projects/{p}/scopes/{scope}/edit`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, ScopeFields, seen};
use crate::db::projects::Project;
use crate::db::scopes::{self, Scope};
use crate::domain::edit_scopes::{ScopeUse, find_scope, put_scope};
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::projects::ArchivedView;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/scopes/edit.html")]
struct EditPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    name: String,
    path: String,
    /// "3 keys carry it."
    carried: String,
    is_carried: bool,
    form: FieldsView,
}

/// What the form is about.
struct Subject {
    project: Project,
    catalogue: Vec<Scope>,
    with_use: ScopeUse,
}

/// The form.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let subject = load(&visitor, path.into_inner()).await?;
    let fields = ScopeFields::of(&subject.with_use.scope);
    Ok(form(&visitor, StatusCode::OK, subject, fields, vec![]))
}

/// Saves the changes.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, String)>,
    Form(fields): Form<ScopeFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, name) = path.into_inner();
    let (of, scope) = (slug.clone(), fields.scope(&name));
    let was_seen = fields.seen.clone();
    let saving = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &of)?;
        let still = Precondition::that(move |scope: &Scope| seen(scope) == was_seen);
        put_scope(conn, actor, &project, &scope, &still, now)
    });
    match saving.await {
        Ok(_) => {
            let done = format!("{}?done=edited", super::list_path(&slug));
            Ok(page::see_other(&done))
        }
        Err(DomainError::Invalid(errors)) => {
            let subject = load(&visitor, (slug, name)).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&visitor, status, subject, fields, errors))
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
            Ok(Subject {
                project,
                catalogue,
                with_use,
            })
        })
        .await
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    subject: Subject,
    fields: ScopeFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let Subject {
        project,
        catalogue,
        with_use,
    } = subject;
    let ScopeUse { scope, keys } = with_use;
    let title = format!("Edit {}", scope.name);
    let page = EditPage {
        layout: Layout::new(visitor, Section::Scopes, Some(&project), title),
        archived: ArchivedView::of(&project, visitor.now),
        path: super::path(&project.slug, &scope.name),
        carried: super::carried(keys),
        is_carried: keys > 0,
        form: FieldsView::new(fields, catalogue, Some(scope.name.as_str()), errors),
        name: scope.name,
        project,
    };
    page::full(status, &page)
}
