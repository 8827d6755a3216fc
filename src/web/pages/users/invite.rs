//! `/users/new`: invite a person.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde::Deserialize;

use super::fields::read_grant;
use super::link;
use super::view::role_in_words;
use crate::domain::{DomainError, FieldError, projects, text, users};
use crate::records::{Project, Role};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::links::LinkOrigin;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "users/invite.html")]
struct InvitePage {
    layout: Layout,
    fields: InviteFields,
    roles: &'static [Role],
    projects: Vec<Project>,
    errors: Errors,
    /// Whether somebody already has this email.
    is_taken: bool,
    /// What the link will begin with.
    origin: LinkOrigin,
}

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct InviteFields {
    email: String,
    role: String,
    /// A slug, or `*` for all projects.
    project: String,
}

/// The form. Nothing is chosen in it: what a person may do, and where, has to be deliberate.
pub async fn show(req: HttpRequest, visitor: Visitor) -> Result<HttpResponse, WebError> {
    let origin = LinkOrigin::of(&req).ok_or(WebError::BadForm)?;
    let (viewer, projects) = visitor.view(projects::all).await?;
    let (status, fields) = (StatusCode::OK, InviteFields::default());
    Ok(form(&viewer, status, origin, projects, fields, vec![]))
}

/// Adds the person and shows the link to hand to them.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    Form(fields): Form<InviteFields>,
) -> Result<HttpResponse, WebError> {
    let origin = LinkOrigin::of(&req).ok_or(WebError::BadForm)?;
    let typed = fields.clone();
    let inviting = visitor.view(move |op| {
        let known = projects::all(op)?;
        match read_grant(&known, &typed.role, &typed.project) {
            Ok((role, place)) => {
                let slug = place.as_ref().map(|project| project.slug.as_str());
                users::invite(op, &typed.email, role, slug)
            }
            Err(wrong) => {
                // Check the email too, so that everything wrong is reported at once.
                let email = text::tidy_email(&typed.email).err();
                let email = email.map(|detail| FieldError::new("email", detail));
                Err(DomainError::Invalid(
                    email.into_iter().chain(wrong).collect(),
                ))
            }
        }
    });
    match inviting.await {
        Ok((viewer, (made, person))) => {
            let given = person.grants.first();
            let role = given.map(|grant| role_in_words(grant, &viewer.projects));
            let about = format!("Invited as {}.", role.unwrap_or_default());
            Ok(link::hand_over(origin, &viewer, &made, about))
        }
        Err(DomainError::Invalid(errors)) => {
            let (viewer, projects) = visitor.view(projects::all).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, origin, projects, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    origin: LinkOrigin,
    projects: Vec<Project>,
    fields: InviteFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let errors = Errors(errors);
    let page = InvitePage {
        layout: Layout::new(viewer, Section::People, None, "Invite person"),
        is_taken: errors.of("email").is_some() && text::tidy_email(&fields.email).is_ok(),
        fields,
        roles: Role::ALL,
        origin,
        projects,
        errors,
    };
    page::full(status, &page)
}
