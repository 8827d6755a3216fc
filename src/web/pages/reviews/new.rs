//! `/reviews/new`: open an access review.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;
use strum::VariantArray;
use time::Duration;

use crate::access::Action;
use crate::domain::reviews::{self, ReviewDraft};
use crate::domain::{DomainError, FieldError};
use crate::records::Project;
use crate::records::review::Subject;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::{Viewer, Visitor, WebError};

/// The option for all projects.
const ALL: &str = "*";
/// How many days there are to answer, unless one chooses.
const USUAL: Duration = Duration::days(14);

#[derive(Template)]
#[template(path = "reviews/new.html")]
struct NewPage {
    layout: Layout,
    fields: NewFields,
    errors: Errors,
    projects: Vec<Project>,
    may_all: bool,
    subjects: &'static [Subject],
    today: String,
}

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewFields {
    title: String,
    /// A slug, or `*` for all projects.
    project: String,
    subject: String,
    due_on: String,
    four_eyes: String,
    revoke_unanswered: String,
}

impl NewFields {
    fn draft(&self) -> ReviewDraft {
        ReviewDraft {
            title: self.title.clone(),
            project: Some(self.project.clone()).filter(|slug| slug != ALL),
            subject: self.subject.clone(),
            due_on: self.due_on.clone(),
            four_eyes: !self.four_eyes.is_empty(),
            revoke_unanswered: !self.revoke_unanswered.is_empty(),
        }
    }
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let (viewer, projects) = visitor.view(reviews::allow_opening).await?;
    let fields = NewFields {
        subject: Subject::All.as_str().to_owned(),
        due_on: (viewer.now + USUAL).date().to_string(),
        ..NewFields::default()
    };
    Ok(form(&viewer, StatusCode::OK, projects, fields, vec![]))
}

/// Opens the review.
pub async fn submit(
    visitor: Visitor,
    Form(fields): Form<NewFields>,
) -> Result<HttpResponse, WebError> {
    let draft = fields.draft();
    let opening = visitor.act(move |op| match draft.project.as_deref() {
        Some("") => {
            reviews::allow_opening(op)?;
            Err(DomainError::field("project", "Choose one of these."))
        }
        _ => reviews::open(op, &draft),
    });
    match opening.await {
        Ok(id) => Ok(page::see_other(&super::path(id))),
        Err(DomainError::Invalid(errors)) => {
            let (viewer, projects) = visitor.view(reviews::allow_opening).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, projects, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    projects: Vec<Project>,
    fields: NewFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let page = NewPage {
        layout: Layout::new(viewer, Section::Reviews, None, "Open an access review"),
        may_all: viewer.actor.may(Action::OpenReviews, None),
        subjects: Subject::VARIANTS,
        today: viewer.now.date().to_string(),
        projects,
        fields,
        errors: Errors(errors),
    };
    page::full(status, &page)
}
