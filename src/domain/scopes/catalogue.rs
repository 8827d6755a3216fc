//! Scope templates of scopes to start a project from.

use strum::VariantArray;

use crate::records::Scope;

/// A scope template.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray,
)]
#[strum(
    serialize_all = "lowercase",
    parse_err_ty = UnknownCatalogue,
    parse_err_fn = UnknownCatalogue::new
)]
pub enum Catalogue {
    /// Assets and analytics.
    Media,
    /// Live streams and recordings.
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
    /// Every catalogue, in the order pages offer them.
    pub const ALL: &[Catalogue] = Catalogue::VARIANTS;

    /// The word in forms and JSON.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The word on pages.
    pub fn title(self) -> &'static str {
        match self {
            Catalogue::Media => "Media",
            Catalogue::Streaming => "Streaming",
        }
    }

    /// The scopes it adds to a project.
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

/// The text is not the name of a scope template.
#[derive(Debug, thiserror::Error)]
#[error("a scope template is media or streaming")]
pub struct UnknownCatalogue;

impl UnknownCatalogue {
    fn new(_: &str) -> Self {
        UnknownCatalogue
    }
}
