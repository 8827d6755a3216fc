//! `/users/new`: invite a person.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::fields::{read_place, read_role};
use super::link;
use crate::db::projects::Project;
use crate::domain::password_link::invite;
use crate::domain::policy::{self, Action, Role};
use crate::domain::{DomainError, FieldError, text};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/invite.html")]
struct InvitePage {
    layout: Layout,
    fields: InviteFields,
    roles: [Role; 5],
    projects: Vec<Project>,
    errors: Errors,
}

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct InviteFields {
    email: String,
    role: String,
    /// A slug; empty for all projects.
    project: String,
}

/// The form. It starts with one project: all of them is a choice to be made.
pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    visitor
        .act(|_, actor, _| Ok(policy::require(actor, Action::ManageUsers, None)?))
        .await?;
    let open = |project: &&Project| project.archived_at.is_none();
    let first = visitor.projects.iter().find(open);
    let fields = InviteFields {
        project: first.map_or_else(String::new, |project| project.slug.clone()),
        ..InviteFields::default()
    };
    Ok(form(&visitor, StatusCode::OK, fields, vec![]))
}

/// Adds the person and shows the link to hand to them.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    Form(fields): Form<InviteFields>,
) -> Result<HttpResponse, WebError> {
    let (typed, known) = (fields.clone(), visitor.projects.clone());
    let inviting = visitor.act(move |conn, actor, now| {
        policy::require(actor, Action::ManageUsers, None)?;
        match (read_role(&typed.role), read_place(&known, &typed.project)) {
            (Ok(role), Ok(place)) => {
                let slug = place.as_ref().map(|project| project.slug.as_str());
                invite(conn, actor, &typed.email, role, slug, now)
            }
            (role, place) => {
                // The email too, so that everything wrong is told at once.
                let email = text::tidy_email(&typed.email).err();
                let email = email.map(|told| FieldError::new("email", told));
                let wrong = [email, role.err(), place.err()];
                Err(DomainError::Invalid(wrong.into_iter().flatten().collect()))
            }
        }
    });
    match inviting.await {
        Ok(made) => Ok(link::hand_over(&req, &visitor, &made)),
        Err(DomainError::Invalid(errors)) => {
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&visitor, status, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    visitor: &Visitor,
    status: StatusCode,
    fields: InviteFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let page = InvitePage {
        layout: Layout::new(visitor, Section::People, None, "Invite person"),
        fields,
        roles: Role::ALL,
        projects: visitor.projects.clone(),
        errors: Errors(errors),
    };
    page::full(status, &page)
}
