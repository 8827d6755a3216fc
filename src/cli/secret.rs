//! `keyward rotate-secret`.

use serde::Serialize;

use super::{Arguments, Failure, in_json, print};
use crate::instance_secret::InstanceSecret;

/// What to set on every instance.
#[derive(Serialize)]
struct ToSetJson<'a> {
    secret: &'a str,
    previous_secret: &'a str,
}

/// Puts a new secret in place of the present one, or prints the one to set.
pub(super) fn rotate(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let config = arguments.config(None)?;
    let rotated = InstanceSecret::rotate(&config, super::clock().now())
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let Some(to_set) = rotated else {
        eprintln!(
            "There is a new secret. Start Keyward again; the one before stays valid for a day."
        );
        return Ok(());
    };
    let (secret, previous) = (&*to_set.secret, &*to_set.previous);
    eprintln!(
        "Set these on every instance, and start them again. The secret before stays valid for a \
         day."
    );
    let lines = match json {
        true => in_json(&ToSetJson {
            secret,
            previous_secret: previous,
        }),
        false => format!("KEYWARD_SECRET={secret}\nKEYWARD_PREVIOUS_SECRET='{previous}'"),
    };
    print(&lines)
}
