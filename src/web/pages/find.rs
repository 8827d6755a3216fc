//! `/find`: pages, projects, keys and people by anything, as a page or in the dialog that Ctrl+K
//! opens. What is searched for may be a secret, so it comes in a body and is not shown again.

use actix_htmx::Htmx;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;

use super::keys::{KeyView, across};
use crate::domain::search::{self, Found};
use crate::records::{Project, User};
use crate::web::shared::form::Form;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError, shell};

#[derive(Template)]
#[template(path = "find.html", blocks = ["finder"])]
struct FindPage {
    layout: Layout,
    /// What was typed, unless it has a secret in it.
    text: String,
    found: Option<FoundView>,
}

/// What was found.
struct FoundView {
    /// What was searched for, instead of a secret.
    instead: Option<String>,
    pages: Vec<Place>,
    projects: Vec<Place>,
    keys: Vec<FoundKey>,
    people: Vec<Place>,
}

struct Place {
    path: String,
    name: String,
}

struct FoundKey {
    key: KeyView,
    project: String,
}

#[derive(Deserialize)]
pub struct FindForm {
    #[serde(default)]
    text: String,
}

pub async fn show(visitor: Visitor, htmx: Htmx) -> Result<HttpResponse, WebError> {
    let (viewer, ()) = visitor.view(|_| Ok(())).await?;
    Ok(answer(&viewer, &htmx, String::new(), None))
}

pub async fn submit(
    visitor: Visitor,
    htmx: Htmx,
    Form(FindForm { text }): Form<FindForm>,
) -> Result<HttpResponse, WebError> {
    let typed = text.clone();
    let (viewer, found) = visitor.view(move |op| search::search(op, &text)).await?;
    let is_empty = typed.trim().is_empty();
    let view = (!is_empty).then(|| FoundView::new(found, &viewer, &typed));
    let has_secret = view.as_ref().is_some_and(|view| view.instead.is_some());
    let text = if has_secret { String::new() } else { typed };
    Ok(answer(&viewer, &htmx, text, view))
}

fn answer(viewer: &Viewer, htmx: &Htmx, text: String, found: Option<FoundView>) -> HttpResponse {
    let page = FindPage {
        layout: Layout::new(viewer, Section::Find, None, "Find a key"),
        text,
        found,
    };
    page::respond(htmx, StatusCode::OK, &page, &page.as_finder())
}

impl FoundView {
    fn new(found: Found, viewer: &Viewer, text: &str) -> Self {
        let pages = match found.instead {
            Some(_) => Vec::new(),
            None => pages(viewer, text),
        };
        let project = |project: Project| Place {
            path: shell::path(&project.slug),
            name: project.name,
        };
        let person = |user: User| Place {
            path: format!("/users/{}", user.id),
            name: user.email,
        };
        FoundView {
            instead: found.instead,
            pages,
            projects: found.projects.into_iter().map(project).collect(),
            keys: found
                .keys
                .into_iter()
                .map(|(project, key)| FoundKey {
                    key: KeyView::new(key, &project, &viewer.actor, viewer.now),
                    project: project.name,
                })
                .collect(),
            people: found.people.into_iter().map(person).collect(),
        }
    }

    fn is_nothing(&self) -> bool {
        self.pages.is_empty()
            && self.projects.is_empty()
            && self.keys.is_empty()
            && self.people.is_empty()
    }
}

/// The console's pages with these words in their names.
fn pages(viewer: &Viewer, text: &str) -> Vec<Place> {
    let layout = Layout::new(viewer, Section::Find, None, "");
    let shell = layout.shell;
    let project = shell.project.as_ref().map(|project| project.name.as_str());
    let of_project = shell.of_project.iter().map(|link| Place {
        path: link.path.clone(),
        name: format!("{} of {}", link.name, project.unwrap_or_default()),
    });
    let of_all = shell.of_all.iter().map(|link| Place {
        path: link.path.clone(),
        name: link.name.to_owned(),
    });
    let others = [
        ("Account", "/account"),
        ("Keys in all projects", across::PATH),
    ];
    let others = others.into_iter().map(|(name, path)| Place {
        path: path.to_owned(),
        name: name.to_owned(),
    });
    let text = text.trim().to_lowercase();
    let all = of_project.chain(of_all).chain(others);
    all.filter(|place| place.name.to_lowercase().contains(&text))
        .collect()
}
