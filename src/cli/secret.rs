//! `keyward rotate-secret`.

use serde::Serialize;

use super::{Arguments, Failure, in_json, print};
use crate::instance_secret::InstanceSecret;

/// What to set on every instance.
#[derive(Serialize)]
struct ToSetJson<'a> {
    /// Null if a file has it, and nothing is to be set.
    secret: Option<&'a str>,
    previous_secret: Option<&'a str>,
}

/// Replaces the secret, or prints the new one if it has to be set.
pub(super) fn rotate(arguments: &Arguments, leaked: bool, json: bool) -> Result<(), Failure> {
    let config = arguments.config(&[])?;
    let rotated = InstanceSecret::rotate(&config, leaked, super::clock().now())
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let then = match leaked {
        true => "Every session and short-lived token ends then.",
        false => "The previous secret stays valid for a day.",
    };
    let Some(to_set) = rotated else {
        eprintln!("The secret was replaced. Restart Keyward to use it. {then}");
        let nothing = ToSetJson {
            secret: None,
            previous_secret: None,
        };
        return if json {
            print(&in_json(&nothing))
        } else {
            Ok(())
        };
    };
    eprintln!("Set this on every instance and restart them. {then}");
    let secret = &*to_set.secret;
    let previous_secret = to_set.previous.as_ref().map(|previous| previous.as_str());
    if json {
        return print(&in_json(&ToSetJson {
            secret: Some(secret),
            previous_secret,
        }));
    }
    print(&format!("KEYWARD_SECRET={secret}"))?;
    match previous_secret {
        Some(previous) => print(&format!("KEYWARD_PREVIOUS_SECRET='{previous}'")),
        None => Ok(()),
    }
}
