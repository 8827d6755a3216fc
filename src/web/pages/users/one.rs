//! `/users/{id}`: one person, their grants and personal tokens.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::fields::read_place;
use super::grants::GrantFields;
use super::view::{GrantView, PersonView, TokenView, role_in_words};
use crate::db::projects::Project;
use crate::db::tokens::Token;
use crate::domain::manage_users::{Person, find_user};
use crate::domain::policy::Role;
use crate::domain::tokens::list_tokens;
use crate::domain::{DomainError, FieldError};
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/one.html")]
struct OnePage {
    layout: Layout,
    person: PersonView,
    grants: Vec<GrantView>,
    tokens: Vec<TokenView>,
    roles: [Role; 5],
    projects: Vec<Project>,
    fields: GrantFields,
    errors: Errors,
    flash: Option<String>,
}

/// What the page is about.
pub(super) struct Subject {
    person: Person,
    tokens: Vec<Token>,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct OneQuery {
    done: Option<String>,
    /// Where a role was given: a slug, or the word for all projects.
    project: Option<String>,
}

/// The page.
pub async fn show(
    visitor: Visitor,
    id: web::Path<i64>,
    query: web::Query<OneQuery>,
) -> Result<HttpResponse, WebError> {
    let subject = load(&visitor, id.into_inner()).await?;
    let flash = flash(&visitor, &subject.person, &query);
    let fields = GrantFields::default();
    Ok(answer(
        &visitor,
        StatusCode::OK,
        subject,
        fields,
        vec![],
        flash,
    ))
}

/// Tells what was just done, by what is there now.
fn flash(visitor: &Visitor, person: &Person, query: &OneQuery) -> Option<String> {
    let told = match query.done.as_deref()? {
        "given" => {
            let role =
                given(visitor, person, query).map_or_else(String::new, |role| format!(": {role}"));
            return Some(format!(
                "Role given{role}. It holds from their next request on."
            ));
        }
        "taken" => "Role taken away. It is gone from their next request on.",
        "signed-out" => "Every session and short-lived token of theirs has ended.",
        "disabled" => "Disabled. The next request of theirs is refused.",
        "enabled" if person.user.joined_at.is_none() => {
            "Enabled. They have no password yet: make a new link."
        }
        "enabled" => "Enabled. They can sign in with the password they had.",
        "revoked" => "Token revoked. The next request with it fails.",
        _ => return None,
    };
    Some(told.into())
}

/// The role they have at the place that the address names.
fn given(visitor: &Visitor, person: &Person, query: &OneQuery) -> Option<String> {
    let place = read_place(&visitor.projects, query.project.as_deref()?).ok()?;
    let on_it = place.map(|project| project.id);
    let grant = person
        .grants
        .iter()
        .find(|grant| grant.project_id == on_it)?;
    Some(role_in_words(grant, &visitor.projects))
}

/// Finds the person and what belongs to them.
///
/// # Errors
/// The visitor may not, or there is no such person.
pub(super) async fn load(visitor: &Visitor, id: i64) -> Result<Subject, DomainError> {
    visitor
        .act(move |conn, actor, _| {
            let person = find_user(conn, actor, id)?;
            let tokens = list_tokens(conn, actor, id)?;
            Ok(Subject { person, tokens })
        })
        .await
}

/// The page with what was typed into the form that gives a role, and what is wrong with it.
pub(super) fn answer(
    visitor: &Visitor,
    status: StatusCode,
    subject: Subject,
    fields: GrantFields,
    errors: Vec<FieldError>,
    flash: Option<String>,
) -> HttpResponse {
    let Subject { person, tokens } = subject;
    let (all, now) = (&visitor.projects, visitor.now);
    let email = person.user.email.clone();
    let page = OnePage {
        layout: Layout::new(visitor, Section::People, None, email),
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
