//! Every page and form of the console as every role.

use keyward::records::Role;

use super::{EVERYONE, MINTERS, NO_SUCH_PERSON, OWNERS};
use crate::app::{Browser, TestApp};

/// Who may use a route of their own project: all five roles in the order of `Role::ALL`.
pub(super) struct Rule {
    pub(super) method: &'static str,
    pub(super) route: &'static str,
    /// The form to send.
    fields: &'static [(&'static str, &'static str)],
    /// The status for each role.
    own: [u16; 5],
}

const EXPORTERS: [u16; 5] = [200, 200, 403, 200, 403];
const NOT_READERS: [u16; 5] = [200, 200, 200, 403, 403];
const SETTINGS: &[(&str, &str)] = &[("name", "Default"), ("version", "0")];
const MEDIA: &[(&str, &str)] = &[("catalogue", "media")];
const NOBODY: &[(&str, &str)] = &[("user", "0")];
const KEY: &[(&str, &str)] = &[
    ("label", "x"),
    ("scopes", "*"),
    ("environment", "live"),
    ("expires", "never"),
];
const EDIT: &[(&str, &str)] = &[
    ("label", "x"),
    ("scopes", "*"),
    ("expires", "keep"),
    ("version", "0"),
];
const NOBODYS_SESSION: &[(&str, &str)] = &[(
    "session",
    "0000000000000000000000000000000000000000000000000000000000000000",
)];

/// One row per method and route with a project in it. `409` and `422` come from the use case:
/// whoever gets them was let in.
pub(super) const PROJECT_RULES: &[Rule] = &[
    rule("GET", "/projects/{project}", &[], EVERYONE),
    rule("GET", "/projects/{project}/usage", &[], EVERYONE),
    rule("GET", "/projects/{project}/settings", &[], MINTERS),
    rule(
        "POST",
        "/projects/{project}/settings",
        SETTINGS,
        [409, 409, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/archival", &[], OWNERS),
    rule(
        "POST",
        "/projects/{project}/archival",
        &[],
        [422, 403, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/scopes", &[], EVERYONE),
    rule(
        "POST",
        "/projects/{project}/scopes",
        &[],
        [422, 422, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/scopes/new", &[], MINTERS),
    rule(
        "POST",
        "/projects/{project}/scopes/catalogue",
        MEDIA,
        [303, 303, 403, 403, 403],
    ),
    rule(
        "GET",
        "/projects/{project}/scopes/{scope}/edit",
        &[],
        MINTERS,
    ),
    rule(
        "POST",
        "/projects/{project}/scopes/{scope}/edit",
        &[],
        [409, 409, 403, 403, 403],
    ),
    rule(
        "GET",
        "/projects/{project}/scopes/{scope}/removal",
        &[],
        MINTERS,
    ),
    rule(
        "POST",
        "/projects/{project}/scopes/{scope}/removal",
        &[],
        [409, 409, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/grants", &[], MINTERS),
    rule(
        "POST",
        "/projects/{project}/grants",
        &[],
        [422, 422, 403, 403, 403],
    ),
    rule(
        "GET",
        "/projects/{project}/grants/removal",
        &[],
        [404, 404, 403, 403, 403],
    ),
    rule(
        "POST",
        "/projects/{project}/grants/removal",
        NOBODY,
        [404, 404, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/keys", &[], EVERYONE),
    rule(
        "POST",
        "/projects/{project}/keys",
        KEY,
        [303, 303, 403, 403, 403],
    ),
    rule("POST", "/projects/{project}/keys/search", &[], [303; 5]),
    rule("GET", "/projects/{project}/past", &[], EXPORTERS),
    rule("GET", "/projects/{project}/past/roles", &[], EXPORTERS),
    // No day is chosen.
    rule(
        "GET",
        "/projects/{project}/past/keys/{id}",
        &[],
        [404, 404, 403, 404, 403],
    ),
    rule("GET", "/projects/{project}/keys/export", &[], EXPORTERS),
    rule(
        "POST",
        "/projects/{project}/keys/export",
        &[("format", "csv")],
        EXPORTERS,
    ),
    rule("GET", "/projects/{project}/keys/new", &[], MINTERS),
    rule("GET", "/projects/{project}/keys/{id}", &[], EVERYONE),
    rule("GET", "/projects/{project}/keys/{id}/edit", &[], MINTERS),
    rule(
        "POST",
        "/projects/{project}/keys/{id}/edit",
        EDIT,
        [409, 409, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/keys/{id}/reveal", &[], MINTERS),
    rule(
        "POST",
        "/projects/{project}/keys/{id}/reveal",
        &[],
        [303, 303, 403, 403, 403],
    ),
    rule(
        "GET",
        "/projects/{project}/keys/{id}/revocation",
        &[],
        NOT_READERS,
    ),
    rule(
        "POST",
        "/projects/{project}/keys/{id}/revocation",
        &[],
        [422, 422, 422, 403, 403],
    ),
    rule(
        "GET",
        "/projects/{project}/keys/{id}/rotation",
        &[],
        MINTERS,
    ),
    rule(
        "POST",
        "/projects/{project}/keys/{id}/rotation",
        &[],
        [422, 422, 403, 403, 403],
    ),
];

const fn rule(
    method: &'static str,
    route: &'static str,
    fields: &'static [(&'static str, &'static str)],
    own: [u16; 5],
) -> Rule {
    Rule {
        method,
        route,
        fields,
        own,
    }
}

/// The other routes: what someone signed in with each role gets.
pub(super) const OTHER_RULES: &[Rule] = &[
    rule("GET", "/", &[], EVERYONE),
    rule("GET", "/docs", &[], EVERYONE),
    rule("GET", "/find", &[], EVERYONE),
    rule("POST", "/find", &[("text", "x")], EVERYONE),
    rule("GET", "/keys", &[], EVERYONE),
    rule("GET", "/reviews", &[], EVERYONE),
    rule("POST", "/reviews", &[], [422, 422, 403, 422, 403]),
    rule("GET", "/reviews/new", &[], EXPORTERS),
    // There is none.
    rule("GET", "/reviews/{id}", &[], [404; 5]),
    rule("POST", "/reviews/{id}/closing", &[], [404; 5]),
    rule("POST", "/reviews/{id}/file", &[("format", "csv")], [404; 5]),
    rule("GET", "/reviews/{id}/keys/{key}", &[], [404; 5]),
    rule("POST", "/reviews/{id}/keys/{key}", &[], [404; 5]),
    // Nothing is selected.
    rule("GET", "/keys/revocation", &[], [409; 5]),
    rule("POST", "/keys/revocation", &[], [409; 5]),
    rule("GET", "/keys/handover", &[], [409; 5]),
    rule("POST", "/keys/handover", &[], [409; 5]),
    rule("POST", "/projects", &[], [422, 403, 403, 403, 403]),
    rule("GET", "/projects/new", &[], OWNERS),
    rule(
        "POST",
        "/rollbacks/{entry}/acknowledgement",
        &[],
        NO_SUCH_PERSON,
    ),
    rule("GET", "/users", &[], OWNERS),
    rule("GET", "/users/new", &[], OWNERS),
    rule("POST", "/users", &[], [422, 403, 403, 403, 403]),
    rule("GET", "/users/{id}", &[], NO_SUCH_PERSON),
    rule("POST", "/users/{id}/grants", &[], NO_SUCH_PERSON),
    rule("GET", "/users/{id}/grants/removal", &[], NO_SUCH_PERSON),
    rule("GET", "/users/{id}/link", &[], [303; 5]),
    rule("POST", "/users/{id}/grants/removal", &[], NO_SUCH_PERSON),
    rule("POST", "/users/{id}/link", &[], NO_SUCH_PERSON),
    rule("POST", "/users/{id}/enabling", &[], NO_SUCH_PERSON),
    rule("GET", "/users/{id}/sign-out", &[], NO_SUCH_PERSON),
    rule("POST", "/users/{id}/sign-out", &[], NO_SUCH_PERSON),
    rule("GET", "/users/{id}/disabling", &[], NO_SUCH_PERSON),
    rule("POST", "/users/{id}/disabling", &[], NO_SUCH_PERSON),
    rule(
        "GET",
        "/users/{id}/tokens/{token}/revocation",
        &[],
        NO_SUCH_PERSON,
    ),
    rule(
        "POST",
        "/users/{id}/tokens/{token}/revocation",
        &[],
        NO_SUCH_PERSON,
    ),
    rule("GET", "/password", &[], [404; 5]),
    rule(
        "POST",
        "/password",
        &[("code", "x"), ("password", "x")],
        [404; 5],
    ),
    rule("GET", "/account", &[], EVERYONE),
    rule("POST", "/account/password", &[], [422; 5]),
    rule("POST", "/account/sessions/end", NOBODYS_SESSION, [303; 5]),
    rule("POST", "/account/sessions/end-others", &[], [303; 5]),
    rule("POST", "/account/times", &[("zone", "utc")], [303; 5]),
    rule("POST", "/account/tokens", &[], [422; 5]),
    rule("GET", "/account/tokens/new", &[], EVERYONE),
    rule("GET", "/account/tokens/{id}/reveal", &[], [404; 5]),
    rule("POST", "/account/tokens/{id}/reveal", &[], [404; 5]),
    rule("GET", "/account/tokens/{id}/revocation", &[], [404; 5]),
    rule("POST", "/account/tokens/{id}/revocation", &[], [404; 5]),
    rule("GET", "/audit", &[], [200, 200, 200, 200, 403]),
    rule("POST", "/audit/search", &[("q", "x")], [303; 5]),
    rule("GET", "/audit/latest", &[], [200, 200, 200, 200, 403]),
    rule("GET", "/audit/chain", &[], [200, 200, 200, 200, 403]),
    rule("GET", "/keys/export", &[], EXPORTERS),
    rule("POST", "/keys/export", &[("format", "csv")], EXPORTERS),
    rule("GET", "/audit/export", &[], EXPORTERS),
    rule("POST", "/audit/export", &[("format", "csv")], EXPORTERS),
    rule("GET", "/exports/progress", &[], [404; 5]),
    rule("GET", "/audit/{entry}", &[], [404, 404, 404, 404, 403]),
    rule("GET", "/healthz", &[], [200; 5]),
    rule("GET", "/readyz", &[], [200; 5]),
    rule("GET", "/login", &[], [303; 5]),
    rule("GET", "/setup", &[], [404; 5]),
    rule(
        "POST",
        "/setup",
        &[("code", "x"), ("email", "x"), ("password", "x")],
        [404; 5],
    ),
    rule("GET", "/static/{file}", &[], [404; 5]),
    rule("POST", "/logout", &[], [303; 5]),
];

fn send(browser: &Browser, rule: &Rule, project: &str, id: i64) -> u16 {
    let path = rule
        .route
        .replace("{project}", project)
        .replace("{id}", &id.to_string())
        .replace("{scope}", "read:assets")
        .replace("{token}", "0")
        .replace("{entry}", "0");
    match rule.method {
        "GET" => browser.get(&path).status,
        _ => browser.post(&path, rule.fields).status,
    }
}

#[test]
fn every_route_as_every_role_on_the_own_and_a_foreign_project() {
    let app = TestApp::start();
    let foreign = app.other_project();
    let own = app.owner().create_key(&[]);
    for (position, role) in Role::ALL.iter().copied().enumerate() {
        let person = match role {
            Role::Owner => app.owner(),
            role => app.person(role),
        };
        for rule in PROJECT_RULES {
            let case = format!("{role} {} {}", rule.method, rule.route);
            assert_eq!(
                send(&person, rule, "default", own),
                rule.own[position],
                "{case}"
            );
            if role == Role::Owner {
                continue; // Owners are on every project.
            }
            assert_eq!(
                send(&person, rule, "other", foreign),
                404,
                "{case}, foreign project"
            );
            if rule.route.contains("{id}") {
                // A key's id under a project that it does not belong to.
                let expected = if rule.own[position] == 403 { 403 } else { 404 };
                let status = send(&person, rule, "default", foreign);
                // Nothing can be revealed there, so the page that says so is next.
                let is_reveal = rule.method == "POST" && rule.route.ends_with("/reveal");
                assert!(
                    status == expected || (is_reveal && status == 404),
                    "{case}: {status}"
                );
            }
        }
        for rule in OTHER_RULES {
            let case = format!("{role} {} {}", rule.method, rule.route);
            assert_eq!(send(&person, rule, "", 0), rule.own[position], "{case}");
        }
    }
    // Denials are in the audit log, each action once for each person and project.
    let denials = "SELECT count(*) AS number FROM audit_entries WHERE action = 'access.denied'";
    let found = app.database.number(denials);
    assert!(found > 15, "{found}");
    // Nothing of the foreign project was changed.
    let changed = "SELECT count(*) AS number FROM keys WHERE project_id = 2 AND \
                   (version > 1 OR revoked_at IS NOT NULL)";
    assert_eq!(app.database.number(changed), 0);
}

#[test]
fn whoever_is_not_signed_in_is_sent_to_do_so() {
    let app = TestApp::start();
    let foreign = app.other_project();
    let nobody = app.anonymous();
    for rule in PROJECT_RULES {
        for (project, id) in [("default", 1), ("other", foreign), ("nope", 1)] {
            assert_eq!(
                send(&nobody, rule, project, id),
                303,
                "{} {}",
                rule.method,
                rule.route
            );
        }
    }
}
