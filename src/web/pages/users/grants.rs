//! `/users/{id}/grants`: give a person a role, or take one away.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::fields::{read_grant, read_place};
use super::grant_removal::{RemovalPage, lost};
use super::one;
use crate::access::Action;
use crate::domain::grants::{self, Whom};
use crate::domain::{DomainError, Precondition, projects, users};
use crate::records::Role;
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Visitor, WebError};

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantFields {
    pub role: String,
    /// A slug, or `*` for all projects.
    pub project: String,
}

/// Where a role is taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RemovalFields {
    /// A slug, or `*` for all projects.
    project: String,
}

/// Gives the role, replacing the one they have there.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    Form(fields): Form<GrantFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let typed = fields.clone();
    let giving = visitor.act(move |op| {
        users::find(op, id)?;
        let known = projects::all(op)?;
        let read = read_grant(&known, &typed.role, &typed.project);
        let (role, place) = read.map_err(DomainError::Invalid)?;
        let still = Precondition::none();
        grants::put(op, place.as_ref(), &Whom::Id(id), role, &still)?;
        Ok(place.is_none() && !role.may(Action::ManageUsers))
    });
    match giving.await {
        Ok(is_no_owner) => {
            let given = format!("given&project={}", fields.project);
            Ok(done(&visitor, id, &given, is_no_owner))
        }
        Err(DomainError::Invalid(errors)) => {
            let (viewer, subject) = one::load(&visitor, id).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(one::form(&viewer, status, subject, fields, errors, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks whether to take a role away, and says what that ends.
pub async fn confirm_removal(
    visitor: Visitor,
    id: web::Path<i64>,
    query: web::Query<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let (id, fields) = (id.into_inner(), query.into_inner());
    let wanted = fields.project.clone();
    let loading = visitor.view(move |op| {
        let person = users::find(op, id)?;
        let known = projects::all(op)?;
        let place = read_place(&known, &wanted).map_err(|_| DomainError::NotFound)?;
        let on_it = place.as_ref().map(|project| project.id);
        let grant = person.grants.iter().find(|grant| grant.project_id == on_it);
        let grant = grant.cloned().ok_or(DomainError::NotFound)?;
        let obstacle = match grant.role {
            Role::Owner => users::obstacle(op, &person)?,
            _ => None,
        };
        Ok((person, place, grant, obstacle))
    });
    let (viewer, (person, place, grant, obstacle)) = loading.await?;
    let (role, is_self) = (grant.role.title(), viewer.actor.id() == Some(id));
    let heading = format!("Remove {role} from {}", person.user.email);
    let path = super::path(id);
    let page = RemovalPage {
        layout: Layout::new(&viewer, Section::People, None, heading),
        lost: lost(&grant, &person.grants),
        email: person.user.email,
        role: role.into(),
        obstacle,
        is_self,
        loses_page: is_self && place.is_none(),
        place: place.map(|project| project.name),
        action: format!("{path}/grants/removal"),
        back: path,
        field: "project",
        value: fields.project,
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Takes the role away.
pub async fn remove(
    visitor: Visitor,
    id: web::Path<i64>,
    Form(fields): Form<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let taking = visitor.act(move |op| {
        let known = projects::all(op)?;
        let place = read_place(&known, &fields.project).map_err(|_| DomainError::NotFound)?;
        let still = Precondition::none();
        grants::delete(op, place.as_ref(), &Whom::Id(id), &still)?;
        Ok(place.is_none())
    });
    let is_no_owner = taking.await?;
    Ok(done(&visitor, id, "taken", is_no_owner))
}

/// Back to the person, or to the overview for an owner who has just stopped being one.
fn done(visitor: &Visitor, id: i64, done: &str, is_no_owner: bool) -> HttpResponse {
    match is_no_owner && visitor.session.user_id == id {
        true => page::see_other("/"),
        false => page::see_other(&format!("{}?done={done}", super::path(id))),
    }
}
