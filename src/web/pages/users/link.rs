//! `/users/{id}/link`: a one-time link with which a person chooses a password.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use crate::domain::users::{self, PasswordLink};
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::links::LinkOrigin;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::Moment;
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "users/link.html")]
struct LinkPage {
    layout: Layout,
    email: String,
    /// The path of the person's page.
    person: String,
    link: String,
    origin: LinkOrigin,
    /// The role they were given, or what the link replaces.
    about: String,
    until: Moment,
}

/// A link is never shown again: whoever comes back here is sent to the person.
pub async fn show(visitor: Visitor, id: web::Path<i64>) -> Result<HttpResponse, WebError> {
    visitor.act(|_| Ok(())).await?;
    Ok(page::see_other(&super::path(id.into_inner())))
}

/// Makes a new link, which ends the person's earlier one, and shows it.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    id: web::Path<i64>,
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let origin = LinkOrigin::of(&req).ok_or(WebError::BadForm)?;
    let id = id.into_inner();
    let making = visitor.view(move |op| {
        let person = users::find(op, id)?;
        let made = users::new_link(op, id)?;
        Ok((made, person.user.joined_at.is_some()))
    });
    let (viewer, (made, has_password)) = making.await?;
    let about = match has_password {
        true => "Until it is used, their current password works. Earlier links have ended.",
        false => "Earlier links have ended.",
    };
    Ok(hand_over(origin, &viewer, &made, about.into()))
}

/// The page that shows a link that was just made, with a sentence about it. It is never shown
/// again.
pub(super) fn hand_over(
    origin: LinkOrigin,
    viewer: &Viewer,
    made: &PasswordLink,
    about: String,
) -> HttpResponse {
    let page = LinkPage {
        layout: Layout::new(viewer, Section::People, None, "Send the link"),
        email: made.email.clone(),
        person: super::path(made.user_id),
        link: format!("{}{}", origin.origin, made.path()),
        origin,
        about,
        until: Moment::new(made.expires_at, viewer.now),
    };
    page::full(StatusCode::OK, &page)
}
