//! What was just done to keys, for the message on the page that follows.

use serde::Deserialize;

use crate::web::shared::times::plural;

/// The parameters of a page's address that say it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Done {
    done: String,
    /// How many keys.
    keys: String,
}

impl Done {
    /// The message; `None` if nothing was done.
    pub fn in_words(&self) -> Option<String> {
        let keys = self.keys.parse().unwrap_or(1);
        Some(match self.done.as_str() {
            "edited" => "Changes saved. They apply from the next request.".into(),
            "created" => "Key created.".into(),
            "rotated" => "Key rotated.".into(),
            "revoked" if keys == 1 => "Key revoked. The next request with it fails.".into(),
            "revoked" => format!(
                "{} revoked. The next request with them fails.",
                plural(keys, "key")
            ),
            "handed-over" => format!("{} handed over.", plural(keys, "key")),
            _ => return None,
        })
    }
}
