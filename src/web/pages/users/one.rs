//! `/users/{id}`: one person, their grants and personal tokens.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::fields::read_place;
use super::grants::GrantFields;
use super::view::{GrantView, PersonView, TokenView, role_in_words};
use crate::domain::{DomainError, FieldError, tokens, users};
use crate::records::{Person, Project, Role, Token};
use crate::web::pages::keys::ListQuery;
use crate::web::pages::keys::across::{self, Groups};
use crate::web::shared::form::Errors;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "users/one.html")]
struct OnePage {
    layout: Layout,
    person: PersonView,
    grants: Vec<GrantView>,
    tokens: Vec<TokenView>,
    /// The keys that they answer for.
    groups: Groups,
    roles: &'static [Role],
    projects: Vec<Project>,
    fields: GrantFields,
    errors: Errors,
    flash: Option<String>,
}

/// What the page is about.
pub(super) struct Subject {
    person: Person,
    tokens: Vec<Token>,
    keys: Vec<across::Loaded>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct OneQuery {
    done: Option<String>,
    /// Where a role was given: a slug, or `*` for all projects.
    project: Option<String>,
}

pub async fn show(
    visitor: Visitor,
    id: web::Path<i64>,
    query: web::Query<OneQuery>,
) -> Result<HttpResponse, WebError> {
    let (viewer, subject) = load(&visitor, id.into_inner()).await?;
    let flash = flash(&viewer, &subject.person, &query);
    let fields = GrantFields::default();
    let status = StatusCode::OK;
    Ok(form(&viewer, status, subject, fields, vec![], flash))
}

/// The message about what was just done, based on what is there now.
fn flash(viewer: &Viewer, person: &Person, query: &OneQuery) -> Option<String> {
    let message = match query.done.as_deref()? {
        "given" => {
            let role =
                given(viewer, person, query).map_or_else(String::new, |role| format!(": {role}"));
            return Some(format!(
                "Role assigned{role}. It applies from their next request."
            ));
        }
        "taken" => "Role removed. It no longer applies from their next request.",
        "signed-out" => "All their sessions and short-lived tokens have ended.",
        "disabled" => "Person disabled. Their next request is refused.",
        "enabled" if person.user.joined_at.is_none() => {
            "Person enabled. They have no password yet: create a new link."
        }
        "enabled" => "Person enabled. They can sign in with their old password.",
        "revoked" => "Token revoked. The next request with it fails.",
        _ => return None,
    };
    Some(message.into())
}

/// The role they have on the project, or on all projects, that the URL names.
fn given(viewer: &Viewer, person: &Person, query: &OneQuery) -> Option<String> {
    let place = read_place(&viewer.projects, query.project.as_deref()?).ok()?;
    let on_it = place.map(|project| project.id);
    let grant = person
        .grants
        .iter()
        .find(|grant| grant.project_id == on_it)?;
    Some(role_in_words(grant, &viewer.projects))
}

/// Finds the person and what belongs to them.
///
/// # Errors
/// The visitor may not see people, or there is no such person.
pub(super) async fn load(visitor: &Visitor, id: i64) -> Result<(Viewer, Subject), DomainError> {
    visitor
        .view(move |op| {
            let person = users::find(op, id)?;
            let tokens = tokens::list(op, id)?;
            let keys = across::load(op, &owned_by(&person))?;
            Ok(Subject {
                person,
                tokens,
                keys,
            })
        })
        .await
}

/// The filter for the keys that a person answers for.
fn owned_by(person: &Person) -> ListQuery {
    ListQuery {
        owner: person.user.email.clone(),
        ..ListQuery::default()
    }
}

/// The page with what was typed into the form that gives a role, and its errors.
pub(super) fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: Subject,
    fields: GrantFields,
    errors: Vec<FieldError>,
    flash: Option<String>,
) -> HttpResponse {
    let Subject {
        person,
        tokens,
        keys,
    } = subject;
    let (all, now) = (&viewer.projects, viewer.now);
    let email = person.user.email.clone();
    let page = OnePage {
        layout: Layout::new(viewer, Section::People, None, email),
        groups: Groups::new(
            keys,
            &owned_by(&person),
            &super::path(person.user.id),
            &viewer.actor,
            now,
        ),
        grants: person
            .grants
            .iter()
            .map(|grant| GrantView::new(grant.clone(), all, now))
            .collect(),
        person: PersonView::new(person, all, now),
        tokens: tokens
            .into_iter()
            .map(|token| TokenView::new(token, all, now))
            .collect(),
        roles: Role::ALL,
        projects: all.clone(),
        fields,
        errors: Errors(errors),
        flash,
    };
    page::full(status, &page)
}
