//! `/projects/{p}/keys/{id}/edit`.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, KeyFields};
use super::view::KeyView;
use crate::db::projects::Project;
use crate::db::scopes::{self, Scope};
use crate::domain::archive_project::require_open;
use crate::domain::draft::Rules;
use crate::domain::edit_key::edit_key;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::domain::read_key::read_key;
use crate::domain::{DomainError, FieldError};
use crate::key::Key;
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "keys/edit.html")]
struct EditPage {
    layout: Layout,
    key: KeyView,
    form: FieldsView,
}

/// What the form is about.
struct Subject {
    project: Project,
    key: Key,
    catalogue: Vec<Scope>,
}

/// The form.
pub async fn show(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let subject = load(&visitor, path.into_inner()).await?;
    let fields = KeyFields::of(&subject.key);
    Ok(form(&visitor, StatusCode::OK, subject, fields, vec![]))
}

/// Saves the changes.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    Form(fields): Form<KeyFields>,
) -> Result<HttpResponse, WebError> {
    let subject = load(&visitor, path.into_inner()).await?;
    let (draft, mut errors) = fields.draft(subject.key.expires_at, visitor.now);
    if !errors.is_empty() {
        let rules = Rules {
            catalogue: &subject.catalogue,
            max_lifetime_days: subject.project.max_lifetime_days,
            key: Some(&subject.key),
        };
        let more = draft.check(&rules, visitor.now);
        errors.extend(more.err().unwrap_or_default());
        return Ok(form(
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            subject,
            fields,
            errors,
        ));
    }
    let version: i64 = fields.version.parse().map_err(|_| WebError::BadForm)?;
    let (project, id) = (subject.project.clone(), subject.key.id);
    let edited = visitor
        .act(move |conn, actor, now| {
            let still = Precondition::that(move |key: &Key| key.version == version);
            edit_key(conn, actor, &project, id, &still, |_| draft.clone(), now)
        })
        .await;
    match edited {
        Ok(changed) => {
            let done = if changed { "?done=edited" } else { "" };
            Ok(page::see_other(&format!(
                "{}{done}",
                super::path(&subject.project.slug, id)
            )))
        }
        Err(DomainError::Invalid(errors)) => Ok(form(
            &visitor,
            StatusCode::UNPROCESSABLE_ENTITY,
            subject,
            fields,
            errors,
        )),
        Err(error) => Err(error.into()),
    }
}

async fn load(visitor: &Visitor, (slug, id): (String, i64)) -> Result<Subject, DomainError> {
    visitor
        .act(move |conn, actor, _| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::EditKeys, Some(project.id))?;
            require_open(&project)?;
            let key = read_key(conn, actor, &project, id)?;
            if key.revocation.is_some() {
                return Err(DomainError::Conflict(
                    "A revoked key can't be edited.".into(),
                ));
            }
            let catalogue = scopes::of_project(conn, project.id)?;
            Ok(Subject {
                project,
                key,
                catalogue,
            })
        })
        .await
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    subject: Subject,
    fields: KeyFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let Subject {
        project,
        key,
        catalogue,
    } = subject;
    let form = FieldsView::new(fields, &project, catalogue, Some(&key), errors, visitor.now);
    let title = format!("Edit {}", key.label);
    let layout = Layout::new(visitor, Section::Keys, Some(&project), title);
    let key = KeyView::new(key, &project, &visitor.actor, visitor.now);
    page::full(status, &EditPage { layout, key, form })
}
