//! `/projects/{p}/keys`: the list, with search, filters, sort and pages in the URL.

use actix_htmx::Htmx;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use askama::Template;
use form_urlencoded::Serializer;
use keyward_key::Environment;
use keyward_key::format::PREFIX_PAST_START;
use keyward_key::scope::EVERY_SCOPE;
use serde::Deserialize;

use super::view::KeyView;
use crate::access::Action;
use crate::db::key_list::{KeyFilter, Order, Seek, SortBy};
use crate::domain::counting::or_more;
use crate::domain::keys::{self, Attention, Slice};
use crate::domain::{projects, scopes};
use crate::records::{KeyState, Project};
use crate::web::pages::projects::ArchivedView;
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::times::{grouped, plural};
use crate::web::shared::{Visitor, WebError, cursor};

const PAGE: usize = 50;
/// Longer searches are cut to this many characters.
const MAX_SEARCH: usize = 200;
/// This many characters after an underscore look like a secret.
const SECRET_LIKE: usize = 20;

#[derive(Template)]
#[template(path = "keys/list.html", blocks = ["main"])]
struct ListPage {
    layout: Layout,
    project: Project,
    keys: Vec<KeyView>,
    query: ListQuery,
    states: &'static [KeyState],
    environments: &'static [Environment],
    scopes: Vec<String>,
    summary: String,
    columns: Vec<Column>,
    previous: Option<String>,
    next: Option<String>,
    /// The list without search and filters.
    clear: Option<String>,
    may_mint: bool,
    archived: Option<ArchivedView>,
}

/// A column, which may be sortable.
struct Column {
    title: &'static str,
    /// The list sorted by this column; in reverse if it already is.
    sort: Option<String>,
    /// `ascending` or `descending`, for the column it is sorted by.
    sorted: Option<&'static str>,
}

/// The parameters in the URL.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    state: String,
    environment: String,
    scope: String,
    sort: String,
    after: String,
    before: String,
}

pub async fn show(
    visitor: Visitor,
    htmx: Htmx,
    path: web::Path<String>,
    query: web::Query<ListQuery>,
) -> Result<HttpResponse, WebError> {
    let (slug, query) = (path.into_inner(), query.into_inner().tidied());
    let list = format!("/projects/{slug}/keys");
    let (filter, order) = (query.filter(), query.order());
    let own = query.at_start().url(&list);
    let seek = |cursor: &str, backwards| {
        let place = cursor::unbind(&own, cursor)?;
        cursor::decode(place, order.by, backwards)
    };
    let seek = seek(&query.after, false).or_else(|| seek(&query.before, true));
    let loading = visitor.view(move |op| {
        let project = projects::find(op, &slug)?;
        let slice = Slice {
            order,
            seek,
            skip: 0,
            limit: PAGE,
        };
        let page = keys::list(op, &project, &filter, &slice)?;
        let catalogue = scopes::catalogue(op, &project)?;
        let attention = keys::needing_attention(op, &project)?;
        Ok((project, page, catalogue, attention))
    });
    let (viewer, (project, found, catalogue, attention)) = loading.await?;
    if let Some(without_secret) = query.without_secret() {
        return Ok(page::see_other(&without_secret.url(&list)));
    }

    let turned = |seek: &Seek| {
        let mut turned = query.at_start();
        let cursor = cursor::bind(&own, &cursor::encode(seek));
        match seek.backwards {
            true => turned.before = cursor,
            false => turned.after = cursor,
        }
        turned.url(&list)
    };
    let now = viewer.now;
    let page = ListPage {
        layout: Layout::new(&viewer, Section::Keys, Some(&project), "API keys"),
        summary: summary(&project, &query, found.keys.len(), found.total, attention),
        columns: query.columns(&list),
        previous: found.previous.as_ref().map(turned),
        next: found.next.as_ref().map(turned),
        clear: query.is_filtered().then(|| ListQuery::default().url(&list)),
        may_mint: project.archived_at.is_none()
            && viewer.actor.may(Action::MintKeys, Some(project.id)),
        archived: ArchivedView::of(&project, now),
        keys: found
            .keys
            .into_iter()
            .map(|key| KeyView::new(key, &project, &viewer.actor, now))
            .collect(),
        states: KeyState::ALL,
        environments: Environment::ALL,
        scopes: catalogue
            .into_iter()
            .map(|scope| scope.name)
            .chain([EVERY_SCOPE.to_owned()])
            .collect(),
        project,
        query,
    };
    Ok(page::respond(&htmx, StatusCode::OK, &page, &page.as_main()))
}

/// The line under the title: what is here, and what needs attention.
fn summary(
    project: &Project,
    query: &ListQuery,
    shown: usize,
    total: i64,
    attention: Attention,
) -> String {
    let all = plural(project.key_count, "key");
    let here = if query.is_filtered() {
        format!("{}{} of {all} match", grouped(total), or_more(total))
    } else if i64::try_from(shown).is_ok_and(|shown| shown < total) {
        format!("{shown} of {all}")
    } else {
        all
    };
    let more = or_more(attention.expiring.max(attention.dormant));
    match attention.expiring + attention.dormant {
        _ if project.archived_at.is_some() => here,
        0 => here,
        1 => format!("{here} · 1 needs attention"),
        many => format!("{here} · {}{more} need attention", grouped(many)),
    }
}

impl ListQuery {
    fn tidied(mut self) -> Self {
        for text in [&mut self.q, &mut self.scope] {
            let plain = text.trim().chars().filter(|c| !c.is_control());
            *text = plain.take(MAX_SEARCH).collect();
        }
        self
    }

    fn is_filtered(&self) -> bool {
        [&self.q, &self.state, &self.environment, &self.scope]
            .iter()
            .any(|text| !text.is_empty())
    }

    /// The same search with every secret in it cut to its prefix, if it has any: a secret must not
    /// stay in an address bar.
    fn without_secret(&self) -> Option<Self> {
        let is_secret = |word: &str| without_secret_part(word).len() < word.len();
        let words = || self.q.split_whitespace();
        words().any(is_secret).then(|| ListQuery {
            q: words()
                .map(without_secret_part)
                .collect::<Vec<_>>()
                .join(" "),
            ..self.clone()
        })
    }

    fn filter(&self) -> KeyFilter {
        KeyFilter {
            project_id: 0,
            search: self.q.clone(),
            state: self.state.parse().ok(),
            environment: self.environment.parse().ok(),
            scope: Some(self.scope.clone()).filter(|scope| !scope.is_empty()),
            ..KeyFilter::default()
        }
    }

    fn order(&self) -> Order {
        let (descending, name) = match self.sort.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, self.sort.as_str()),
        };
        let by = match name {
            "label" => SortBy::Label,
            "expires" => SortBy::Expires,
            "used" => SortBy::LastUsed,
            "created" => SortBy::Created,
            _ => {
                return Order {
                    by: SortBy::Created,
                    descending: true,
                };
            }
        };
        Order { by, descending }
    }

    fn columns(&self, list: &str) -> Vec<Column> {
        let order = self.order();
        let sortable = |title, name: &str, by, first_descending| {
            let is_own = order.by == by;
            let descending = if is_own {
                !order.descending
            } else {
                first_descending
            };
            let sort = if descending {
                format!("-{name}")
            } else {
                name.to_owned()
            };
            let direction = if order.descending {
                "descending"
            } else {
                "ascending"
            };
            Column {
                title,
                sort: Some(
                    ListQuery {
                        sort,
                        ..self.at_start()
                    }
                    .url(list),
                ),
                sorted: is_own.then_some(direction),
            }
        };
        let plain = |title| Column {
            title,
            sort: None,
            sorted: None,
        };
        vec![
            sortable("Label", "label", SortBy::Label, false),
            plain("Key"),
            plain("Environment"),
            plain("Scopes"),
            sortable("Created", "created", SortBy::Created, true),
            sortable("Expires", "expires", SortBy::Expires, false),
            sortable("Last used", "used", SortBy::LastUsed, true),
            plain("State"),
        ]
    }

    fn at_start(&self) -> Self {
        ListQuery {
            after: String::new(),
            before: String::new(),
            ..self.clone()
        }
    }

    fn url(&self, list: &str) -> String {
        let mut query = Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("state", &self.state),
            ("environment", &self.environment),
            ("scope", &self.scope),
            ("sort", &self.sort),
            ("after", &self.after),
            ("before", &self.before),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        let query = query.finish();
        if query.is_empty() {
            list.to_owned()
        } else {
            format!("{list}?{query}")
        }
    }
}

/// `word` cut to its prefix, if it looks like a secret or most of one.
fn without_secret_part(word: &str) -> &str {
    let bare = word.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    match bare.rsplit_once('_') {
        Some((start, random)) if random.len() >= SECRET_LIKE && random.is_ascii() => {
            &bare[..start.len() + 1 + PREFIX_PAST_START]
        }
        _ => word,
    }
}

#[cfg(test)]
mod tests {
    use super::without_secret_part;

    #[test]
    fn what_looks_like_a_secret_is_cut_to_its_prefix() {
        let secret = format!("mk_live_{}", "a1B2c3D4".repeat(5));
        assert_eq!(without_secret_part(&secret), "mk_live_a1B2c3");
        let quoted = format!("\"{}\",", &secret[..40]);
        assert_eq!(without_secret_part(&quoted), "mk_live_a1B2c3");
        for word in [
            "mk_live_a1B2c3",
            "checkout",
            "ana_maria@example.com",
            "ключ_ключ",
        ] {
            assert_eq!(without_secret_part(word), word);
        }
    }
}
