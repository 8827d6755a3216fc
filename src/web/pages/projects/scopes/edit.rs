//! `/projects/{p}/scopes/{scope}/edit`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, ScopeFields, seen};
use crate::domain::scopes::{self, ScopeUse};
use crate::domain::{DomainError, FieldError, Op, Precondition, projects};
use crate::records::{Project, Scope};
use crate::web::pages::projects::ArchivedView;
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

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

pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, WebError> {
    let (slug, name) = path.into_inner();
    let (viewer, subject) = visitor.view(move |op| load(op, &slug, &name)).await?;
    let fields = ScopeFields::of(&subject.with_use.scope);
    Ok(form(&viewer, StatusCode::OK, subject, fields, vec![]))
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
    let saving = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        let still = Precondition::that(move |scope: &Scope| seen(scope) == was_seen);
        scopes::put(op, &project, &scope, &still)
    });
    match saving.await {
        Ok(_) => {
            let done = format!("{}?done=edited", super::list_path(&slug));
            Ok(page::see_other(&done))
        }
        Err(DomainError::Invalid(errors)) => {
            let (viewer, subject) = visitor.view(move |op| load(op, &slug, &name)).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn load(op: &mut Op, slug: &str, name: &str) -> Result<Subject, DomainError> {
    let project = projects::find(op, slug)?;
    let catalogue = scopes::put_form(op, &project)?;
    let with_use = scopes::find(op, &project, name)?;
    Ok(Subject {
        project,
        catalogue,
        with_use,
    })
}

fn form(
    viewer: &Viewer,
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
        layout: Layout::new(viewer, Section::Scopes, Some(&project), title),
        archived: ArchivedView::of(&project, viewer.now),
        path: super::path(&project.slug, &scope.name),
        carried: super::carried(keys),
        is_carried: keys > 0,
        form: FieldsView::new(fields, catalogue, Some(scope.name.as_str()), errors),
        name: scope.name,
        project,
    };
    page::full(status, &page)
}
