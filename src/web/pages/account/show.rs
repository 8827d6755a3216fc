//! `/account`: your own password, sessions and personal tokens.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::sessions::SessionView;
use super::tokens::TokenView;
use crate::domain::{DomainError, FieldError, account, tokens};
use crate::records::{StoredSession, Token};
use crate::web::shared::form::Errors;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::session::SignedIn;
use crate::web::shared::times::plural;
use crate::web::shared::{Viewer, Visitor, WebError};

#[derive(Template)]
#[template(path = "account/show.html")]
struct AccountPage {
    layout: Layout,
    /// "2 sessions · 1 active token".
    summary: String,
    sessions: Vec<SessionView>,
    has_others: bool,
    tokens: Vec<TokenRow>,
    /// Errors in the form that changes the password.
    errors: Errors,
    flash: Option<&'static str>,
}

struct TokenRow {
    token: TokenView,
    /// Whether its secret can still be revealed in this session.
    is_waiting: bool,
}

/// What the page is about.
pub(super) struct Subject {
    sessions: Vec<StoredSession>,
    /// Each with whether its secret can still be revealed in this session.
    tokens: Vec<(Token, bool)>,
    /// The session that the page was requested in.
    own: SignedIn,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct AccountQuery {
    done: Option<String>,
}

pub async fn show(
    visitor: Visitor,
    query: web::Query<AccountQuery>,
) -> Result<HttpResponse, WebError> {
    let (viewer, subject) = load(&visitor).await?;
    let flash = query.done.as_deref().and_then(flash);
    Ok(form(&viewer, StatusCode::OK, subject, vec![], flash))
}

fn flash(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("Password changed. Your other sessions have ended."),
        "session" => Some("The session has ended."),
        "sessions" => Some("Your other sessions have ended."),
        "times" => Some("Saved."),
        "token" => Some("Token revoked. The next request with it fails."),
        _ => None,
    }
}

/// Finds the visitor's sessions and personal tokens.
///
/// # Errors
/// The visitor may no longer act.
pub(super) async fn load(visitor: &Visitor) -> Result<(Viewer, Subject), DomainError> {
    let own = visitor.session.clone();
    let loading = visitor.view(move |op| {
        let sessions = account::list_sessions(op)?;
        let mut tokens = Vec::new();
        for token in tokens::list(op, own.user_id)? {
            let is_waiting = token.is_active(op.now()) && tokens::is_waiting(op, &token, &own.id)?;
            tokens.push((token, is_waiting));
        }
        Ok(Subject {
            sessions,
            tokens,
            own,
        })
    });
    loading.await
}

/// The page, with the errors in the form that changes the password, or what was just done.
pub(super) fn form(
    viewer: &Viewer,
    status: StatusCode,
    subject: Subject,
    errors: Vec<FieldError>,
    flash: Option<&'static str>,
) -> HttpResponse {
    let sessions = SessionView::all(subject.sessions, &subject.own, viewer.now);
    let in_words = |(token, is_waiting)| TokenRow {
        token: TokenView::new(token, &viewer.projects, viewer.now),
        is_waiting,
    };
    let tokens: Vec<_> = subject.tokens.into_iter().map(in_words).collect();
    let active = tokens.iter().filter(|row| row.token.is_active).count();
    let page = AccountPage {
        layout: Layout::new(viewer, Section::Account, None, "Account"),
        summary: format!(
            "{} · {}",
            counted(sessions.len(), "session"),
            counted(active, "active token")
        ),
        has_others: sessions.iter().any(|session| !session.is_own),
        sessions,
        tokens,
        errors: Errors(errors),
        flash,
    };
    page::full(status, &page)
}

fn counted(count: usize, noun: &str) -> String {
    plural(i64::try_from(count).unwrap_or(i64::MAX), noun)
}
