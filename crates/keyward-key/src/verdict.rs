//! The verdict on a presented key: the table of outcomes, in the order they are decided.

use std::net::IpAddr;

use ipnet::IpNet;

use super::Environment;
use super::scope::Granted;

/// How a verification ends. Each refusal has its own code and its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The key may pass.
    Valid,
    /// There is no key in the request.
    Missing,
    /// There are two different keys, or something that others could read as a second one.
    Ambiguous,
    /// Malformed, unknown, or of another project than the required one.
    NotFound,
    /// It was revoked, or its project archived.
    Revoked,
    /// Its expiry has passed.
    Expired,
    /// The key is for this environment, and the other one was required.
    WrongEnvironment(Environment),
    /// The client's address is not on the key's list.
    IpNotAllowed,
    /// It lacks a required scope.
    InsufficientScope,
    /// It is over its rate limit.
    RateLimited,
}

impl Outcome {
    /// The HTTP status that `/verify` answers with.
    pub fn status(self) -> u16 {
        match self {
            Outcome::Valid => 200,
            Outcome::Ambiguous => 400,
            Outcome::Missing | Outcome::NotFound | Outcome::Revoked | Outcome::Expired => 401,
            Outcome::WrongEnvironment(_) | Outcome::IpNotAllowed | Outcome::InsufficientScope => {
                403
            }
            Outcome::RateLimited => 429,
        }
    }

    /// The code in answers and in usage counts.
    pub fn code(self) -> &'static str {
        self.into()
    }

    /// The words on pages for the refusal with this code.
    pub fn title_of(code: &str) -> &'static str {
        match code {
            "REVOKED" => "Revoked",
            "EXPIRED" => "Expired",
            "NOT_FOUND" => "Asked for by another project",
            "WRONG_ENVIRONMENT" => "Wrong environment",
            "IP_NOT_ALLOWED" => "Address not allowed",
            "INSUFFICIENT_SCOPE" => "Scope missing",
            "RATE_LIMITED" => "Over its rate limit",
            _ => "Refused",
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
            Outcome::IpNotAllowed => "This API key may not be used from this address",
            Outcome::InsufficientScope => "This API key lacks a required scope",
            Outcome::RateLimited => "Rate limit exceeded",
        }
    }
}

/// A key whose secret was recognised: the part of it that the verdict depends on.
#[derive(Clone, Copy, Debug)]
pub struct Presented<'a> {
    /// The slug of the key's project.
    pub project: &'a str,
    /// Whether the key is for live requests or for tests.
    pub environment: Environment,
    /// What its scopes come to.
    pub granted: &'a Granted,
    /// Networks it may be used from; empty is anywhere.
    pub allowed_ips: &'a [IpNet],
    /// Its expiry has passed.
    pub expired: bool,
    /// It was revoked, or its project archived.
    pub revoked: bool,
}

/// The most scopes that one question may name.
pub const MAX_REQUIRED_SCOPES: usize = 50;

/// What a caller requires of a key, besides that it exists and works.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// The slug of the only project whose keys may pass.
    pub project: Option<String>,
    /// The only environment whose keys may pass.
    pub environment: Option<Environment>,
    /// One of these is enough, unless `all` is set. Empty asks for none.
    pub scopes: Vec<String>,
    /// All of the scopes are required.
    pub all: bool,
}

/// Decides on a key that is presented from `client_ip`. A working key of a project other than the
/// required one is treated as unknown. For a valid key, only its rate limit is left to check.
pub fn decide(key: &Presented, required: &Requirement, client_ip: Option<IpAddr>) -> Outcome {
    if key.revoked {
        Outcome::Revoked
    } else if key.expired {
        Outcome::Expired
    } else if required
        .project
        .as_ref()
        .is_some_and(|project| project != key.project)
    {
        Outcome::NotFound
    } else if required
        .environment
        .is_some_and(|environment| environment != key.environment)
    {
        Outcome::WrongEnvironment(key.environment)
    } else if !is_allowed(key.allowed_ips, client_ip) {
        Outcome::IpNotAllowed
    } else if !has_scopes(key, required) {
        Outcome::InsufficientScope
    } else {
        Outcome::Valid
    }
}

/// An unknown address is on no list.
fn is_allowed(networks: &[IpNet], client_ip: Option<IpAddr>) -> bool {
    let on_list = |ip: IpAddr| networks.iter().any(|network| network.contains(&ip));
    networks.is_empty() || client_ip.is_some_and(on_list)
}

fn has_scopes(key: &Presented, required: &Requirement) -> bool {
    let granted = |wanted: &String| key.granted.has(wanted);
    match required.all {
        true => required.scopes.iter().all(granted),
        false => required.scopes.is_empty() || required.scopes.iter().any(granted),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const SCOPES: [&str; 2] = ["read:assets", "write:assets"];

    fn scopes() -> Granted {
        Granted::resolve(SCOPES.into_iter(), &Arc::default())
    }

    fn good(granted: &Granted) -> Presented<'_> {
        Presented {
            project: "default",
            environment: Environment::Test,
            granted,
            allowed_ips: &[],
            expired: false,
            revoked: false,
        }
    }

    fn verdict(key: &Presented, required: &Requirement) -> Outcome {
        decide(key, required, Some("203.0.113.7".parse().unwrap()))
    }

    fn asking(scopes: &[&str], all: bool) -> Requirement {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        Requirement {
            scopes,
            all,
            ..Requirement::default()
        }
    }

    fn networks(list: &[&str]) -> Vec<IpNet> {
        list.iter()
            .map(|network| network.parse().unwrap())
            .collect()
    }

    #[test]
    fn a_good_key_passes() {
        let verdict = verdict(&good(&scopes()), &Requirement::default());
        assert_eq!(verdict, Outcome::Valid);
    }

    #[test]
    fn refusals_come_in_their_fixed_order() {
        let (scopes, elsewhere) = (scopes(), networks(&["10.0.0.0/8"]));
        let (live, test) = (Environment::Live, Environment::Test);
        let outcome = |revoked, expired, project: &str, environment, allowed_ips: &[IpNet]| {
            let mut required = asking(&["none"], false);
            required.project = Some(project.into());
            required.environment = Some(environment);
            let key = Presented {
                revoked,
                expired,
                allowed_ips,
                ..good(&scopes)
            };
            verdict(&key, &required)
        };
        assert_eq!(
            outcome(true, true, "other", live, &elsewhere),
            Outcome::Revoked
        );
        assert_eq!(
            outcome(false, true, "other", live, &elsewhere),
            Outcome::Expired
        );
        assert_eq!(
            outcome(false, false, "other", live, &elsewhere),
            Outcome::NotFound
        );
        let wrong = Outcome::WrongEnvironment(Environment::Test);
        assert_eq!(outcome(false, false, "default", live, &elsewhere), wrong);
        assert_eq!(
            outcome(false, false, "default", test, &elsewhere),
            Outcome::IpNotAllowed
        );
        assert_eq!(
            outcome(false, false, "default", test, &[]),
            Outcome::InsufficientScope
        );
    }

    #[test]
    fn an_address_is_allowed_by_a_network_of_its_own_family() {
        let from = |list: &[&str], ip: Option<&str>| {
            is_allowed(&networks(list), ip.map(|ip| ip.parse().unwrap()))
        };
        assert!(from(&[], None));
        assert!(from(&["203.0.113.0/24"], Some("203.0.113.7")));
        assert!(from(&["10.0.0.0/8", "2001:db8::/32"], Some("2001:db8::7")));
        assert!(!from(&["203.0.113.8/32"], Some("203.0.113.7")));
        assert!(!from(&["0.0.0.0/0"], Some("2001:db8::7")));
        assert!(!from(&["0.0.0.0/0"], None));
    }

    #[test]
    fn one_required_scope_is_enough_unless_all_are_asked_for() {
        let held = scopes();
        let outcome = |scopes: &[&str], all| verdict(&good(&held), &asking(scopes, all));
        assert_eq!(outcome(&["read:assets", "none"], false), Outcome::Valid);
        assert_eq!(
            outcome(&["read:assets", "none"], true),
            Outcome::InsufficientScope
        );
        assert_eq!(outcome(&SCOPES, true), Outcome::Valid);
        assert_eq!(outcome(&["none"], false), Outcome::InsufficientScope);
    }
}
