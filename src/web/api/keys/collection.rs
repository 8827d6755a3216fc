//! `/api/v1/projects/{project}/keys`: list and create.

use actix_web::{HttpRequest, HttpResponse};
use keyward_key::Environment;
use keyward_key::scope::{EVERY_SCOPE, can_be_required};
use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::path::{InProject, location};
use super::{as_json, id_of};
use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::db::key_search::MAX_WORDS;
use crate::domain::keys::{self, KeyDraft, Slice};
use crate::domain::{DomainError, FieldError, Op, projects};
use crate::http::details::sentence;
use crate::json::{KeyJson, NewKeyJson, RateLimitJson};
use crate::records::{Finding, Project, StateFilter};
use crate::web::api::base::answer::{self, Collection, Data};
use crate::web::api::base::bearer::Bearer;
use crate::web::api::base::body::Json;
use crate::web::api::base::error::ApiError;
use crate::web::api::base::idempotency::{self, Created};
use crate::web::api::base::paging::{self, From, Page};
use crate::web::api::base::query::Query;
use crate::web::api::base::types::{Time, never_null, null_is_empty, null_or};
use crate::web::shared::cursor;

/// Which keys to list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct KeysQuery {
    /// In the short form, the slug of the project; without it, the one the token is bound to, else
    /// `default`.
    #[param(ignore)]
    project: Option<String>,
    /// `working` (whatever passes), `active`, `dormant` (active, but unused for 90 days), `expiring`,
    /// `expired`, `revoked`, `tried` (ended, and presented since), `orphaned` (working, but its owner
    /// was disabled or has no role in the project any more) or `attention` (expiring, dormant,
    /// orphaned or still tried).
    #[param(value_type = Option<String>, example = "active")]
    state: Option<String>,
    /// `live` or `test`.
    #[param(value_type = Option<String>, example = "live")]
    environment: Option<String>,
    /// Keys that are let through where this scope is required: they carry it, a scope that
    /// includes it, or `*`. Revoked and expired keys are among them, unless `state` leaves them
    /// out.
    #[param(example = "read:assets")]
    scope: Option<String>,
    /// Keys that carry this scope by its name.
    #[param(example = "read:assets")]
    carries: Option<String>,
    /// Words that must all be found, each the beginning of a word of the name, of the prefix, of
    /// the consumer, or of the owner's or creator's email. A whole secret is refused: addresses are logged.
    q: Option<String>,
    /// Keys that this customer, tenant or service calls with.
    #[param(example = "tenant-42")]
    consumer: Option<String>,
    /// Keys that this person answers for: an email.
    #[param(example = "ana@example.com")]
    owner: Option<String>,
    /// What a review would ask about: `never-used`, `dormant`, `still-tried`, `no-expiry`,
    /// `every-scope`, `orphaned`, `one-network` (no address list, used from one network alone) or
    /// `never-rotated` (over 180 days old).
    #[param(value_type = Option<String>, example = "no-expiry")]
    finding: Option<String>,
    /// RFC 3339.
    #[param(value_type = Option<String>, format = DateTime)]
    created_after: Option<Time>,
    /// RFC 3339. Keys that were never used count from their creation.
    #[param(value_type = Option<String>, format = DateTime)]
    last_used_before: Option<Time>,
    /// `created_at`, `name`, `expires_at` or `last_used_at`; with `-` before it, the other way
    /// round. Without it `-created_at`: the newest first.
    #[param(example = "-created_at")]
    sort: Option<String>,
    /// How many records, 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
    /// The cursor of a page. Every page costs the same, however far.
    after: Option<String>,
    /// The position of the first record. Far positions cost more than cursors.
    #[param(minimum = 0)]
    start: Option<i64>,
}

/// A key to create.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Production Backend",
    "scopes": ["read:assets", "write:assets", "read:analytics"],
    "expires_at": null,
    "rate_limit": {"requests": 600, "seconds": 60},
    "allowed_ips": ["203.0.113.0/24"],
    "consumer": "tenant-42",
    "metadata": {"plan": "pro"}
}))]
pub struct NewKey {
    /// What people call it: 1 to 100 characters.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(required, value_type = String, min_length = 1, max_length = 100)]
    name: Option<String>,
    /// In the short form, the slug of the project; without it, the one the token is bound to, else
    /// `default`.
    #[schema(ignore)]
    project: Option<String>,
    /// Without it `live`.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    environment: Option<Environment>,
    /// Scopes of the project's catalogue, or `*` for every scope, also those added later.
    /// Without it `["*"]`.
    #[serde(default, deserialize_with = "never_null")]
    #[schema(nullable = false)]
    scopes: Option<Vec<String>>,
    /// Null is never. Without it, what the project says.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<Time>)]
    expires_at: Option<Option<Time>>,
    /// Null, or without it: the project's.
    rate_limit: Option<RateLimitJson>,
    /// Addresses or networks the key may be used from; empty, null, or without it: anywhere.
    #[serde(default, deserialize_with = "null_is_empty")]
    allowed_ips: Option<Vec<String>>,
    /// Who calls with it: a customer's or tenant's id, or a service's name; at most 255 characters.
    /// Verifications pass it on.
    #[schema(max_length = 255)]
    consumer: Option<String>,
    /// For the service behind it: at most 50 members, and 4,096 bytes without white space.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// The email of the person who answers for it, who must have a role in the project. Null is nobody;
    /// without it, it is you.
    #[serde(default, deserialize_with = "null_or")]
    #[schema(value_type = Option<String>)]
    owner: Option<Option<String>>,
}

/// List keys
#[utoipa::path(get, path = "/projects/{project}/keys", operation_id = "listKeys",
    tag = "keys",
    params(("project" = String, Path, example = "default"), KeysQuery),
    responses((status = 200, description = "A page of keys", body = Collection<KeyJson<'static>>)))]
pub async fn list(
    req: HttpRequest,
    bearer: Bearer,
    in_project: InProject,
    query: Query<KeysQuery>,
) -> Result<HttpResponse, ApiError> {
    let Query {
        fields: mut query,
        list,
    } = query;
    let mut errors = Vec::new();
    let slug = in_project.or_named(query.project.take(), &mut errors);
    let page = Page::read(
        &list,
        query.limit,
        query.after.as_deref(),
        query.start,
        &mut errors,
    );
    let order = query.order(&mut errors);
    let filter = query.filter(&mut errors);
    let (place, skip) = match &page.from {
        From::Position(start) => (None, *start),
        From::Cursor(_, place) => (Some(place.clone()), 0),
    };
    paging::all_right(errors)?;
    let limit = page.limit;
    let found = bearer
        .act(move |op| {
            let project = projects::find_or_own(op, slug.as_deref())?;
            refuse_secret(op, &project, &filter)?;
            let of = project.id.to_string();
            let seek = |place: String| {
                let place = cursor::unbind(&of, &place)?;
                cursor::decode(place, order.by, false)
            };
            let seek = match place.map(seek) {
                Some(None) => return Ok(None),
                seek => seek.flatten(),
            };
            let slice = Slice {
                order,
                seek,
                skip,
                limit,
            };
            let found = keys::list(op, &project, &filter, &slice)?;
            Ok(Some((project, found)))
        })
        .await?;
    let Some((project, found)) = found else {
        return Err(paging::wrong_cursor());
    };
    let start = page.start();
    let end = start.saturating_add(i64::try_from(found.keys.len()).unwrap_or(i64::MAX));
    let total = Some(found.total).filter(|_| !found.is_partial);
    let next = found.next.as_ref().map(|seek| {
        let position = usize::try_from(end).unwrap_or(usize::MAX);
        let place = cursor::bind(&project.id.to_string(), &cursor::encode(seek));
        page.cursor(position, &place)
    });
    let value = found
        .keys
        .iter()
        .map(|key| KeyJson::new(key, &project, bearer.now))
        .collect();
    Ok(answer::collection(&req, value, start, total, next))
}

/// A search that has a secret in it is refused, without repeating it.
fn refuse_secret(op: &mut Op, project: &Project, filter: &KeyFilter) -> Result<(), DomainError> {
    let pasted = keys::pasted(op, project, &filter.search)?;
    match pasted.is_some_and(|pasted| pasted.is_certain) {
        true => Err(DomainError::field(
            "q",
            "This has a secret in it, or more of one than its prefix. Addresses are logged: \
             search for the prefix, and replace the key if the whole secret was sent.",
        )),
        false => Ok(()),
    }
}

/// Create a key
///
/// The secret, `key`, is in this answer and nowhere else, ever.
#[utoipa::path(post, path = "/projects/{project}/keys", operation_id = "createKey",
    tag = "keys", request_body = NewKey,
    params(("project" = String, Path, example = "default"),
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 200,
        description = "A repeated call within 24 hours creates nothing and gets the same answer, \
                       without the secret")),
    responses((status = 201, description = "The new key, with its secret",
        body = Data<NewKeyJson<'static>>)))]
pub async fn create(
    req: HttpRequest,
    bearer: Bearer,
    in_project: InProject,
    body: Json<NewKey>,
) -> Result<HttpResponse, ApiError> {
    let mut new = body.fields;
    let mut unreadable = Vec::new();
    let slug = in_project.or_named(new.project.take(), &mut unreadable);
    let of = slug.clone();
    let allow = move |op: &mut Op| {
        let project = projects::find_or_own(op, of.as_deref())?;
        op.allow(Action::MintKeys, &project)
    };
    let in_path = in_project.0.clone();
    let location = |key: &Value| location(in_path.as_deref(), id_of(key));
    let creating = async |call| {
        let creating = bearer.act(move |op| {
            op.for_call(call);
            let project = projects::find_or_own(op, slug.as_deref())?;
            let environment = new.environment.unwrap_or(Environment::Live);
            let draft = KeyDraft {
                unreadable,
                ..new.draft(&project, op.now())
            };
            let minted = keys::mint_at_once(op, &project, environment, &draft)?;
            Ok((project, minted.key, minted.secret))
        });
        let (project, key, secret) = creating.await?;
        Ok(Created {
            data: as_json(&bearer, &project, &key),
            secret: Some(("key", secret.expose().to_owned().into())),
        })
    };
    idempotency::create(&req, &bearer, &body.raw, allow, location, creating).await
}

impl NewKey {
    fn draft(self, project: &Project, now: UtcTime) -> KeyDraft {
        let default = || {
            let days = project.default_lifetime_days?;
            Some(now + time::Duration::days(days))
        };
        KeyDraft {
            label: self.name.unwrap_or_default(),
            scopes: self.scopes.unwrap_or_else(|| vec![EVERY_SCOPE.to_owned()]),
            expires_at: match self.expires_at {
                None => default(),
                Some(at) => at.map(|at| at.0),
            },
            rate_limit: self.rate_limit.map(Into::into),
            allowed_ips: self.allowed_ips.unwrap_or_default(),
            consumer: self.consumer.unwrap_or_default(),
            metadata: self.metadata.unwrap_or_default(),
            owner: self.owner.map(Option::unwrap_or_default),
            unreadable: Vec::new(),
        }
    }
}

impl KeysQuery {
    fn filter(&self, errors: &mut Vec<FieldError>) -> KeyFilter {
        let words = self.q.as_deref().unwrap_or_default().split_whitespace();
        if words.count() > MAX_WORDS {
            let detail = format!("Search for at most {MAX_WORDS} words.");
            errors.push(FieldError::new("q", detail));
        }
        KeyFilter {
            project_id: 0,
            search: self.q.clone().unwrap_or_default(),
            state: one_of::<StateFilter>("state", self.state.as_deref(), errors),
            environment: one_of::<Environment>("environment", self.environment.as_deref(), errors),
            scope: required("scope", self.scope.as_deref(), errors),
            carries: Vec::from_iter(required("carries", self.carries.as_deref(), errors)),
            created_after: self.created_after.map(|at| at.0),
            last_used_before: self.last_used_before.map(|at| at.0),
            consumer: self.consumer.as_deref().map(without_nul),
            owner: self.owner.as_deref().map(without_nul),
            finding: one_of::<Finding>("finding", self.finding.as_deref(), errors),
            ..KeyFilter::default()
        }
    }

    fn order(&self, errors: &mut Vec<FieldError>) -> Order {
        let sort = self.sort.as_deref().unwrap_or("-created_at");
        let (descending, name) = match sort.strip_prefix('-') {
            Some(name) => (true, name),
            None => (false, sort),
        };
        let by = match name {
            "created_at" => SortBy::Created,
            "name" => SortBy::Label,
            "expires_at" => SortBy::Expires,
            "last_used_at" => SortBy::LastUsed,
            _ => {
                let detail = "Sort by created_at, name, expires_at or last_used_at.";
                errors.push(FieldError::new("sort", detail));
                SortBy::Created
            }
        };
        Order { by, descending }
    }
}

/// Postgres accepts no text with a NUL.
fn without_nul(text: &str) -> String {
    text.replace('\0', " ")
}

/// A scope that `/verify` can be asked for.
fn required(
    field: &'static str,
    text: Option<&str>,
    errors: &mut Vec<FieldError>,
) -> Option<String> {
    let text = text?;
    if !can_be_required(text) {
        let detail = "Write the name of a scope, such as read:assets, or *.";
        errors.push(FieldError::new(field, detail));
    }
    Some(text.to_owned())
}

fn one_of<T: std::str::FromStr<Err: std::fmt::Display>>(
    field: &'static str,
    text: Option<&str>,
    errors: &mut Vec<FieldError>,
) -> Option<T> {
    match text?.parse() {
        Ok(one) => Some(one),
        Err(error) => {
            errors.push(FieldError::new(field, sentence(&error.to_string())));
            None
        }
    }
}
