//! What an audit entry says, in words.

use std::fmt;

use serde_json::Value;

use crate::clock::parse_rfc3339;
use crate::domain::scopes::Catalogue;
use crate::records::{AuditEntry, RevokeReason, Role};
use crate::web::shared::times::{exact, plural};

/// How many keys one entry lists.
const LISTED: usize = 20;

/// What somebody did.
pub(super) struct Sentence {
    /// "created".
    pub did: String,
    /// What they did it to, if the verb alone doesn't say.
    pub subject: Option<String>,
    /// How it goes on: "to", "Default".
    pub rest: Option<(String, String)>,
}

impl Sentence {
    fn of(did: impl Into<String>) -> Self {
        Sentence {
            did: did.into(),
            subject: None,
            rest: None,
        }
    }

    fn about(self, subject: &str) -> Self {
        let subject = Some(subject.to_owned());
        Sentence { subject, ..self }
    }

    fn then(self, words: impl Into<String>, object: &str) -> Self {
        let rest = Some((words.into(), object.to_owned()));
        Sentence { rest, ..self }
    }
}

/// Who did it.
pub(super) fn actor(name: String) -> String {
    match name == "nobody" {
        true => "Somebody".into(),
        false => name,
    }
}

/// What they did. `project` is the name of the entry's project, if it has one.
pub(super) fn sentence(entry: &AuditEntry, project: Option<&str>, details: &Value) -> Sentence {
    let subject = entry.subject.as_str();
    let scope = details["scope"].as_str().unwrap_or("a scope");
    let place = project.unwrap_or("all projects");
    match &*entry.action {
        "grant.given" => Sentence::of("made")
            .about(subject)
            .then(format!("{} of", role(&details["role"])), place),
        "grant.taken" => Sentence::of(format!("removed the role {} on", role(&details["role"])))
            .about(place)
            .then("from", subject),
        "scope.created" => Sentence::of("added the scope")
            .about(scope)
            .then("to", subject),
        "scope.deleted" => Sentence::of("removed the scope")
            .about(scope)
            .then("from", subject),
        "scope.edited" => Sentence::of("edited the scope")
            .about(scope)
            .then("of", subject),
        "scopes.added" => Sentence::of(format!("added the {} to", ready(details))).about(subject),
        "user.sessions_ended" if entry.actor == entry.subject => {
            Sentence::of("ended sessions of their own")
        }
        action => match alone(action) {
            Some(words) => Sentence::of(words),
            None => Sentence::of(did(action)).about(subject),
        },
    }
}

/// Whether the sentence names the project.
pub(super) fn names_project(action: &str) -> bool {
    let noun = action.split('.').next().unwrap_or_default();
    matches!(noun, "grant" | "keys" | "project" | "scope" | "scopes")
}

/// Actions without an object, and the words for them.
fn alone(action: &str) -> Option<&'static str> {
    let words = match action {
        "instance.set_up" => "became the first owner",
        "session.ended" => "signed out",
        "session.started" => "signed in",
        "user.joined" => "joined",
        "user.password_changed" => "changed their own password",
        "user.times_chosen" => "chose the time zone of their pages",
        "user.password_chosen" => "chose a new password",
        _ => return None,
    };
    Some(words)
}

fn did(action: &str) -> &str {
    match action {
        "access.denied" => "was not allowed to",
        "audit.cut" => "deleted old entries of",
        "audit.exported" => "exported",
        "database.rolled_back" => "noticed that the database had lost",
        "key.created" => "created",
        "key.edited" => "edited",
        "key.looked_up" => "looked up",
        "key.replaced" => "replaced",
        "key.revealed" => "revealed",
        "key.revoked" => "revoked",
        "key.rotated" => "rotated",
        "keys.exported" => "exported keys of",
        "keys.imported" => "imported keys into",
        "project.archived" => "archived",
        "project.created" => "created the project",
        "project.edited" => "changed the settings of",
        "review.answered" => "answered in an access review for",
        "review.closed" => "closed the access review",
        "review.exported" => "exported the access review",
        "review.opened" => "opened the access review",
        "rollback.acknowledged" => "acknowledged the loss of",
        "session.refused" => "failed to sign in as",
        "token.created" => "created the personal token",
        "token.revealed" => "revealed the personal token",
        "token.revoked" => "revoked the personal token",
        "user.created" => "added",
        "user.disabled" => "disabled",
        "user.enabled" => "enabled",
        "user.invited" => "invited",
        "user.link_made" => "made a password link for",
        "user.password_reset" => "reset the password of",
        "user.sessions_ended" => "ended all sessions of",
        other => other,
    }
}

/// The rest of what the entry says.
pub(super) fn details(action: &str, details: &Value) -> Vec<String> {
    let text = |name: &str| details[name].as_str().map(str::to_owned);
    let only = |detail: Option<String>| -> Vec<String> { detail.into_iter().collect() };
    match action {
        "access.denied" | "session.refused" => refused_again(details),
        "audit.exported" | "keys.exported" => exported(details),
        "database.rolled_back" => rolled_back(details),
        "grant.given" => {
            let was = Some(&details["was"]).filter(|was| was.is_string());
            let was = was.filter(|was| **was != details["role"]);
            only(was.map(|was| format!("was {}", role(was))))
        }
        "key.edited" | "project.edited" | "scope.edited" => {
            let changes = changes(details).into_iter();
            changes.map(|change| change.to_string()).collect()
        }
        "key.replaced" | "key.rotated" => {
            let prefix = |name: &str| details[name].as_str().unwrap_or_default();
            vec![format!(
                "{}… → {}…",
                prefix("replaced_prefix"),
                prefix("key_prefix")
            )]
        }
        "key.revoked" => {
            let reason = details["reason"].as_str();
            let reason = reason.and_then(|reason| reason.parse::<RevokeReason>().ok());
            let reason = reason.map(|reason| reason.title().to_owned());
            reason.into_iter().chain(text("note")).collect()
        }
        "keys.imported" => only(details["count"].as_i64().map(|count| plural(count, "key"))),
        "project.archived" => {
            let count = details["keys"].as_i64();
            only(count.map(|count| format!("with {}", plural(count, "key"))))
        }
        "scopes.added" => vec![shown("scopes", &details["scopes"])],
        "token.created" => only(text("permissions")),
        "user.created" | "user.invited" => vec![format!("as {}", role(&details["role"]))],
        _ => Vec::new(),
    }
}

/// How many times it was refused within a minute, if it was more than once.
fn refused_again(details: &Value) -> Vec<String> {
    let Some(count) = details["count"].as_i64() else {
        return Vec::new();
    };
    let addresses = details["addresses"].as_array().filter(|all| all.len() > 1);
    let from = addresses.map(|_| format!("from {}", shown("", &details["addresses"])));
    let times = format!("{} more within a minute", plural(count, "time"));
    std::iter::once(times).chain(from).collect()
}

/// In which form, and with which filter.
fn exported(details: &Value) -> Vec<String> {
    let filter = details["filter"].as_object().into_iter().flatten();
    let filter = filter.map(|(name, value)| format!("{name}: {}", shown(name, value)));
    let format = details["format"].as_str().map(|format| match format {
        "csv" => "CSV".to_owned(),
        _ => "JSON Lines".to_owned(),
    });
    format.into_iter().chain(filter).collect()
}

/// How many entries were lost, and what was done about it.
fn rolled_back(details: &Value) -> Vec<String> {
    let missing = plural(details["missing"].as_i64().unwrap_or_default(), "change");
    let missing = match details["is_exact"] {
        Value::Bool(false) => format!("at least {missing}"),
        _ => missing,
    };
    let listed = |title: &str, items: &Value| {
        let items = items.as_array().filter(|items| !items.is_empty())?;
        let more = match items.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let first = shown("", &items.iter().take(LISTED).cloned().collect());
        Some(format!("{title}: {first}{more}"))
    };
    let ended = [
        listed("Keys revoked again", &details["revoked_keys"]),
        listed("Projects archived again", &details["archived_projects"]),
    ];
    std::iter::once(missing)
        .chain(ended.into_iter().flatten())
        .collect()
}

fn role(name: &Value) -> &str {
    let name = name.as_str().unwrap_or("a role");
    name.parse::<Role>().map_or(name, |role| role.title())
}

fn ready(details: &Value) -> String {
    let name = details["catalogue"].as_str().unwrap_or("ready");
    let title = name
        .parse::<Catalogue>()
        .map_or(name, |catalogue| catalogue.title());
    format!("{title} scopes")
}

/// What an edit did to a field.
pub(super) struct Change {
    /// "Rate limit".
    pub field: String,
    pub before: String,
    pub after: String,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {} → {}", self.field, self.before, self.after)
    }
}

/// What changed, each with the value before and after.
pub(super) fn changes(details: &Value) -> Vec<Change> {
    let changes = details["changes"].as_object().into_iter().flatten();
    let change = |(field, values): (&String, &Value)| Change {
        field: field_title(field).to_owned(),
        before: shown(field, &values[0]),
        after: shown(field, &values[1]),
    };
    changes.map(change).collect()
}

/// What an entry says besides what it changed, as name and value.
pub(super) fn others(details: &Value) -> Vec<(String, String)> {
    let all = details.as_object().into_iter().flatten();
    let others = all.filter(|(name, _)| *name != "changes");
    let titled = |name: &str| {
        let words = field_title(name).replace('_', " ");
        let mut letters = words.chars();
        let first = letters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(letters).collect()
    };
    others
        .map(|(name, value)| (titled(name), shown(name, value)))
        .collect()
}

fn field_title(field: &str) -> &str {
    match field {
        "label" => "Label",
        "scopes" => "Scopes",
        "expires_at" => "Expires",
        "rate_limit" => "Rate limit",
        "allowed_ips" => "Allowed addresses",
        "consumer" => "Consumer",
        "owner" => "Owner",
        "metadata" => "Metadata",
        "name" => "Name",
        "key_start" => "Key prefix",
        "environment_segment" => "Environments",
        "default_lifetime_days" => "Default lifetime",
        "max_lifetime_days" => "Maximum lifetime",
        "description" => "Description",
        "includes" => "Includes",
        other => other,
    }
}

fn shown(field: &str, value: &Value) -> String {
    match (field, value) {
        (_, Value::Null) => "none".into(),
        ("environment_segment", Value::Bool(true)) => "live and test".into(),
        ("environment_segment", Value::Bool(false)) => "one".into(),
        ("default_lifetime_days" | "max_lifetime_days", Value::Number(days)) => {
            plural(days.as_i64().unwrap_or_default(), "day")
        }
        (_, Value::String(text)) => match parse_rfc3339(text) {
            Some(at) => exact(at),
            None => text.clone(),
        },
        (_, Value::Array(items)) if items.is_empty() => "none".into(),
        (_, Value::Array(items)) => {
            let items: Vec<String> = items.iter().map(|item| shown(field, item)).collect();
            items.join(", ")
        }
        ("rate_limit", Value::Object(limit)) => {
            format!("{} in {} s", limit["requests"], limit["seconds"])
        }
        (_, Value::Object(fields)) => {
            let fields = fields.iter();
            let fields: Vec<String> = fields
                .map(|(name, value)| format!("{name}: {}", shown(name, value)))
                .collect();
            fields.join(", ")
        }
        (_, other) => other.to_string(),
    }
}
