//! `/api/v1/users`: people.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::base::answer::{self, Collection, Data};
use super::base::bearer::Bearer;
use super::base::body::Json;
use super::base::error::ApiError;
use super::base::idempotency::{self, Created};
use super::base::paging::PageQuery;
use super::base::query::Query;
use super::base::types::never_null;
use crate::access::Action;
use crate::clock::rfc3339;
use crate::domain::users::{self, PasswordLink};
use crate::domain::{DomainError, Op, projects};
use crate::http::details::sentence;
use crate::json::UserJson;
use crate::records::Role;
use crate::web::shared::links::LinkOrigin;

/// A person to invite.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"email": "ben@example.com", "role": "support", "project": "default"}))]
pub struct Invitation {
    #[schema(required)]
    #[serde(default)]
    email: String,
    /// `owner`, `admin`, `support`, `auditor` or `viewer`.
    #[schema(required)]
    #[serde(default)]
    role: String,
    /// The slug of the one project the role is for; without it, all.
    project: Option<String>,
}

/// What of a person is to change.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"disabled": true}))]
pub struct UserPatch {
    /// Whether they are kept out.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    disabled: Option<bool>,
}

/// A link with which a person chooses a password.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = PasswordLink)]
pub struct PasswordLinkJson {
    /// It works once. It is in this answer and nowhere else.
    #[schema(example = "https://keys.example.com/password?code=…")]
    url: String,
    #[schema(format = DateTime)]
    expires_at: String,
}

/// A person who was just invited, and the link to hand to them.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = InvitedUser)]
pub struct InvitedJson {
    #[serde(flatten)]
    user: UserJson,
    /// It works once, within 24 hours. It is in this answer and nowhere else, and not when a call
    /// is repeated.
    #[schema(value_type = Option<String>, nullable = false, example = "https://keys.example.com/password?code=…")]
    password_link: String,
}

/// List people
#[utoipa::path(get, path = "/users", operation_id = "listUsers",
    tag = "users", params(PageQuery),
    responses((status = 200, description = "Everybody", body = Collection<UserJson>)))]
pub async fn list(
    req: HttpRequest,
    bearer: Bearer,
    query: Query<PageQuery>,
) -> Result<HttpResponse, ApiError> {
    let page = query.page()?;
    let (all, projects) = bearer
        .act(|op| {
            let all = users::list(op)?;
            Ok((all, projects::list(op)?))
        })
        .await?;
    Ok(answer::short_collection(&req, &page, all, |person| {
        UserJson::new(&person, &projects)
    }))
}

/// Invite a person
///
/// They choose their password with the link in the answer; nobody else ever knows it.
#[utoipa::path(post, path = "/users", operation_id = "inviteUser",
    tag = "users", request_body = Invitation,
    params(("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "A repeated call within 24 hours invites nobody and gets the same answer, \
                       without the link")),
    responses((status = 201, description = "The person, and the link", body = Data<InvitedJson>)))]
pub async fn create(
    req: HttpRequest,
    bearer: Bearer,
    body: Json<Invitation>,
) -> Result<HttpResponse, ApiError> {
    let Invitation {
        email,
        role,
        project,
    } = body.fields;
    let allow = |op: &mut Op| op.allow_on_all(Action::ManageUsers);
    let origin = origin(&req)?;
    let location = |user: &Value| format!("/api/v1/users/{}", user["id"]);
    let creating = async |call| {
        let role = role.parse::<Role>();
        let role =
            role.map_err(|error| DomainError::field("role", sentence(&error.to_string())))?;
        let inviting = bearer.act(move |op| {
            op.for_call(call);
            let projects = projects::list(op)?;
            let (link, person) = users::invite(op, &email, role, project.as_deref())?;
            Ok((link, UserJson::new(&person, &projects)))
        });
        let (link, user) = inviting.await?;
        Ok(Created {
            data: serde_json::to_value(user).expect("strings and numbers"),
            secret: Some(("password_link", format!("{origin}{}", link.path()).into())),
        })
    };
    idempotency::create(&req, &bearer, &body.raw, allow, location, creating).await
}

/// Read a person
#[utoipa::path(get, path = "/users/{user}", operation_id = "readUser",
    tag = "users",
    params(("user" = i64, Path, example = 1)),
    responses((status = 200, description = "The person", body = Data<UserJson>)))]
pub async fn read(
    req: HttpRequest,
    bearer: Bearer,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    let user = bearer.act(move |op| as_json(op, id)).await?;
    Ok(answer::plain_data(&req, user))
}

/// Disable a person, or enable them again
///
/// Disabling ends every session and token of theirs at once. The last owner can't be disabled.
#[utoipa::path(patch, path = "/users/{user}", operation_id = "editUser",
    tag = "users", request_body = UserPatch,
    params(("user" = i64, Path, example = 2)),
    responses((status = 200, description = "The updated person", body = Data<UserJson>)))]
pub async fn edit(
    req: HttpRequest,
    bearer: Bearer,
    id: web::Path<i64>,
    body: Json<UserPatch>,
) -> Result<HttpResponse, ApiError> {
    let (id, patch) = (id.into_inner(), body.fields);
    let user = bearer
        .act(move |op| {
            let is_disabled = users::find(op, id)?.user.disabled_at.is_some();
            match patch.disabled {
                Some(true) if !is_disabled => users::disable(op, id)?,
                Some(false) if is_disabled => users::enable(op, id)?,
                _ => {}
            }
            as_json(op, id)
        })
        .await?;
    Ok(answer::plain_data(&req, user))
}

/// End every session of a person
///
/// Also their short-lived tokens; not their personal ones.
#[utoipa::path(delete, path = "/users/{user}/sessions", operation_id = "endUserSessions",
    tag = "users",
    params(("user" = i64, Path, example = 2)),
    responses((status = 204, description = "The sessions have ended")))]
pub async fn delete_sessions(bearer: Bearer, id: web::Path<i64>) -> Result<HttpResponse, ApiError> {
    let id = id.into_inner();
    bearer.act(move |op| users::end_sessions(op, id)).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Make a link for another password
///
/// For somebody who forgot theirs, or did not use the link they got. Earlier links end.
#[utoipa::path(post, path = "/users/{user}/password-link", operation_id = "createPasswordLink",
    tag = "users",
    params(("user" = i64, Path, example = 2)),
    responses((status = 201, description = "The link", body = Data<PasswordLinkJson>)))]
pub async fn create_link(
    req: HttpRequest,
    bearer: Bearer,
    id: web::Path<i64>,
) -> Result<HttpResponse, ApiError> {
    let (id, origin) = (id.into_inner(), origin(&req)?);
    let link: PasswordLink = bearer.act(move |op| users::new_link(op, id)).await?;
    let data = PasswordLinkJson {
        url: format!("{origin}{}", link.path()),
        expires_at: rfc3339(link.expires_at),
    };
    Ok(answer::plain(StatusCode::CREATED, data))
}

/// What links begin with.
fn origin(req: &HttpRequest) -> Result<String, ApiError> {
    let origin = LinkOrigin::of(req).map(|origin| origin.origin);
    origin.ok_or_else(|| ApiError::BadRequest("The header Host is not an address.".into()))
}

fn as_json(op: &mut Op, id: i64) -> Result<UserJson, DomainError> {
    let person = users::find(op, id)?;
    let projects = projects::list(op)?;
    Ok(UserJson::new(&person, &projects))
}
