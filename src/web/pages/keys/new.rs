//! `/projects/{p}/keys/new`: create a key.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;

use super::fields::{FieldsView, KeyFields};
use crate::db::projects::Project;
use crate::db::scopes::{self, Scope};
use crate::domain::archive_project::require_open;
use crate::domain::draft::Rules;
use crate::domain::list_projects::find_project;
use crate::domain::mint_key::mint_key;
use crate::domain::policy::{self, Action};
use crate::domain::reveal::Minted;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::{Visitor, WebError, reveal};

#[derive(Template)]
#[template(path = "keys/new.html")]
struct NewPage {
    layout: Layout,
    project: Project,
    form: FieldsView,
}

/// The form.
pub async fn show(visitor: Visitor, path: web::Path<String>) -> Result<HttpResponse, WebError> {
    let (project, catalogue) = load(&visitor, path.into_inner()).await?;
    let fields = KeyFields::fresh(&project, visitor.now);
    Ok(form(
        &visitor,
        StatusCode::OK,
        project,
        catalogue,
        fields,
        vec![],
    ))
}

/// Creates the key and leads to its reveal.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<String>,
    Form(fields): Form<KeyFields>,
) -> Result<HttpResponse, WebError> {
    let (project, catalogue) = load(&visitor, path.into_inner()).await?;
    let (draft, mut errors) = fields.draft(None, visitor.now);
    let environment = fields
        .environment()
        .map_err(|error| errors.push(error))
        .ok();
    let rules = Rules {
        catalogue: &catalogue,
        max_lifetime_days: project.max_lifetime_days,
        key: None,
    };
    let Some(environment) = environment.filter(|_| errors.is_empty()) else {
        errors.extend(draft.check(&rules, visitor.now).err().unwrap_or_default());
        return Ok(refused(&visitor, project, catalogue, fields, errors));
    };
    let (own, session) = (project.clone(), visitor.session.id.clone());
    let minted = visitor
        .act(move |conn, actor, now| {
            mint_key(conn, actor, &own, environment, &draft, &session, now)
        })
        .await;
    match minted {
        Ok(minted) => Ok(to_reveal(&visitor, &project.slug, &minted)),
        Err(DomainError::Invalid(errors)) => {
            Ok(refused(&visitor, project, catalogue, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// Leads to the reveal of a new key, with the cookie that opens it.
pub(super) fn to_reveal(visitor: &Visitor, project: &str, minted: &Minted) -> HttpResponse {
    reveal::lead_to(visitor, &super::path(project, minted.id), minted)
}

async fn load(visitor: &Visitor, slug: String) -> Result<(Project, Vec<Scope>), DomainError> {
    visitor
        .act(move |conn, actor, _| {
            let project = find_project(conn, actor, &slug)?;
            policy::require(actor, Action::MintKeys, Some(project.id))?;
            require_open(&project)?;
            let catalogue = scopes::of_project(conn, project.id)?;
            Ok((project, catalogue))
        })
        .await
}

fn refused(
    visitor: &Visitor,
    project: Project,
    catalogue: Vec<Scope>,
    fields: KeyFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    form(
        visitor,
        StatusCode::UNPROCESSABLE_ENTITY,
        project,
        catalogue,
        fields,
        errors,
    )
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    catalogue: Vec<Scope>,
    fields: KeyFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let form = FieldsView::new(fields, &project, catalogue, None, errors, visitor.now);
    let layout = Layout::new(visitor, Section::Keys, Some(&project), "Create key");
    page::full(
        status,
        &NewPage {
            layout,
            project,
            form,
        },
    )
}
