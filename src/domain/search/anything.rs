//! Find keys, projects and people by anything: words, a prefix, a whole secret, or a text around one.

use keyward_key::KeyDigest;

use crate::access::Action;
use crate::db::key_list::{KeyFilter, Order, SortBy};
use crate::db::keys as stored;
use crate::domain::keys::{self, Slice};
use crate::domain::{DomainError, Op, projects, users};
use crate::records::{Key, Project, User};

/// So many keys are named in all, and of each project.
const KEYS: usize = 12;
/// So many projects and people are named.
const OTHERS: usize = 5;
/// So much of a text is looked through, in bytes.
const MOST: usize = 32 * 1024;

/// What was found.
#[derive(Debug, Default)]
pub struct Found {
    /// Keys whose secrets stand in the text or, without any, keys that match its words.
    pub keys: Vec<(Project, Key)>,
    /// Projects by name.
    pub projects: Vec<Project>,
    /// People by email, for those who manage people.
    pub people: Vec<User>,
    /// What was searched for, instead of a text that has a secret in it.
    pub instead: Option<String>,
}

/// What `text` finds in everything that the actor may see.
///
/// # Errors
/// The database fails.
pub fn search(op: &mut Op, text: &str) -> Result<Found, DomainError> {
    let text = cut(text.trim());
    let mut known = projects::list(op)?;
    known.retain(|project| op.actor().may(Action::SeeKeys, Some(project.id)));
    let by_secret = by_secret(op, &known, text)?;
    if !by_secret.is_empty() {
        let prefixes: Vec<String> = by_secret
            .iter()
            .map(|(_, key)| key.prefix.clone())
            .collect();
        return Ok(Found {
            instead: Some(prefixes.join(", ")),
            keys: by_secret,
            ..Found::default()
        });
    }
    let mut instead = None;
    for project in &known {
        if let Some(pasted) = keys::pasted(op, project, text)? {
            instead = Some(pasted.instead);
            break;
        }
    }
    if instead.is_none() && keys::may_hold_secret(text) {
        // Somebody's secret, and of no project here.
        instead = Some(String::new());
    }
    let words = instead.as_deref().unwrap_or(text);
    if words.is_empty() {
        return Ok(Found {
            instead,
            ..Found::default()
        });
    }
    let found = by_words(op, &known, words)?;
    Ok(Found { instead, ..found })
}

/// The keys whose secrets stand in the text.
fn by_secret(
    op: &mut Op,
    known: &[Project],
    text: &str,
) -> Result<Vec<(Project, Key)>, DomainError> {
    let digests: Vec<KeyDigest> = keys::secrets_in(text).map(KeyDigest::of).collect();
    let mut found = Vec::new();
    for some in digests.chunks(500) {
        for (_, key) in stored::with_digests(op.conn(), some)? {
            let project = known.iter().find(|project| project.id == key.project_id);
            if let Some(project) = project {
                keys::note_look_up(op, &key)?;
                found.push((project.clone(), op.refused().note_on(key)));
            }
        }
    }
    Ok(found)
}

fn by_words(op: &mut Op, known: &[Project], words: &str) -> Result<Found, DomainError> {
    let slice = Slice {
        order: Order {
            by: SortBy::LastUsed,
            descending: true,
        },
        seek: None,
        skip: 0,
        limit: KEYS,
    };
    let filter = KeyFilter {
        search: words.to_owned(),
        ..KeyFilter::default()
    };
    let mut keys = Vec::new();
    for project in known {
        let page = keys::list(op, project, &filter, &slice)?;
        keys.extend(page.keys.into_iter().map(|key| (project.clone(), key)));
    }
    // Those that work, the latest used first.
    let now = op.now();
    keys.sort_by_key(|(_, key)| {
        let used = key.last_use.as_ref().map(|last| last.at);
        (!key.is_active(now), std::cmp::Reverse(used))
    });
    keys.truncate(KEYS);
    let folded = words.to_lowercase();
    let is_named = |project: &&Project| {
        project.name.to_lowercase().contains(&folded) || project.slug.contains(&folded)
    };
    let people = match op.actor().may(Action::ManageUsers, None) {
        true => users::list(op)?,
        false => Vec::new(),
    };
    let people = people.into_iter().map(|person| person.user);
    let people = people.filter(|user| user.email.contains(&folded));
    Ok(Found {
        keys,
        projects: known
            .iter()
            .filter(is_named)
            .take(OTHERS)
            .cloned()
            .collect(),
        people: people.take(OTHERS).collect(),
        instead: None,
    })
}

/// The beginning of a long text.
fn cut(text: &str) -> &str {
    let mut end = text.len().min(MOST);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
