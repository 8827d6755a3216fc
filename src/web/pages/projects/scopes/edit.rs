//! `/projects/{p}/scopes/{scope}/edit`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, ScopeFields, seen};
use crate::domain::scopes::{self, Effect, ScopeUse};
use crate::domain::{DomainError, FieldError, Op, Precondition, projects};
use crate::records::{Project, Scope};
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::form::Form;
use crate::web::shared::meanwhile::Meanwhile;
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
    /// "3 keys have it."
    used: String,
    is_used: bool,
    form: FieldsView,
    meanwhile: Option<Meanwhile>,
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
    let status = StatusCode::OK;
    Ok(form(&viewer, status, subject, fields, vec![], None))
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
        let before = scopes::find(op, &project, &scope.name);
        let still = Precondition::that(move |scope: &Scope| seen(scope) == was_seen);
        scopes::put(op, &project, &scope, &still)?;
        scopes::effect(op, &project, &before?.scope)
    });
    match saving.await {
        Ok(effect) => Ok(page::see_other(&done(&slug, &effect))),
        Err(DomainError::Invalid(errors)) => {
            let (viewer, subject) = visitor.view(move |op| load(op, &slug, &name)).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors, None))
        }
        Err(DomainError::Stale) => {
            let loading = visitor.view(move |op| match load(op, &slug, &name) {
                // It was removed: there is nothing to show beside it.
                Err(DomainError::NotFound) => Err(DomainError::Stale),
                loaded => loaded,
            });
            let (viewer, subject) = loading.await?;
            let (fields, rows) = fields.brought_onto(&subject.with_use.scope);
            let meanwhile = Some(Meanwhile::by_somebody("scope", rows));
            let status = StatusCode::CONFLICT;
            Ok(form(&viewer, status, subject, fields, vec![], meanwhile))
        }
        Err(error) => Err(error.into()),
    }
}

/// The catalogue, which says what the edit meant for the keys.
fn done(slug: &str, effect: &Effect) -> String {
    let mut path = format!("{}?done=edited", super::list_path(slug));
    for (name, count) in [("gaining", effect.gaining), ("losing", effect.losing)] {
        if count > 0 {
            path.push_str(&format!("&{name}={count}"));
        }
    }
    if effect.is_partial {
        path.push_str("&partial=1");
    }
    path
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
    meanwhile: Option<Meanwhile>,
) -> HttpResponse {
    let Subject {
        project,
        catalogue,
        with_use,
    } = subject;
    let used = super::used(&with_use);
    let ScopeUse { scope, keys, .. } = with_use;
    let title = format!("Edit {}", scope.name);
    let page = EditPage {
        layout: Layout::new(viewer, Section::Scopes, Some(&project), title),
        archived: ArchivedView::of(&project, viewer.now),
        path: super::path(&project.slug, &scope.name),
        used,
        is_used: keys > 0,
        form: FieldsView::new(fields, catalogue, Some(scope.name.as_str()), errors),
        name: scope.name,
        project,
        meanwhile,
    };
    page::full(status, &page)
}
