//! `/projects/{p}/keys/{id}/reveal`: the one showing of a new key's secret.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::view::KeyView;
use crate::clock::UtcTime;
use crate::db::AnyConnection;
use crate::db::projects::Project;
use crate::domain::list_projects::find_project;
use crate::domain::policy::{self, Action};
use crate::domain::read_key::read_key;
use crate::domain::reveal_key::{reveal_key, waiting_until};
use crate::domain::{Actor, DomainError};
use crate::key::{Key, PlainKey};
use crate::web::form::Form;
use crate::web::page::{self, Layout, Section};
use crate::web::pages::logout::Nothing;
use crate::web::times::Moment;
use crate::web::{Visitor, WebError, reveal};

#[derive(Template)]
#[template(path = "keys/reveal.html")]
struct RevealPage {
    layout: Layout,
    key: KeyView,
    /// Whole seconds the secret still waits; without, it is gone.
    seconds_left: Option<i64>,
    old: Option<OldKey>,
    is_active: bool,
    may_replace: bool,
    /// The key that took its place.
    replaced_by: Option<i64>,
    project: Project,
}

#[derive(Template)]
#[template(path = "keys/revealed.html")]
struct RevealedPage {
    layout: Layout,
    key: KeyView,
    secret: PlainKey,
    seconds_left: i64,
    old: Option<OldKey>,
}

/// The key that a new one takes the place of, while it still works.
struct OldKey {
    prefix: String,
    until: Moment,
}

impl OldKey {
    /// The one that `key` replaces, if it still works and is to end.
    fn of(
        conn: &mut AnyConnection,
        actor: &Actor,
        project: &Project,
        key: &Key,
        now: UtcTime,
    ) -> Result<Option<Self>, DomainError> {
        let Some(id) = key.replaces else {
            return Ok(None);
        };
        let old = read_key(conn, actor, project, id)?;
        let works = project.archived_at.is_none() && old.is_active(now);
        let until = old.expires_at.filter(|_| works);
        Ok(until.map(|until| OldKey {
            prefix: old.prefix,
            until: Moment::new(until, now),
        }))
    }
}

/// Shows what can be revealed. Uses nothing up.
pub async fn show(
    req: HttpRequest,
    visitor: Visitor,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let session = visitor.session.id.clone();
    let seal_key = reveal::seal_key(&req, &visitor, id);
    let loading = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &slug)?;
        policy::require(actor, Action::MintKeys, Some(project.id))?;
        let key = read_key(conn, actor, &project, id)?;
        let until = waiting_until(conn, actor, &key, &session, seal_key.as_ref(), now)?;
        let old = OldKey::of(conn, actor, &project, &key, now)?;
        Ok((project, key, until, old))
    });
    let (project, key, until, old) = loading.await?;
    let title = format!("Reveal {}", key.label);
    let layout = Layout::new(&visitor, Section::Keys, Some(&project), title);
    let is_active = project.archived_at.is_none() && key.is_active(visitor.now);
    let replaced_by = key.replaced_by;
    let key = KeyView::new(key, &project, &visitor.actor, visitor.now);
    let seconds_left = until.map(|until| reveal::seconds_left(until, visitor.now));
    let page = RevealPage {
        layout,
        is_active,
        may_replace: is_active && replaced_by.is_none() && key.may_revoke,
        key,
        seconds_left,
        old,
        replaced_by,
        project,
    };
    Ok(page::full(StatusCode::OK, &page))
}

/// Shows the secret, once.
pub async fn submit(
    req: HttpRequest,
    visitor: Visitor,
    path: web::Path<(String, i64)>,
    _form: Form<Nothing>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let gone = format!("{}/reveal", super::path(&slug, id));
    let session = visitor.session.id.clone();
    let seal_key = reveal::seal_key(&req, &visitor, id);
    let revealing = visitor.act(move |conn, actor, now| {
        let project = find_project(conn, actor, &slug)?;
        let key = read_key(conn, actor, &project, id)?;
        policy::require(actor, Action::MintKeys, Some(project.id))?;
        let Some(seal_key) = seal_key else {
            return Ok(None);
        };
        let old = OldKey::of(conn, actor, &project, &key, now)?;
        match reveal_key(conn, actor, &project, id, &session, &seal_key, now) {
            Ok(revealed) => Ok(Some((project, key, old, revealed))),
            Err(DomainError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    });
    // Whoever comes too late is told so by the page itself, which a reload then shows again.
    let Some((project, key, old, revealed)) = revealing.await? else {
        return Ok(page::see_other(&gone));
    };
    let layout = Layout::new(&visitor, Section::Keys, Some(&project), key.label.clone());
    let page = RevealedPage {
        layout,
        key: KeyView::new(key, &project, &visitor.actor, visitor.now),
        secret: revealed.secret,
        seconds_left: reveal::seconds_left(revealed.until, visitor.now),
        old,
    };
    Ok(page::full(StatusCode::OK, &page))
}
