//! `/users/new`: invite a person.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::fields::read_grant;
use super::link;
use super::view::role_in_words;
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
    /// Whether somebody has the email already.
    is_taken: bool,
}

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct InviteFields {
    email: String,
    role: String,
    /// A slug, or the word for all projects.
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
        match read_grant(&known, &typed.role, &typed.project) {
            Ok((role, place)) => {
                let slug = place.as_ref().map(|project| project.slug.as_str());
                invite(conn, actor, &typed.email, role, slug, now)
            }
            Err(wrong) => {
                // The email too, so that everything wrong is told at once.
                let email = text::tidy_email(&typed.email).err();
                let email = email.map(|told| FieldError::new("email", told));
                Err(DomainError::Invalid(
                    email.into_iter().chain(wrong).collect(),
                ))
            }
        }
    });
    match inviting.await {
        Ok((made, person)) => {
            let given = person.grants.first();
            let role = given.map(|grant| role_in_words(grant, &visitor.projects));
            let about = format!("Invited as {}.", role.unwrap_or_default());
            Ok(link::hand_over(&req, &visitor, &made, about))
        }
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
    let errors = Errors(errors);
    let page = InvitePage {
        layout: Layout::new(visitor, Section::People, None, "Invite person"),
        is_taken: errors.of("email").is_some() && text::tidy_email(&fields.email).is_ok(),
        fields,
        roles: Role::ALL,
        projects: visitor.projects.clone(),
        errors,
    };
    page::full(status, &page)
}
