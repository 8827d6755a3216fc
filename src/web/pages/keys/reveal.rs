//! `/projects/{p}/keys/{id}/reveal`: the one reveal of a new key's secret.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use keyward_key::PlainKey;

use super::view::KeyView;
use crate::clock::UtcTime;
use crate::domain::DomainError;
use crate::domain::keys::{self, RevealForm};
use crate::records::Project;
use crate::web::shared::form::{Form, NoFields};
use crate::web::shared::links::LinkOrigin;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::Moment;
use crate::web::shared::{Visitor, WebError, reveal};

#[derive(Template)]
#[template(path = "keys/reveal.html")]
struct RevealPage {
    layout: Layout,
    key: KeyView,
    /// Whole seconds the secret can still be revealed; `None` if it no longer can.
    seconds_left: Option<i64>,
    old: Option<OldKey>,
    is_active: bool,
    /// Whether it can be rotated, for a secret that nobody stored.
    may_rotate: bool,
    /// The key that replaced it.
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
    /// The key's page, which then says what was done.
    done: String,
    /// A command that asks this instance about the key in `API_KEY`.
    curl: String,
    old: Option<OldKey>,
}

/// The key that a new one replaces, while it still works.
struct OldKey {
    prefix: String,
    until: Moment,
}

impl OldKey {
    /// The key that the one of `form` replaces, if it still works and has an expiry.
    fn of(form: &RevealForm, now: UtcTime) -> Option<Self> {
        let old = form.replaced.as_ref()?;
        let works = form.project.archived_at.is_none() && old.is_active(now);
        let until = old.expires_at.filter(|_| works)?;
        Some(OldKey {
            prefix: old.prefix.clone(),
            until: Moment::new(until, now),
        })
    }
}

/// Shows what can be revealed, without using up the reveal.
pub async fn show(
    req: HttpRequest,
    visitor: Visitor,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let session = visitor.session.id.clone();
    let seal_key = reveal::seal_key(&req, &visitor, id);
    let loading =
        visitor.view(move |op| keys::reveal_form(op, &slug, id, &session, seal_key.as_ref()));
    let (viewer, form) = loading.await?;
    let old = OldKey::of(&form, viewer.now);
    let RevealForm {
        project,
        key,
        waits_until,
        ..
    } = form;
    let title = format!("Reveal {}", key.label);
    let layout = Layout::new(&viewer, Section::Keys, Some(&project), title);
    let is_active = project.archived_at.is_none() && key.is_active(viewer.now);
    let replaced_by = key.replaced_by;
    let key = KeyView::new(key, &project, &viewer.actor, viewer.now);
    let seconds_left = waits_until.map(|until| reveal::seconds_left(until, viewer.now));
    let page = RevealPage {
        layout,
        is_active,
        may_rotate: is_active && replaced_by.is_none(),
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
    _form: Form<NoFields>,
) -> Result<HttpResponse, WebError> {
    let (slug, id) = path.into_inner();
    let gone = format!("{}/reveal", super::path(&slug, id));
    let session = visitor.session.id.clone();
    let seal_key = reveal::seal_key(&req, &visitor, id);
    let revealing = visitor.view(move |op| {
        let form = keys::reveal_form(op, &slug, id, &session, seal_key.as_ref())?;
        let Some(seal_key) = seal_key.filter(|_| form.waits_until.is_some()) else {
            return Ok(None);
        };
        match keys::reveal(op, &form.project, id, &session, &seal_key) {
            Ok(revealed) => Ok(Some((form, revealed))),
            Err(DomainError::NotFound) => Ok(None),
            Err(error) => Err(error),
        }
    });
    let (viewer, revealed) = revealing.await?;
    // Too late: the page itself says so, and still does after a reload.
    let Some((form, revealed)) = revealed else {
        return Ok(page::see_other(&gone));
    };
    let old = OldKey::of(&form, viewer.now);
    let what = if form.replaced.is_some() {
        "rotated"
    } else {
        "created"
    };
    let done = format!("{}?done={what}", super::path(&form.project.slug, id));
    let RevealForm { project, key, .. } = form;
    let layout = Layout::new(&viewer, Section::Keys, Some(&project), key.label.clone());
    let page = RevealedPage {
        layout,
        key: KeyView::new(key, &project, &viewer.actor, viewer.now),
        secret: revealed.secret,
        done,
        curl: format!(
            r#"curl -i "{}/verify" -H "X-API-Key: $API_KEY""#,
            LinkOrigin::of(&req)
                .map(|link| link.origin)
                .unwrap_or_default()
        ),
        seconds_left: reveal::seconds_left(revealed.until, viewer.now),
        old,
    };
    Ok(page::full(StatusCode::OK, &page))
}
