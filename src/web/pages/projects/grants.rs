//! `/projects/{p}/grants`: who has what role on a project.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::ArchivedView;
use crate::clock::UtcTime;
use crate::db::projects::Project;
use crate::domain::edit_grants::{
    Given, Reaching, Whom, delete_grant, find_person, list_reaching, put_grant,
};
use crate::domain::list_projects::find_project;
use crate::domain::policy::{Action, Role};
use crate::domain::precondition::Precondition;
use crate::domain::{DomainError, FieldError};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::pages::users::fields::{project_roles, read_role, title};
use crate::web::pages::users::grant_removal::{RemovalPage, lost};
use crate::web::times::{Moment, grouped};
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "projects/grants.html")]
struct GrantsPage {
    layout: Layout,
    project: Project,
    archived: Option<ArchivedView>,
    /// "3 people on this project · 2 on all projects".
    summary: String,
    on_it: Vec<GrantView>,
    on_all: Vec<GrantView>,
    /// The roles that can be given here.
    roles: Vec<Role>,
    fields: GrantFields,
    errors: Errors,
    /// Whether the visitor may see the people's own pages.
    may_manage_users: bool,
    flash: Option<String>,
}

/// A grant in words.
struct GrantView {
    user: i64,
    email: String,
    role: String,
    title: String,
    since: Moment,
    by: String,
    is_own: bool,
}

/// What was typed, as it was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct GrantFields {
    email: String,
    role: String,
}

/// Whose role is taken away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct RemovalFields {
    user: String,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct GrantsQuery {
    done: Option<String>,
    /// Whom a role was given.
    user: Option<String>,
}

/// The page.
pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<GrantsQuery>,
) -> Result<HttpResponse, WebError> {
    let (project, reaching) = load(&visitor, slug.into_inner()).await?;
    let flash = flash(&reaching, &query);
    let fields = GrantFields::default();
    Ok(answer(
        &visitor,
        StatusCode::OK,
        project,
        reaching,
        fields,
        vec![],
        flash,
    ))
}

/// Tells what was just done, by what is there now.
fn flash(reaching: &Reaching, query: &GrantsQuery) -> Option<String> {
    match query.done.as_deref()? {
        "given" => {
            let user: Option<i64> = query.user.as_deref().and_then(|user| user.parse().ok());
            let mut here = reaching.on_it.iter();
            let given = here.find(|(grant, _)| Some(grant.user_id) == user);
            let role = given.map_or_else(String::new, |(grant, email)| {
                format!(": {email} is {} here", title(&grant.role))
            });
            Some(format!(
                "Role given{role}. It holds from their next request on."
            ))
        }
        "taken" => Some("Role taken away. It is gone from their next request on.".into()),
        _ => None,
    }
}

/// Gives somebody a role here, in place of the one they have here.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<GrantFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let (of, typed) = (slug.clone(), fields.clone());
    let giving = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &of)?;
        let person = find_person(conn, actor, Some(&project), &typed.email);
        match (person, read_role(&typed.role)) {
            (Ok(person), Ok(role)) => {
                let still = Precondition::none();
                put_grant(
                    conn,
                    actor,
                    Some(&project),
                    &Whom::Email(person.email.clone()),
                    role,
                    &still,
                    now,
                )?;
                Ok((person.id, role))
            }
            (Err(DomainError::Invalid(mut errors)), Err(error)) => {
                errors.push(error);
                Err(DomainError::Invalid(errors))
            }
            (Err(error), _) => Err(error),
            (Ok(_), Err(error)) => Err(DomainError::Invalid(vec![error])),
        }
    });
    match giving.await {
        Ok((user, role)) => Ok(done(&visitor, &slug, "given", user, Some(role))),
        Err(DomainError::Invalid(errors)) => {
            let (project, reaching) = load(&visitor, slug).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(answer(
                &visitor, status, project, reaching, fields, errors, None,
            ))
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks whether to take a role here away, and says what that ends.
pub async fn confirm_removal(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let (project, reaching) = load(&visitor, slug.into_inner()).await?;
    let user: Option<i64> = query.user.parse().ok();
    let mut here = reaching.on_it.into_iter();
    let found = here.find(|(grant, _)| Some(grant.user_id) == user);
    let (grant, email) = found.ok_or(DomainError::NotFound)?;
    let everywhere: Vec<_> = reaching
        .on_all
        .into_iter()
        .map(|(grant, _)| grant)
        .collect();
    let role = title(&grant.role);
    let is_self = visitor.actor.id() == Some(grant.user_id);
    let heading = format!("Take {role} away from {email}");
    let path = format!("/projects/{}/grants", project.slug);
    let page = RemovalPage {
        layout: Layout::new(&visitor, Section::Grants, Some(&project), heading),
        lost: lost(&grant, &everywhere),
        email,
        role,
        place: Some(project.name),
        obstacle: None,
        is_self,
        loses_page: is_self && !visitor.actor.may(Action::ManageProject, None),
        action: format!("{path}/removal"),
        back: path,
        field: "user",
        value: grant.user_id.to_string(),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Takes a role here away.
pub async fn remove(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let user: i64 = fields.user.parse().map_err(|_| WebError::BadForm)?;
    let of = slug.clone();
    visitor
        .act(move |conn, actor, now| {
            let project = find_project(conn, actor, &of)?;
            let still = Precondition::none();
            delete_grant(conn, actor, Some(&project), &Whom::Id(user), &still, now)
        })
        .await?;
    Ok(done(&visitor, &slug, "taken", user, None))
}

/// Back to the page or, for whoever has just ended what let them see it, to what is left to
/// them. `role` is what the person `user` has here now.
fn done(visitor: &Visitor, slug: &str, done: &str, user: i64, role: Option<Role>) -> HttpResponse {
    let manages = role.is_some_and(|role| role.may(Action::ManageProject))
        || visitor.actor.may(Action::ManageProject, None);
    let whom = role.map_or_else(String::new, |_| format!("&user={user}"));
    match manages || visitor.actor.id() != Some(user) {
        true => page::see_other(&format!("/projects/{slug}/grants?done={done}{whom}")),
        false => page::see_other("/"),
    }
}

async fn load(visitor: &Visitor, slug: String) -> Result<(Project, Reaching), DomainError> {
    visitor
        .act(move |conn, actor, _| {
            let project = find_project(conn, actor, &slug)?;
            let reaching = list_reaching(conn, actor, &project)?;
            Ok((project, reaching))
        })
        .await
}

fn answer(
    visitor: &Visitor,
    status: StatusCode,
    project: Project,
    reaching: Reaching,
    fields: GrantFields,
    errors: Vec<FieldError>,
    flash: Option<String>,
) -> HttpResponse {
    let own = visitor.actor.id();
    let in_words = |given| GrantView::new(given, own, visitor.now);
    let page = GrantsPage {
        layout: Layout::new(visitor, Section::Grants, Some(&project), "Grants"),
        archived: ArchivedView::of(&project, visitor.now),
        project,
        summary: summary(reaching.on_it.len(), reaching.on_all.len()),
        on_it: reaching.on_it.into_iter().map(in_words).collect(),
        on_all: reaching.on_all.into_iter().map(in_words).collect(),
        roles: project_roles(),
        fields,
        errors: Errors(errors),
        may_manage_users: visitor.actor.may(Action::ManageUsers, None),
        flash,
    };
    page::full(status, &page)
}

fn summary(on_it: usize, on_all: usize) -> String {
    let shown = |count: usize| grouped(i64::try_from(count).unwrap_or(i64::MAX));
    let noun = if on_it == 1 { "person" } else { "people" };
    format!(
        "{} {noun} on this project · {} on all projects",
        shown(on_it),
        shown(on_all)
    )
}

impl GrantView {
    /// `given`, for the visitor with the id `own`.
    fn new((grant, email): Given, own: Option<i64>, now: UtcTime) -> Self {
        GrantView {
            user: grant.user_id,
            email,
            title: title(&grant.role),
            role: grant.role,
            since: Moment::new(grant.created_at, now),
            by: grant.created_by,
            is_own: own == Some(grant.user_id),
        }
    }
}
