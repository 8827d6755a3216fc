//! What a key's page says first: how the key stands, in a sentence or two.

use crate::clock::UtcTime;
use crate::domain::keys::AfterEnd;
use crate::records::{Key, Project};
use crate::web::shared::times::{Moment, plural};

/// "Expired 8 days ago. 51 requests refused since, from 3 addresses."
pub fn standing(key: &Key, project: &Project, after: Option<AfterEnd>, now: UtcTime) -> String {
    let ago = |at| Moment::new(at, now).words;
    let used = match &key.last_use {
        None => "Never used.".to_owned(),
        Some(last) => match &last.ip {
            Some(ip) => format!("Last used {} from {ip}.", ago(last.at)),
            None => format!("Last used {}.", ago(last.at)),
        },
    };
    let tried = match after {
        None => String::new(),
        Some(AfterEnd { refused: 0, .. }) => "Not tried since.".into(),
        Some(AfterEnd { refused, addresses }) => {
            let last = key.tried_at.map(|at| format!(", last {}", ago(at)));
            let addresses = i64::try_from(addresses).unwrap_or(i64::MAX);
            let from = match addresses {
                0 => String::new(),
                1 => ", from 1 address".into(),
                many => format!(", from {many} addresses"),
            };
            let requests = plural(refused, "request");
            format!(
                "{requests} refused since{from}{}.",
                last.unwrap_or_default()
            )
        }
    };
    if let Some(revocation) = &key.revocation {
        let reason = revocation.reason.title();
        return format!(
            "Revoked {} by {}: {reason}. {tried}",
            ago(revocation.at),
            revocation.by
        );
    }
    if let Some(archived) = project.archived_at {
        return format!("Ended with its project {}. {tried}", ago(archived));
    }
    match key.expires_at {
        Some(expiry) if expiry <= now => format!("Expired {}. {tried}", ago(expiry)),
        Some(expiry) if key.replaced_by.is_some() => {
            format!("Rotated: ends {}. {used}", ago(expiry))
        }
        Some(expiry) => format!("{used} Expires {}.", ago(expiry)),
        None => format!("{used} Never expires."),
    }
}

#[cfg(test)]
mod tests {
    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::records::{LastUse, Revocation, RevokeReason};

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    #[test]
    fn a_key_that_ended_says_who_still_tries_it() {
        let project = Project::example();
        let key = Key {
            expires_at: Some(NOW - Duration::days(8)),
            tried_at: Some(NOW - Duration::minutes(5)),
            ..Key::example()
        };
        let after = Some(AfterEnd {
            refused: 51,
            addresses: 3,
        });
        assert_eq!(
            standing(&key, &project, after, NOW),
            "Expired 8 days ago. 51 requests refused since, from 3 addresses, last 5 min ago."
        );
        let revocation = Revocation {
            at: NOW - Duration::days(3),
            by: "ana@example.com".into(),
            reason: RevokeReason::Compromised,
            note: None,
        };
        let key = Key {
            revocation: Some(revocation),
            ..key
        };
        let after = Some(AfterEnd::default());
        assert_eq!(
            standing(&key, &project, after, NOW),
            "Revoked 3 days ago by ana@example.com: Compromised. Not tried since."
        );
    }

    #[test]
    fn a_key_that_works_says_who_used_it_last() {
        let project = Project::example();
        let key = Key::example();
        assert_eq!(
            standing(&key, &project, None, NOW),
            "Never used. Never expires."
        );
        let last_use = Some(LastUse {
            at: NOW - Duration::minutes(4),
            ip: Some("10.0.0.3".into()),
            user_agent: None,
        });
        let key = Key {
            last_use,
            expires_at: Some(NOW + Duration::days(20)),
            ..key
        };
        assert_eq!(
            standing(&key, &project, None, NOW),
            "Last used 4 min ago from 10.0.0.3. Expires in 20 days."
        );
    }
}
