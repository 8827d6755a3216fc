//! `/users/{id}/grants`: give a person a role, or take one away.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::fields::{read_place, read_role};
use super::one;
use crate::domain::DomainError;
use crate::domain::edit_grants::{delete_grant, put_grant};
use crate::domain::manage_users::find_user;
use crate::domain::policy::{self, Action};
use crate::domain::precondition::Precondition;
use crate::web::form::Form;
use crate::web::{Visitor, WebError, page};

/// What was chosen.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantFields {
    pub role: String,
    /// A slug; empty for all projects.
    pub project: String,
}

/// Where a role is taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RemovalFields {
    /// A slug; empty for all projects.
    project: String,
}

/// Gives the role, in place of the one they have there.
pub async fn submit(
    visitor: Visitor,
    id: web::Path<i64>,
    Form(fields): Form<GrantFields>,
) -> Result<HttpResponse, WebError> {
    let id = id.into_inner();
    let (typed, known) = (fields.clone(), visitor.projects.clone());
    let giving = visitor.act(move |conn, actor, now| {
        find_user(conn, actor, id)?;
        match (read_role(&typed.role), read_place(&known, &typed.project)) {
            (Ok(role), Ok(place)) => {
                let still = Precondition::none();
                put_grant(conn, actor, place.as_ref(), id, role, &still, now)?;
                Ok(place.is_none() && !role.may(Action::ManageUsers))
            }
            (role, place) => {
                let wrong = [role.err(), place.err()];
                Err(DomainError::Invalid(wrong.into_iter().flatten().collect()))
            }
        }
    });
    match giving.await {
        Ok(is_no_owner) => Ok(done(&visitor, id, "given", is_no_owner)),
        Err(DomainError::Invalid(errors)) => {
            let subject = one::load(&visitor, id).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(one::answer(&visitor, status, subject, fields, errors, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Takes the role away.
pub async fn remove(
    visitor: Visitor,
    id: web::Path<i64>,
    Form(fields): Form<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let (id, known) = (id.into_inner(), visitor.projects.clone());
    let taking = visitor.act(move |conn, actor, now| {
        policy::require(actor, Action::ManageUsers, None)?;
        let place = read_place(&known, &fields.project).map_err(|_| DomainError::NotFound)?;
        let still = Precondition::none();
        delete_grant(conn, actor, place.as_ref(), id, &still, now)?;
        Ok(place.is_none())
    });
    let is_no_owner = taking.await?;
    Ok(done(&visitor, id, "taken", is_no_owner))
}

/// Back to the person or, for an owner who has just stopped being one, to what is left to them.
fn done(visitor: &Visitor, id: i64, done: &str, is_no_owner: bool) -> HttpResponse {
    match is_no_owner && visitor.actor.id() == Some(id) {
        true => page::see_other("/"),
        false => page::see_other(&format!("{}?done={done}", super::path(id))),
    }
}
