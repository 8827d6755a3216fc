//! A person in JSON, as programs get them.

use serde::Serialize;
use utoipa::ToSchema;
use utoipa::openapi::ObjectBuilder;

use super::schema::one_of;
use crate::clock::rfc3339;
use crate::records::{Grant, Person, Project, Role, User};

/// A person, and what they have been given.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = User)]
pub struct UserJson {
    #[schema(examples(1))]
    pub id: i64,
    #[schema(examples("ana@example.com"))]
    pub email: String,
    #[schema(schema_with = state_schema)]
    pub state: &'static str,
    #[schema(value_type = String, format = DateTime, examples("2026-11-20T22:55:28Z"))]
    pub created_at: String,
    #[schema(required, value_type = Option<String>, format = DateTime,
        examples("2026-12-01T08:00:00Z"))]
    pub disabled_at: Option<String>,
    pub grants: Vec<UserGrantJson>,
}

/// A role that a person has on a project, or on all.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = UserGrant)]
pub struct UserGrantJson {
    /// The slug of the project; null is all.
    #[schema(required, examples("default"))]
    pub project: Option<String>,
    #[schema(schema_with = role_schema)]
    pub role: &'static str,
    #[schema(value_type = String, format = DateTime, examples("2026-11-20T22:55:28Z"))]
    pub created_at: String,
    /// Who gave it.
    #[schema(examples("ana@example.com"))]
    pub created_by: String,
}

impl UserJson {
    /// Describes `person`. `projects` are all projects, to look up slugs in.
    pub fn new(person: &Person, projects: &[Project]) -> Self {
        let user = &person.user;
        let grants = person.grants.iter();
        UserJson {
            id: user.id,
            email: user.email.clone(),
            state: state(user),
            created_at: rfc3339(user.created_at),
            disabled_at: user.disabled_at.map(rfc3339),
            grants: grants
                .map(|grant| UserGrantJson::new(grant, projects))
                .collect(),
        }
    }
}

impl UserGrantJson {
    fn new(grant: &Grant, projects: &[Project]) -> Self {
        let slug = |id: i64| {
            let project = projects.iter().find(|project| project.id == id);
            // Never null, which would mean all projects.
            project.map_or_else(|| id.to_string(), |project| project.slug.clone())
        };
        UserGrantJson {
            project: grant.project_id.map(slug),
            role: grant.role.as_str(),
            created_at: rfc3339(grant.created_at),
            created_by: grant.created_by.clone(),
        }
    }
}

const STATES: [&str; 3] = ["active", "invited", "disabled"];

fn state(user: &User) -> &'static str {
    let [active, invited, disabled] = STATES;
    match (user.disabled_at, user.joined_at) {
        (Some(_), _) => disabled,
        (None, None) => invited,
        (None, Some(_)) => active,
    }
}

fn state_schema() -> ObjectBuilder {
    one_of(
        STATES,
        "Who is invited has yet to choose a password; who is disabled can't sign in.",
    )
}

fn role_schema() -> ObjectBuilder {
    let words = Role::ALL.iter().map(|role| role.as_str());
    one_of(words, "What they may do there.")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::clock::UtcTime;

    const THEN: UtcTime = datetime!(2026-11-20 12:00);

    fn person(joined_at: Option<UtcTime>, disabled_at: Option<UtcTime>) -> Person {
        Person {
            user: User {
                id: 2,
                email: "ben@example.com".into(),
                password_hash: "secret".into(),
                disabled_at,
                created_at: THEN,
                joined_at,
                version: 1,
            },
            grants: vec![Grant {
                user_id: 2,
                project_id: None,
                role: Role::Auditor,
                created_by: "ana@example.com".into(),
                created_at: THEN,
            }],
        }
    }

    #[test]
    fn a_person_is_invited_until_they_joined_and_disabled_above_all() {
        for (joined, disabled, state) in [
            (None, None, "invited"),
            (Some(THEN), None, "active"),
            (Some(THEN), Some(THEN), "disabled"),
            (None, Some(THEN), "disabled"),
        ] {
            let json = UserJson::new(&person(joined, disabled), &[]);
            assert_eq!(json.state, state);
        }
    }

    #[test]
    fn a_grant_on_all_projects_has_null_for_one_and_no_hash_gets_out() {
        let json = UserJson::new(&person(Some(THEN), None), &[]);
        let json = serde_json::to_value(json).unwrap();
        assert_eq!(json["grants"][0]["project"], serde_json::Value::Null);
        assert_eq!(json["grants"][0]["role"], "auditor");
        assert!(!json.to_string().contains("secret"));
    }
}
