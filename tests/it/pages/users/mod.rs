//! `/users`: the people of the instance, for its owners.

mod disabling;
mod grant_removal;
mod grants;
mod invite;
mod link;
mod list;
mod owners;
mod sign_out;
mod tokens;

use scraper::{Html, Selector};

use crate::app::{Answer, Browser, TestApp};

/// Invites somebody and returns the path of their link.
pub fn invite(owner: &Browser, email: &str, role: &str, project: &str) -> String {
    let fields = [("email", email), ("role", role), ("project", project)];
    let answer = owner.post("/users", &fields);
    assert_eq!(answer.status, 200, "{}", answer.body);
    path_of_link(owner, &answer)
}

/// The path of the link on the page that shows it.
pub fn path_of_link(owner: &Browser, answer: &Answer) -> String {
    let link = link_on(answer);
    link.strip_prefix(&owner.url).expect("ours").to_owned()
}

fn link_on(answer: &Answer) -> String {
    let page = Html::parse_document(&answer.body);
    let field = page.select(&Selector::parse("#link").unwrap()).next();
    let link = field.and_then(|field| field.value().attr("value"));
    link.expect("a link").to_owned()
}

pub fn id_of(app: &TestApp, email: &str) -> i64 {
    let sql = format!("SELECT id AS number FROM users WHERE email = '{email}'");
    app.database.number(&sql)
}

fn number_of_users(app: &TestApp) -> i64 {
    app.database.number("SELECT count(*) AS number FROM users")
}
