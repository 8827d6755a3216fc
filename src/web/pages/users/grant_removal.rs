//! The page that asks before a role is taken away, shared by a person's page and a project's.

use askama::Template;

use crate::access::Action;
use crate::records::Grant;
use crate::web::shared::page::Layout;

/// Shows the role, the place and the person, and what they lose.
#[derive(Template)]
#[template(path = "users/grant_removal.html")]
pub struct RemovalPage {
    pub layout: Layout,
    pub email: String,
    /// The role's title.
    pub role: String,
    /// The project's name; `None` is all projects.
    pub place: Option<String>,
    /// What they can no longer do.
    pub lost: Vec<&'static str>,
    /// Why it can't be taken away.
    pub obstacle: Option<String>,
    pub is_self: bool,
    /// Whether the visitor may no longer see the page they came from.
    pub loses_page: bool,
    /// The page with the grants, which the link back leads to.
    pub back: String,
    pub action: String,
    /// The one field of the form, and what it holds.
    pub field: &'static str,
    pub value: String,
}

/// What somebody can no longer do without `grant`: whatever none of their other grants that reach
/// as far allows.
pub fn lost(grant: &Grant, others: &[Grant]) -> Vec<&'static str> {
    let reaches = |other: &&Grant| {
        other.user_id == grant.user_id && grant.project_id.is_some() && other.project_id.is_none()
    };
    let actions = Action::ALL.iter().copied();
    actions
        .filter(|action| grant.role.may(*action))
        .filter(|action| {
            let mut still = others.iter().filter(reaches);
            !still.any(|other| other.role.may(*action))
        })
        .map(Action::description)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::Role;
    use std::slice::from_ref;
    use time::macros::datetime;

    fn grant(user_id: i64, project_id: Option<i64>, role: Role) -> Grant {
        Grant {
            user_id,
            project_id,
            role,
            created_by: "ana@example.com".into(),
            created_at: datetime!(2026-11-20 12:00),
        }
    }

    #[test]
    fn what_is_lost_is_what_no_grant_on_all_projects_allows() {
        let [see, verify, revoke, read, export, review] = [
            Action::SeeKeys,
            Action::VerifyKeys,
            Action::RevokeKeys,
            Action::ReadAudit,
            Action::ExportAudit,
            Action::OpenReviews,
        ]
        .map(Action::description);
        let support = grant(1, Some(1), Role::Support);
        assert_eq!(
            lost(&support, from_ref(&support)),
            [see, verify, revoke, read]
        );
        let elsewhere = grant(1, Some(2), Role::Support);
        let of_another = grant(2, None, Role::Owner);
        assert_eq!(
            lost(&support, &[elsewhere, of_another]),
            [see, verify, revoke, read]
        );
        let auditor = grant(1, None, Role::Auditor);
        assert_eq!(lost(&support, from_ref(&auditor)), [revoke]);
        assert_eq!(
            lost(&auditor, from_ref(&support)),
            [see, verify, read, export, review]
        );
    }
}
