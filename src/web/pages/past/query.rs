//! Which moment of the past an address names.

use actix_web::http::StatusCode;
use form_urlencoded::Serializer;
use serde::Deserialize;

use crate::access::Action;
use crate::clock::UtcTime;
use crate::domain::past::{self, AsOf};
use crate::domain::{DomainError, FieldError, Op};
use crate::records::{Key, Project};
use crate::web::shared::times::{exact, grouped};

/// The parameters of the address, and of the form that leads to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct PastQuery {
    /// "2026-03-01".
    pub day: String,
    /// "14:30"; empty is the end of the day.
    pub time: String,
    pub state: String,
    /// A scope carried by its name, or `*`.
    pub scope: String,
    /// The email of whoever answered for it.
    pub owner: String,
    /// Keys with ids below this one.
    pub before: String,
}

impl PastQuery {
    /// The moment, as text; `None` if none is chosen.
    pub fn moment(&self) -> Option<String> {
        let (day, time) = (self.day.trim(), self.time.trim());
        match (day, time) {
            ("", _) => None,
            (day, "") => Some(day.to_owned()),
            (day, time) => Some(format!("{day}T{time}")),
        }
    }

    /// The same at the path `path`, without the filters.
    pub fn url(&self, path: &str) -> String {
        let all = [("day", &self.day), ("time", &self.time)];
        self.written(path, all.into_iter())
    }

    /// The list from the key `before` on.
    pub fn list_url(&self, path: &str, before: i64) -> String {
        let before = before.to_string();
        let all = [
            ("day", &self.day),
            ("time", &self.time),
            ("state", &self.state),
            ("scope", &self.scope),
            ("owner", &self.owner),
            ("before", &before),
        ];
        self.written(path, all.into_iter())
    }

    fn written<'a>(&self, path: &str, all: impl Iterator<Item = (&'a str, &'a String)>) -> String {
        let mut query = Serializer::new(String::new());
        query.extend_pairs(all.filter(|(_, value)| !value.is_empty()));
        format!("{path}?{}", query.finish())
    }
}

/// What every page of the past begins with.
pub struct PastView {
    pub query: PastQuery,
    /// The latest day that can be chosen.
    pub today: String,
    /// "2026-03-01 23:59:59 UTC"; `None` before one has chosen.
    pub as_of: Option<String>,
    /// "1,234".
    pub entry: String,
    /// The addresses of the same moment.
    pub keys_path: String,
    pub roles_path: String,
    /// What is wrong with what was chosen.
    pub error: Option<String>,
}

impl PastView {
    pub fn new(query: PastQuery, project: &Project, chosen: &Chosen, now: UtcTime) -> Self {
        let (as_of, error) = match chosen {
            Chosen::Nothing => (None, None),
            Chosen::Wrong(error) => (None, Some(error.detail.clone())),
            Chosen::Moment(as_of) => (Some(as_of), None),
        };
        PastView {
            today: now.date().to_string(),
            as_of: as_of.map(|as_of| exact(as_of.end - time::Duration::MICROSECOND)),
            entry: as_of.map(|as_of| grouped(as_of.entry)).unwrap_or_default(),
            keys_path: query.url(&path(project)),
            roles_path: query.url(&format!("{}/roles", path(project))),
            error,
            query,
        }
    }
}

/// What was chosen.
pub enum Chosen {
    Nothing,
    Wrong(FieldError),
    Moment(AsOf),
}

impl Chosen {
    /// What `moment`, the text of an address, names in the past of `project`.
    ///
    /// # Errors
    /// Whatever is not about the text.
    pub fn read(op: &mut Op, project: &Project, moment: Option<&str>) -> Result<Self, DomainError> {
        op.allow(Action::ExportAudit, project)?;
        let Some(text) = moment else {
            return Ok(Chosen::Nothing);
        };
        match past::as_of(op, project, text) {
            Ok(as_of) => Ok(Chosen::Moment(as_of)),
            Err(DomainError::Invalid(errors)) => {
                let first = errors.into_iter().next();
                Ok(first.map_or(Chosen::Nothing, Chosen::Wrong))
            }
            Err(error) => Err(error),
        }
    }

    /// The moment, if one was chosen.
    pub fn moment(&self) -> Option<&AsOf> {
        match self {
            Chosen::Moment(as_of) => Some(as_of),
            Chosen::Nothing | Chosen::Wrong(_) => None,
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            Chosen::Wrong(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Chosen::Nothing | Chosen::Moment(_) => StatusCode::OK,
        }
    }
}

/// From where a key could be used.
pub fn addresses(key: &Key) -> String {
    let networks: Vec<String> = key.allowed_ips.iter().map(ToString::to_string).collect();
    match networks.is_empty() {
        true => "anywhere".to_owned(),
        false => networks.join(", "),
    }
}

/// The path of a project's past.
pub fn path(project: &Project) -> String {
    format!("/projects/{}/past", project.slug)
}
