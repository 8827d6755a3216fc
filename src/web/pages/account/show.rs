//! `/account`: one's own password, sessions and personal tokens.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::sessions::SessionView;
use super::tokens::TokenView;
use crate::domain::FieldError;
use crate::domain::own_account::list_sessions;
use crate::domain::tokens::{is_waiting, list_tokens};
use crate::web::page::{self, Layout, Section};
use crate::web::pages::Errors;
use crate::web::times::plural;
use crate::web::{Visitor, WebError};

#[derive(Template)]
#[template(path = "account/show.html")]
struct AccountPage {
    layout: Layout,
    /// "2 sessions · 1 active token".
    summary: String,
    sessions: Vec<SessionView>,
    has_others: bool,
    tokens: Vec<TokenRow>,
    /// Of the form for another password.
    errors: Errors,
    flash: Option<&'static str>,
}

/// A row of the list of tokens.
struct TokenRow {
    token: TokenView,
    /// Its secret was not shown yet, and can be in this session.
    is_waiting: bool,
}

/// What was just done here.
#[derive(Deserialize)]
pub struct AccountQuery {
    done: Option<String>,
}

/// The page.
pub async fn show(
    visitor: Visitor,
    query: web::Query<AccountQuery>,
) -> Result<HttpResponse, WebError> {
    let flash = query.done.as_deref().and_then(flash);
    account(&visitor, StatusCode::OK, vec![], flash).await
}

fn flash(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("Password changed. Your other sessions have ended."),
        "session" => Some("The session has ended."),
        "sessions" => Some("Your other sessions have ended."),
        "token" => Some("Token revoked. The next request with it fails."),
        _ => None,
    }
}

/// The page, with what is wrong with the form for another password, or what was just done.
pub(super) async fn account(
    visitor: &Visitor,
    status: StatusCode,
    errors: Vec<FieldError>,
    flash: Option<&'static str>,
) -> Result<HttpResponse, WebError> {
    let (user, session) = (visitor.session.user_id, visitor.session.id.clone());
    let loading = visitor.act(move |conn, actor, now| {
        let sessions = list_sessions(conn, actor)?;
        let mut tokens = Vec::new();
        for token in list_tokens(conn, actor, user)? {
            let is_waiting = token.is_active(now) && is_waiting(conn, &token, &session, now)?;
            tokens.push((token, is_waiting));
        }
        Ok((sessions, tokens))
    });
    let (sessions, tokens) = loading.await?;
    let sessions = SessionView::all(sessions, &visitor.session, visitor.now);
    let in_words = |(token, is_waiting)| TokenRow {
        token: TokenView::new(token, &visitor.projects, visitor.now),
        is_waiting,
    };
    let tokens: Vec<_> = tokens.into_iter().map(in_words).collect();
    let active = tokens.iter().filter(|row| row.token.is_active).count();
    let page = AccountPage {
        layout: Layout::new(visitor, Section::Account, None, "Account"),
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
    Ok(page::full(status, &page))
}

fn counted(count: usize, noun: &str) -> String {
    plural(i64::try_from(count).unwrap_or(i64::MAX), noun)
}
