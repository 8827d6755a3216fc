//! Every call of the management API as every role.

use keyward::records::Role;

use super::{EVERYONE, MINTERS, NO_SUCH_PERSON, OWNERS};
use crate::app::{Api, TestApp};

/// Who may call what in the management API: method, route, a body, and the status for each role in
/// the order of `Role::ALL`. `409` and `422` come from the use case: whoever gets them was let in.
type ApiRule = (&'static str, &'static str, &'static str, [u16; 5]);

const READERS_OF_LOG: [u16; 5] = [200, 200, 200, 200, 403];

pub(super) const API_RULES: &[ApiRule] = &[
    ("GET", "/openapi.json", "", EVERYONE),
    ("POST", "/session", "{}", [401; 5]),
    ("POST", "/keys/verify", "{}", EVERYONE),
    ("GET", "/keys", "", EVERYONE),
    ("POST", "/keys", "{}", [422, 422, 403, 403, 403]),
    ("GET", "/keys/{id}", "", EVERYONE),
    (
        "PATCH",
        "/keys/{id}",
        "{\"name\": \"\"}",
        [422, 422, 403, 403, 403],
    ),
    ("DELETE", "/keys/{id}", "", [422, 422, 422, 403, 403]),
    ("GET", "/keys/{id}/state", "", EVERYONE),
    ("GET", "/keys/{id}/usage", "", EVERYONE),
    (
        "POST",
        "/keys/{id}/rotation",
        "{\"overlap_seconds\": -1}",
        [422, 422, 403, 403, 403],
    ),
    ("GET", "/projects/{project}/keys", "", EVERYONE),
    (
        "POST",
        "/projects/{project}/keys",
        "{}",
        [422, 422, 403, 403, 403],
    ),
    ("GET", "/projects/{project}/keys/{id}", "", EVERYONE),
    (
        "PATCH",
        "/projects/{project}/keys/{id}",
        "{\"name\": \"\"}",
        [422, 422, 403, 403, 403],
    ),
    (
        "DELETE",
        "/projects/{project}/keys/{id}",
        "",
        [422, 422, 422, 403, 403],
    ),
    ("GET", "/projects/{project}/keys/{id}/state", "", EVERYONE),
    ("GET", "/projects/{project}/keys/{id}/usage", "", EVERYONE),
    (
        "POST",
        "/projects/{project}/keys/{id}/rotation",
        "{\"overlap_seconds\": -1}",
        [422, 422, 403, 403, 403],
    ),
    ("GET", "/projects", "", EVERYONE),
    ("POST", "/projects", "{}", [422, 403, 403, 403, 403]),
    ("GET", "/projects/{project}", "", EVERYONE),
    (
        "PATCH",
        "/projects/{project}",
        "{\"name\": \"\"}",
        [422, 422, 403, 403, 403],
    ),
    (
        "POST",
        "/projects/{project}/archival",
        "{}",
        [422, 403, 403, 403, 403],
    ),
    ("GET", "/projects/{project}/scopes", "", EVERYONE),
    (
        "POST",
        "/projects/{project}/scopes",
        "{\"catalogue\": \"media\"}",
        [200, 200, 403, 403, 403],
    ),
    ("GET", "/projects/{project}/scopes/{scope}", "", EVERYONE),
    (
        "PUT",
        "/projects/{project}/scopes/{scope}",
        "{}",
        [422, 422, 403, 403, 403],
    ),
    (
        "DELETE",
        "/projects/{project}/scopes/{scope}",
        "",
        [409, 409, 403, 403, 403],
    ),
    ("GET", "/projects/{project}/grants", "", MINTERS),
    (
        "PUT",
        "/projects/{project}/grants/{user}",
        "{\"role\": \"viewer\"}",
        [404, 404, 403, 403, 403],
    ),
    (
        "DELETE",
        "/projects/{project}/grants/{user}",
        "",
        [404, 404, 403, 403, 403],
    ),
    ("GET", "/grants", "", OWNERS),
    (
        "PUT",
        "/grants/{user}",
        "{\"role\": \"viewer\"}",
        NO_SUCH_PERSON,
    ),
    ("DELETE", "/grants/{user}", "", NO_SUCH_PERSON),
    ("GET", "/users", "", OWNERS),
    (
        "POST",
        "/users",
        "{\"role\": \"viewer\"}",
        [422, 403, 403, 403, 403],
    ),
    ("GET", "/users/{user}", "", NO_SUCH_PERSON),
    ("PATCH", "/users/{user}", "{}", NO_SUCH_PERSON),
    ("POST", "/users/{user}/password-link", "{}", NO_SUCH_PERSON),
    ("DELETE", "/users/{user}/sessions", "", NO_SUCH_PERSON),
    ("GET", "/users/{user}/tokens", "", NO_SUCH_PERSON),
    ("DELETE", "/users/{user}/tokens/{id}", "", NO_SUCH_PERSON),
    ("GET", "/tokens", "", EVERYONE),
    ("POST", "/tokens", "{}", [422; 5]),
    ("GET", "/tokens/{id}", "", [404; 5]),
    ("DELETE", "/tokens/{id}", "", [404; 5]),
    ("GET", "/account", "", EVERYONE),
    ("PUT", "/account/password", "{}", [422; 5]),
    ("GET", "/account/sessions", "", EVERYONE),
    ("DELETE", "/account/sessions/{id}", "", [404; 5]),
    ("GET", "/audit", "", READERS_OF_LOG),
    ("GET", "/audit/chain", "", READERS_OF_LOG),
    ("GET", "/audit/{entry}", "", [404, 404, 404, 404, 403]),
    (
        "POST",
        "/audit/export",
        "{\"format\": \"csv\"}",
        [200, 200, 403, 200, 403],
    ),
    // The last: it ends the token itself.
    ("DELETE", "/account/sessions", "", [204; 5]),
];

fn call(api: &Api, rule: &ApiRule, project: &str, id: i64) -> u16 {
    let (method, route, body, _) = rule;
    let is_about_keys = route.contains("/keys");
    let id = if is_about_keys { id } else { 0 };
    let path = route
        .replace("{project}", project)
        .replace("{scope}", "read:assets")
        .replace("{user}", "0")
        .replace("{token}", "0")
        .replace("{entry}", "0")
        .replace("{id}", &id.to_string());
    let path = match *method {
        // With an invalid reason, so that the key stays.
        "DELETE" if is_about_keys => format!("{path}?reason=none"),
        _ => path,
    };
    let body = serde_json::from_str(body).ok();
    api.send(method.parse().unwrap(), &path, body.as_ref(), &[])
        .status
}

#[test]
fn every_call_as_every_role_on_the_own_and_a_foreign_project() {
    let app = TestApp::start();
    let foreign = app.other_project();
    let own = app.owner().create_key(&[("scopes", "read:assets")]);
    for (position, role) in Role::ALL.iter().copied().enumerate() {
        let api = match role {
            Role::Owner => app.owners_program(),
            role => app.program_of(role),
        };
        for rule in API_RULES {
            let (method, route, _, expected) = rule;
            let case = format!("{role} {method} /api/v1{route}");
            assert_eq!(
                call(&api, rule, "default", own),
                expected[position],
                "{case}"
            );
            if role == Role::Owner || *route == "/account/sessions" {
                continue; // Owners are on every project.
            }
            let elsewhere = call(&api, rule, "other", foreign);
            let is_about_one = route.contains("{project}") || route.starts_with("/keys/{id}");
            if is_about_one {
                assert_eq!(elsewhere, 404, "{case}, foreign project");
            }
        }
    }
    let changed = "SELECT count(*) AS number FROM keys WHERE version > 1 OR revoked_at IS NOT NULL";
    assert_eq!(app.database.number(changed), 0);
}

#[test]
fn without_a_token_nothing_but_the_document_sign_in_and_verification_is_to_be_had() {
    let app = TestApp::start();
    let nobody = Api::new(&app.url, "");
    for rule in API_RULES {
        let expected = match rule.1 {
            "/openapi.json" | "/keys/verify" => 200,
            _ => 401,
        };
        for (project, id) in [("default", 1), ("nope", 99)] {
            let status = call(&nobody, rule, project, id);
            assert_eq!(status, expected, "{} {}", rule.0, rule.1);
        }
    }
}
