//! `/projects/{p}/grants`: who has which role on a project.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::access::{Action, Actor};
use crate::clock::UtcTime;
use crate::domain::grants::{self, Given, Reaching, Whom};
use crate::domain::{DomainError, FieldError, Op, Precondition, projects};
use crate::records::{Project, Role, User};
use crate::web::pages::users::fields::{project_roles, read_role};
use crate::web::pages::users::grant_removal::{RemovalPage, lost};
use crate::web::shared::archived::ArchivedView;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{Moment, grouped};
use crate::web::shared::{Viewer, Visitor, WebError};

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
    /// Whether the visitor may see people's own pages.
    may_manage_users: bool,
    flash: Option<String>,
}

/// A grant, formatted for display.
struct GrantView {
    user: i64,
    email: String,
    role: Role,
    since: Moment,
    by: String,
    is_own: bool,
}

/// What the page is about.
struct Subject {
    project: Project,
    reaching: Reaching,
}

/// The fields, exactly as typed.
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
    /// Who was given a role.
    user: Option<String>,
}

pub async fn show(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<GrantsQuery>,
) -> Result<HttpResponse, WebError> {
    let (viewer, subject) = visitor.view(move |op| load(op, &slug)).await?;
    let flash = flash(&subject.reaching, &query);
    let (status, fields) = (StatusCode::OK, GrantFields::default());
    Ok(form(&viewer, status, subject, fields, vec![], flash))
}

/// The message about what was just done, based on what is there now.
fn flash(reaching: &Reaching, query: &GrantsQuery) -> Option<String> {
    match query.done.as_deref()? {
        "given" => {
            let user: Option<i64> = query.user.as_deref().and_then(|user| user.parse().ok());
            let mut here = reaching.on_it.iter();
            let given = here.find(|(grant, _)| Some(grant.user_id) == user);
            let role = given.map_or_else(String::new, |(grant, email)| {
                format!(": {email} is {} here", grant.role.title())
            });
            Some(format!(
                "Role assigned{role}. It applies from their next request."
            ))
        }
        "taken" => Some("Role removed. It no longer applies from their next request.".into()),
        _ => None,
    }
}

/// Gives somebody a role here, replacing the one they have here.
pub async fn submit(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<GrantFields>,
) -> Result<HttpResponse, WebError> {
    let slug = slug.into_inner();
    let (of, typed) = (slug.clone(), fields.clone());
    let giving = visitor.act(move |op| {
        let project = projects::find(op, &of)?;
        let (person, role) = read(op, &project, &typed)?;
        let (whom, still) = (Whom::Email(person.email), Precondition::none());
        grants::put(op, Some(&project), &whom, role, &still)?;
        let done = format!("{}?done=given&user={}", path(&of), person.id);
        Ok(after(op.actor(), person.id, Some(role), done))
    });
    match giving.await {
        Ok(location) => Ok(page::see_other(&location)),
        Err(DomainError::Invalid(errors)) => {
            let (viewer, subject) = visitor.view(move |op| load(op, &slug)).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors, None))
        }
        Err(error) => Err(error.into()),
    }
}

/// Reads who is to get which role.
///
/// # Errors
/// Whatever is wrong with both fields.
fn read(op: &mut Op, project: &Project, fields: &GrantFields) -> Result<(User, Role), DomainError> {
    let person = grants::find_person(op, Some(project), &fields.email);
    match (person, read_role(&fields.role)) {
        (Ok(person), Ok(role)) => Ok((person, role)),
        (Err(DomainError::Invalid(mut errors)), Err(error)) => {
            errors.push(error);
            Err(DomainError::Invalid(errors))
        }
        (Err(error), _) => Err(error),
        (Ok(_), Err(error)) => Err(DomainError::Invalid(vec![error])),
    }
}

/// Asks whether to take this role away, and says what that ends.
pub async fn confirm_removal(
    visitor: Visitor,
    slug: web::Path<String>,
    query: web::Query<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let (viewer, subject) = visitor.view(move |op| load(op, &slug)).await?;
    let Subject { project, reaching } = subject;
    let user: Option<i64> = query.user.parse().ok();
    let mut here = reaching.on_it.into_iter();
    let found = here.find(|(grant, _)| Some(grant.user_id) == user);
    let (grant, email) = found.ok_or(DomainError::NotFound)?;
    let everywhere: Vec<_> = reaching
        .on_all
        .into_iter()
        .map(|(grant, _)| grant)
        .collect();
    let role = grant.role.title();
    let is_self = viewer.actor.id() == Some(grant.user_id);
    let heading = format!("Remove {role} from {email}");
    let path = path(&project.slug);
    let page = RemovalPage {
        layout: Layout::new(&viewer, Section::Members, Some(&project), heading),
        lost: lost(&grant, &everywhere),
        email,
        role: role.into(),
        place: Some(project.name),
        obstacle: None,
        is_self,
        loses_page: is_self && !viewer.actor.may(Action::ManageProject, None),
        action: format!("{path}/removal"),
        back: path,
        field: "user",
        value: grant.user_id.to_string(),
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Takes this role away.
pub async fn remove(
    visitor: Visitor,
    slug: web::Path<String>,
    Form(fields): Form<RemovalFields>,
) -> Result<HttpResponse, WebError> {
    let user: i64 = fields.user.parse().map_err(|_| WebError::BadForm)?;
    let taking = visitor.act(move |op| {
        let project = projects::find(op, &slug)?;
        let still = Precondition::none();
        grants::delete(op, Some(&project), &Whom::Id(user), &still)?;
        let done = format!("{}?done=taken", path(&slug));
        Ok(after(op.actor(), user, None, done))
    });
    let location = taking.await?;
    Ok(page::see_other(&location))
}

/// Where the actor goes next: to `done`, a page of the project, or to the overview if they have
/// just lost the right to see it. `role` is what the person `user` has here now.
fn after(actor: &Actor, user: i64, role: Option<Role>, done: String) -> String {
    let manages = role.is_some_and(|role| role.may(Action::ManageProject))
        || actor.may(Action::ManageProject, None);
    match manages || actor.id() != Some(user) {
        true => done,
        false => "/".into(),
    }
}

fn path(project: &str) -> String {
    format!("/projects/{project}/grants")
}

fn load(op: &mut Op, slug: &str) -> Result<Subject, DomainError> {
    let project = projects::find(op, slug)?;
    let reaching = grants::list_reaching(op, &project)?;
    Ok(Subject { project, reaching })
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: Subject,
    fields: GrantFields,
    errors: Vec<FieldError>,
    flash: Option<String>,
) -> HttpResponse {
    let Subject { project, reaching } = subject;
    let own = viewer.actor.id();
    let in_words = |given| GrantView::new(given, own, viewer.now);
    let page = GrantsPage {
        layout: Layout::new(viewer, Section::Members, Some(&project), "Members"),
        archived: ArchivedView::of(&project, viewer.now),
        project,
        summary: summary(reaching.on_it.len(), reaching.on_all.len()),
        on_it: reaching.on_it.into_iter().map(in_words).collect(),
        on_all: reaching.on_all.into_iter().map(in_words).collect(),
        roles: project_roles(),
        fields,
        errors: Errors(errors),
        may_manage_users: viewer.actor.may(Action::ManageUsers, None),
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
    /// `given`, as shown to the visitor with the id `own`.
    fn new((grant, email): Given, own: Option<i64>, now: UtcTime) -> Self {
        GrantView {
            user: grant.user_id,
            email,
            role: grant.role,
            since: Moment::new(grant.created_at, now),
            by: grant.created_by,
            is_own: own == Some(grant.user_id),
        }
    }
}
