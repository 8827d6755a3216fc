//! `/users`: the people of the instance, for its owners.

pub mod disabling;
pub mod enabling;
pub mod fields;
pub mod grant_removal;
pub mod grants;
pub mod invite;
pub mod link;
pub mod list;
pub mod one;
pub mod sign_out;
pub mod tokens;
mod view;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};

use crate::web::shared::error::WayOn;
use crate::web::shared::{Visitor, page};

/// Where errors of a person's pages lead: after a conflict, back to the person.
pub fn lead_on(req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    if status != StatusCode::CONFLICT {
        return None;
    }
    let id = req.match_info().get("id")?.parse().ok()?;
    Some(WayOn {
        path: path(id),
        words: "Back to the person",
    })
}

/// The path of one person's page.
fn path(id: i64) -> String {
    format!("/users/{id}")
}

/// Where to go after every session of a person has ended: back to the person or, if they are the
/// visitor, to the sign-in page.
fn after_ending_sessions(visitor: &Visitor, id: i64, done: &str) -> HttpResponse {
    match visitor.session.user_id == id {
        true => page::see_other("/login"),
        false => page::see_other(&format!("{}?done={done}", path(id))),
    }
}
