//! The page that asks before a role is taken away, for a person's page and a project's alike.

use askama::Template;

use crate::db::grants::GrantRow;
use crate::domain::policy::{Action, Role};
use crate::web::page::Layout;

/// Names the role, the place and the person, and what they lose.
#[derive(Template)]
#[template(path = "users/grant_removal.html")]
pub struct RemovalPage {
    pub layout: Layout,
    pub email: String,
    /// The word for the role.
    pub role: String,
    /// The project's name; without one, it is all.
    pub place: Option<String>,
    /// What they can do no longer.
    pub lost: Vec<&'static str>,
    /// Why it can't be taken away.
    pub obstacle: Option<String>,
    pub is_self: bool,
    /// Whether the visitor may not see the page they came from any more.
    pub loses_page: bool,
    /// The page with the grants, to which the way leads back; the form's address begins with it.
    pub back: String,
    pub action: String,
    /// The one field of the form, and what it holds.
    pub field: &'static str,
    pub value: String,
}

/// What somebody can do no longer without `grant`: what none of their other grants that reach
/// as far allows.
pub fn lost(grant: &GrantRow, others: &[GrantRow]) -> Vec<&'static str> {
    let allows = |grant: &GrantRow, action| {
        let role = grant.role.parse::<Role>();
        role.is_ok_and(|role| role.may(action))
    };
    let reaches = |other: &&GrantRow| {
        other.user_id == grant.user_id && grant.project_id.is_some() && other.project_id.is_none()
    };
    Action::ALL
        .into_iter()
        .filter(|action| allows(grant, *action))
        .filter(|action| {
            let mut still = others.iter().filter(reaches);
            !still.any(|other| allows(other, *action))
        })
        .map(Action::description)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::slice::from_ref;
    use time::macros::datetime;

    fn grant(user_id: i64, project_id: Option<i64>, role: &str) -> GrantRow {
        GrantRow {
            user_id,
            project_id,
            role: role.into(),
            created_by: "ana@example.com".into(),
            created_at: datetime!(2026-11-20 12:00),
        }
    }

    #[test]
    fn what_is_lost_is_what_no_grant_on_all_projects_allows() {
        let (see, revoke, read) = (
            Action::SeeKeys.description(),
            Action::RevokeKeys.description(),
            Action::ReadAudit.description(),
        );
        let support = grant(1, Some(1), "support");
        assert_eq!(lost(&support, from_ref(&support)), [see, revoke, read]);
        let elsewhere = grant(1, Some(2), "support");
        let of_another = grant(2, None, "owner");
        assert_eq!(
            lost(&support, &[elsewhere, of_another]),
            [see, revoke, read]
        );
        let auditor = grant(1, None, "auditor");
        assert_eq!(lost(&support, from_ref(&auditor)), [revoke]);
        assert_eq!(lost(&auditor, from_ref(&support)), [see, read]);
    }
}
