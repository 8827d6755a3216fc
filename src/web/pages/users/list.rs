//! `/users`: everybody, and what they may do.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::view::{PersonView, UserState};
use crate::domain::users;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::grouped;
use crate::web::shared::{Visitor, WebError};

#[derive(Template)]
#[template(path = "users/list.html")]
struct ListPage {
    layout: Layout,
    people: Vec<PersonView>,
    /// "4 people · 1 invited".
    summary: String,
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let (viewer, all) = visitor.view(users::list).await?;
    let in_words = |person| PersonView::new(person, &viewer.projects, viewer.now);
    let people: Vec<PersonView> = all.into_iter().map(in_words).collect();
    let page = ListPage {
        layout: Layout::new(&viewer, Section::People, None, "People"),
        summary: summary(&people),
        people,
    };
    Ok(page::full(StatusCode::OK, &page))
}

fn summary(people: &[PersonView]) -> String {
    let shown = |count: usize| grouped(i64::try_from(count).unwrap_or(i64::MAX));
    let noun = if people.len() == 1 {
        "person"
    } else {
        "people"
    };
    let mut parts = vec![format!("{} {noun}", shown(people.len()))];
    for (state, word) in [
        (UserState::Invited, "invited"),
        (UserState::Disabled, "disabled"),
    ] {
        let count = people.iter().filter(|person| person.state == state).count();
        if count > 0 {
            parts.push(format!("{} {word}", shown(count)));
        }
    }
    parts.join(" · ")
}
