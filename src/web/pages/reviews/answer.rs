//! `/reviews/{id}/keys/{key}`: answer for a key, seeing what is known of it.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;
use strum::VariantArray;

use crate::access::Action;
use crate::domain::reviews::{self, AnswerForm, AnswerRequest, Evidence};
use crate::domain::{DomainError, FieldError};
use crate::records::review::{Answer, Review, Verdict};
use crate::web::pages::keys;
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{exact, grouped};
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "reviews/answer.html")]
struct AnswerPage {
    layout: Layout,
    review: Review,
    back: String,
    path: String,
    key_path: String,
    evidence: Evidence,
    passed: String,
    answer: Option<Answer>,
    answered_at: String,
    may_answer: bool,
    may_edit: bool,
    due: String,
    fields: AnswerFields,
    errors: Errors,
    verdicts: &'static [Verdict],
}

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct AnswerFields {
    verdict: String,
    word: String,
}

pub async fn show(visitor: Visitor, path: web::Path<(i64, i64)>) -> Result<HttpResponse, WebError> {
    let (id, key) = path.into_inner();
    let loading = visitor.view(move |op| reviews::answer_form(op, id, key));
    let (viewer, subject) = loading.await?;
    let fields = AnswerFields::default();
    Ok(form(&viewer, StatusCode::OK, subject, fields, vec![]))
}

/// Writes the answer. One that narrows leads to the form that edits the key, for those who may.
pub async fn submit(
    visitor: Visitor,
    path: web::Path<(i64, i64)>,
    Form(fields): Form<AnswerFields>,
) -> Result<HttpResponse, WebError> {
    let (id, key) = path.into_inner();
    let request = AnswerRequest {
        verdict: fields.verdict.clone(),
        word: fields.word.clone(),
    };
    let answering = visitor.act(move |op| {
        let project = reviews::answer_form(op, id, key)?.item.project;
        let verdict = reviews::answer(op, id, key, &request)?;
        let may_edit = op.actor().may(Action::EditKeys, Some(project.id));
        Ok((verdict, may_edit, project.slug))
    });
    let review = super::path(id);
    match answering.await {
        Ok((Verdict::Narrow, true, slug)) => {
            let edit = format!("{}/edit?scopes=used", keys::path(&slug, key));
            Ok(page::see_other(&edit))
        }
        Ok((Verdict::Revoke, ..)) => Ok(page::see_other(&format!("{review}?done=revoked"))),
        Ok(_) => Ok(page::see_other(&format!("{review}?done=answered"))),
        Err(DomainError::Invalid(errors)) => {
            let loading = visitor.view(move |op| reviews::answer_form(op, id, key));
            let (viewer, subject) = loading.await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, subject, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: AnswerForm,
    fields: AnswerFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let AnswerForm {
        review,
        item,
        evidence,
    } = subject;
    let back = super::path(review.id);
    let title = format!("{}: {}", review.title, evidence.label);
    let answer = item.item.answer;
    let page = AnswerPage {
        layout: Layout::new(viewer, Section::Reviews, None, title),
        path: format!("{back}/keys/{}", item.key.id),
        key_path: keys::path(&item.project.slug, item.key.id),
        passed: grouped(evidence.passed_90_days),
        may_edit: viewer.actor.may(Action::EditKeys, Some(item.project.id)),
        may_answer: item.may_answer,
        answered_at: answer.as_ref().map(|one| exact(one.at)).unwrap_or_default(),
        answer,
        due: exact(review.due_at),
        back,
        evidence,
        review,
        fields,
        errors: Errors(errors),
        verdicts: Verdict::VARIANTS,
    };
    page::full(status, &page)
}
