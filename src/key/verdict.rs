//! The verdict on a presented key: the table of outcomes, in the order they are decided.

use super::Environment;
use super::scope::{self, Inclusion};
use crate::clock::UtcTime;

/// How a verification ends. Each refusal has its own code and its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    Valid,
    Missing,
    Ambiguous,
    NotFound,
    Revoked,
    Expired,
    /// The key is for this environment, and the other one was required.
    WrongEnvironment(Environment),
    InsufficientScope,
}

impl Outcome {
    /// The HTTP status that `/verify` answers with.
    pub fn status(self) -> u16 {
        match self {
            Outcome::Valid => 200,
            Outcome::Ambiguous => 400,
            Outcome::Missing | Outcome::NotFound | Outcome::Revoked | Outcome::Expired => 401,
            Outcome::WrongEnvironment(_) | Outcome::InsufficientScope => 403,
        }
    }

    /// The code in answers and in usage counts.
    pub fn code(self) -> &'static str {
        match self {
            Outcome::Valid => "VALID",
            Outcome::Missing => "MISSING",
            Outcome::Ambiguous => "AMBIGUOUS",
            Outcome::NotFound => "NOT_FOUND",
            Outcome::Revoked => "REVOKED",
            Outcome::Expired => "EXPIRED",
            Outcome::WrongEnvironment(_) => "WRONG_ENVIRONMENT",
            Outcome::InsufficientScope => "INSUFFICIENT_SCOPE",
        }
    }

    /// The sentence in answers, word for word.
    pub fn detail(self) -> &'static str {
        match self {
            Outcome::Valid => "This API key may pass",
            Outcome::Missing => "Missing X-API-Key header",
            Outcome::Ambiguous => "Send one API key",
            Outcome::NotFound => "Invalid API key",
            Outcome::Revoked => "This API key has been revoked",
            Outcome::Expired => "This API key has expired",
            Outcome::WrongEnvironment(Environment::Test) => {
                "This API key is for the test environment"
            }
            Outcome::WrongEnvironment(Environment::Live) => {
                "This API key is for the live environment"
            }
            Outcome::InsufficientScope => "This API key lacks a required scope",
        }
    }
}

/// What is known of a key when it is presented.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownKey {
    pub id: i64,
    pub label: String,
    /// The slug of the key's project.
    pub project: String,
    pub environment: Environment,
    pub scopes: Vec<String>,
    /// The scopes of the project's catalogue that include others.
    pub inclusions: Vec<Inclusion>,
    pub expires_at: Option<UtcTime>,
    pub revoked: bool,
}

/// What a caller asks of a key, beyond being known and alive.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// The slug of the only project whose keys may pass.
    pub project: Option<String>,
    pub environment: Option<Environment>,
    /// One of these is enough, unless `all` is set. Empty asks for none.
    pub scopes: Vec<String>,
    pub all: bool,
}

/// Decides on a key whose secret was recognised, at the time `now`. A living key of another
/// project than the required one is answered as if it were unknown.
pub fn decide(key: &KnownKey, required: &Requirement, now: UtcTime) -> Outcome {
    if key.revoked {
        Outcome::Revoked
    } else if key.expires_at.is_some_and(|expiry| expiry <= now) {
        Outcome::Expired
    } else if required
        .project
        .as_ref()
        .is_some_and(|project| *project != key.project)
    {
        Outcome::NotFound
    } else if required
        .environment
        .is_some_and(|environment| environment != key.environment)
    {
        Outcome::WrongEnvironment(key.environment)
    } else if !has_scopes(key, required) {
        Outcome::InsufficientScope
    } else {
        Outcome::Valid
    }
}

fn has_scopes(key: &KnownKey, required: &Requirement) -> bool {
    let granted = |wanted: &String| scope::grants(&key.scopes, &key.inclusions, wanted);
    match required.all {
        true => required.scopes.iter().all(granted),
        false => required.scopes.is_empty() || required.scopes.iter().any(granted),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    fn key() -> KnownKey {
        KnownKey {
            id: 7,
            label: "Production backend".into(),
            project: "default".into(),
            environment: Environment::Test,
            scopes: vec!["read:assets".into(), "write:assets".into()],
            inclusions: vec![],
            expires_at: None,
            revoked: false,
        }
    }

    fn asking(scopes: &[&str], all: bool) -> Requirement {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Requirement {
            scopes,
            all,
            ..Requirement::default()
        }
    }

    #[test]
    fn a_good_key_passes() {
        assert_eq!(decide(&key(), &Requirement::default(), NOW), Outcome::Valid);
    }

    #[test]
    fn expiry_counts_from_its_very_moment() {
        let expired = KnownKey {
            expires_at: Some(NOW),
            ..key()
        };
        assert_eq!(
            decide(&expired, &Requirement::default(), NOW),
            Outcome::Expired
        );
        let alive = KnownKey {
            expires_at: Some(NOW + Duration::MICROSECOND),
            ..key()
        };
        assert_eq!(decide(&alive, &Requirement::default(), NOW), Outcome::Valid);
    }

    #[test]
    fn refusals_come_in_their_fixed_order() {
        let worst = KnownKey {
            revoked: true,
            expires_at: Some(NOW),
            ..key()
        };
        let mut required = asking(&["none"], false);
        required.environment = Some(Environment::Live);
        required.project = Some("other".into());
        assert_eq!(decide(&worst, &required, NOW), Outcome::Revoked);
        let expired = KnownKey {
            revoked: false,
            ..worst
        };
        assert_eq!(decide(&expired, &required, NOW), Outcome::Expired);
        let alive = KnownKey {
            expires_at: None,
            ..expired
        };
        assert_eq!(decide(&alive, &required, NOW), Outcome::NotFound);
        required.project = Some("default".into());
        let wrong = Outcome::WrongEnvironment(Environment::Test);
        assert_eq!(decide(&alive, &required, NOW), wrong);
        required.environment = Some(Environment::Test);
        assert_eq!(decide(&alive, &required, NOW), Outcome::InsufficientScope);
    }

    #[test]
    fn one_required_scope_is_enough_unless_all_are_asked_for() {
        let verdict = |scopes: &[&str], all| decide(&key(), &asking(scopes, all), NOW);
        assert_eq!(verdict(&["read:assets", "none"], false), Outcome::Valid);
        assert_eq!(
            verdict(&["read:assets", "none"], true),
            Outcome::InsufficientScope
        );
        assert_eq!(
            verdict(&["read:assets", "write:assets"], true),
            Outcome::Valid
        );
        assert_eq!(verdict(&["none"], false), Outcome::InsufficientScope);
    }
}
