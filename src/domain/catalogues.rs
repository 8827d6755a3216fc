//! Ready catalogues of scopes to start a project from.

use std::fmt;
use std::str::FromStr;

use super::archive_project::present;
use super::policy::{self, Action};
use super::{Actor, DomainError};
use crate::clock::UtcTime;
use crate::db::projects::Project;
use crate::db::scopes::{self, Scope};
use crate::db::{Connection, change, instances};

/// A ready catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Catalogue {
    Media,
    Streaming,
}

/// Name, description, and what it includes.
type Ready = (&'static str, &'static str, &'static [&'static str]);

const MEDIA: [Ready; 3] = [
    ("read:assets", "List and view assets, playback info", &[]),
    ("write:assets", "Upload, update, delete assets", &[]),
    ("read:analytics", "View analytics data and summaries", &[]),
];
const STREAMING: [Ready; 4] = [
    ("streams:read", "List and watch live streams", &[]),
    (
        "streams:write",
        "Start, stop and configure live streams",
        &["streams:read"],
    ),
    ("vod:read", "List and play recordings", &[]),
    (
        "vod:write",
        "Upload, edit and delete recordings",
        &["vod:read"],
    ),
];

impl Catalogue {
    pub const ALL: [Catalogue; 2] = [Catalogue::Media, Catalogue::Streaming];

    /// The word in forms and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Catalogue::Media => "media",
            Catalogue::Streaming => "streaming",
        }
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            Catalogue::Media => "Media",
            Catalogue::Streaming => "Streaming",
        }
    }

    /// Its scopes.
    pub fn scopes(self) -> Vec<Scope> {
        let ready: &[Ready] = match self {
            Catalogue::Media => &MEDIA,
            Catalogue::Streaming => &STREAMING,
        };
        let scopes = ready.iter().map(|(name, description, includes)| Scope {
            name: (*name).to_owned(),
            description: (*description).to_owned(),
            includes: includes.iter().map(|name| (*name).to_owned()).collect(),
        });
        scopes.collect()
    }
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text named no ready catalogue.
#[derive(Debug, thiserror::Error)]
#[error("a ready catalogue is media or streaming")]
pub struct UnknownCatalogue;

impl FromStr for Catalogue {
    type Err = UnknownCatalogue;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Catalogue::ALL
            .into_iter()
            .find(|catalogue| catalogue.as_str() == text)
            .ok_or(UnknownCatalogue)
    }
}

/// Adds those scopes of a ready catalogue that the project does not have yet.
///
/// # Errors
/// The actor may not, or the project is archived.
pub fn add_catalogue(
    conn: &mut Connection,
    actor: &Actor,
    project: &Project,
    catalogue: Catalogue,
    now: UtcTime,
) -> Result<(), DomainError> {
    policy::require(actor, Action::ManageProject, Some(project.id))?;
    present(conn, project)?;
    let before = scopes::of_project(conn, project.id)?;
    let has = |scope: &Scope| before.iter().any(|before| before.name == scope.name);
    if catalogue.scopes().iter().all(has) {
        // Whoever added them may have been cut off before every instance knew.
        return Ok(instances::settle_committed(conn)?);
    }
    change(conn, |tx| {
        present(tx.conn(), project)?;
        let before = scopes::of_project(tx.conn(), project.id)?;
        let is_new = |scope: &Scope| before.iter().all(|before| before.name != scope.name);
        let mut added = Vec::new();
        for scope in catalogue.scopes().into_iter().filter(is_new) {
            scopes::insert(tx, project.id, &scope)?;
            added.push(scope.name);
        }
        let mut entry = actor.project_entry("scopes.added", project, now);
        entry
            .details
            .insert("catalogue".into(), catalogue.as_str().into());
        entry.details.insert("scopes".into(), added.into());
        Ok(((), entry))
    })
}
