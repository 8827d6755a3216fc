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

use actix_web::HttpResponse;

use crate::web::{Visitor, page};

/// The path of one person's page.
fn path(id: i64) -> String {
    format!("/users/{id}")
}

/// Where the way goes on when every session of a person has ended: it may be one's own.
fn after_ending_sessions(visitor: &Visitor, id: i64, done: &str) -> HttpResponse {
    match visitor.actor.id() == Some(id) {
        true => page::see_other("/login"),
        false => page::see_other(&format!("{}?done={done}", path(id))),
    }
}
