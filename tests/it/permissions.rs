//! Every route as every role, on an own and on a foreign project.

use keyward::domain::policy::Role;

use crate::app::{Browser, TestApp};

/// Who may use a route of the own project: all five roles in the order of `Role::ALL`.
struct Rule {
    method: &'static str,
    route: &'static str,
    /// The form to send.
    fields: &'static [(&'static str, &'static str)],
    /// The status for each role.
    own: [u16; 5],
}

const EVERYONE: [u16; 5] = [200; 5];
const NOT_READERS: [u16; 5] = [200, 200, 200, 403, 403];
const MINTERS: [u16; 5] = [200, 200, 403, 403, 403];
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

/// One row per method and route with a project in it. `409` and `422` are answers of the use
/// case: whoever gets them was let in.
const PROJECT_RULES: [Rule; 13] = [
    rule("GET", "/projects/{project}/settings", &[], MINTERS),
    rule(
        "POST",
        "/projects/{project}/settings",
        &[],
        [303, 303, 403, 403, 403],
    ),
    rule("GET", "/projects/{project}/keys", &[], EVERYONE),
    rule(
        "POST",
        "/projects/{project}/keys",
        KEY,
        [303, 303, 403, 403, 403],
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
        "POST",
        "/projects/{project}/keys/{id}/replacement",
        &[],
        [303, 409, 403, 403, 403],
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
const OTHER_RULES: [Rule; 7] = [
    rule("GET", "/", &[], EVERYONE),
    rule("GET", "/audit", &[], [200, 200, 200, 200, 403]),
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
        .replace("{id}", &id.to_string());
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
    let replaceable = app.owner().create_key(&[]);
    for (position, role) in Role::ALL.into_iter().enumerate() {
        let person = match role {
            Role::Owner => app.owner(),
            role => app.person(role),
        };
        for rule in &PROJECT_RULES {
            let id = if rule.route.ends_with("/replacement") {
                replaceable
            } else {
                own
            };
            let told = format!("{role} {} {}", rule.method, rule.route);
            assert_eq!(
                send(&person, rule, "default", id),
                rule.own[position],
                "{told}"
            );
            if role == Role::Owner {
                continue; // Owners are on every project.
            }
            assert_eq!(
                send(&person, rule, "other", foreign),
                404,
                "{told}, foreign project"
            );
            if rule.route.contains("{id}") {
                // A key's id under a project that it does not belong to.
                let expected = if rule.own[position] == 403 { 403 } else { 404 };
                let status = send(&person, rule, "default", foreign);
                // Nothing waits for a reveal there, so the page that says so is next.
                let is_reveal = rule.method == "POST" && rule.route.ends_with("/reveal");
                assert!(
                    status == expected || (is_reveal && status == 404),
                    "{told}: {status}"
                );
            }
        }
        for rule in &OTHER_RULES {
            let told = format!("{role} {} {}", rule.method, rule.route);
            assert_eq!(send(&person, rule, "", 0), rule.own[position], "{told}");
        }
    }
    // Denials are in the audit log, each with its project.
    let denials = "SELECT count(*) AS number FROM audit_entries WHERE action = 'access.denied'";
    assert!(app.database.number(denials) > 30);
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
    for rule in &PROJECT_RULES {
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

#[test]
fn buttons_are_shown_to_those_who_may_press_them() {
    let app = TestApp::start();
    let id = app.owner().create_key(&[]);
    for (role, may_mint, may_revoke) in [
        (Role::Admin, true, true),
        (Role::Support, false, true),
        (Role::Auditor, false, false),
        (Role::Viewer, false, false),
    ] {
        let person = app.person(role);
        let list = person.get("/projects/default/keys");
        let one = person.get(&format!("/projects/default/keys/{id}"));
        assert_eq!(list.body.contains("Create key"), may_mint, "{role}");
        assert_eq!(one.body.contains("/edit\""), may_mint, "{role}");
        assert_eq!(
            list.body.contains("aria-label=\"Revoke"),
            may_revoke,
            "{role}"
        );
        assert_eq!(one.body.contains("/revocation\""), may_revoke, "{role}");
        assert_eq!(
            list.body.contains("href=\"/audit\""),
            role != Role::Viewer,
            "{role}"
        );
    }
}

/// A route that nobody decided on fails here.
#[test]
fn the_table_knows_every_route() {
    let source = include_str!("../../src/web/routes.rs");
    let source: String = source.split_whitespace().collect();
    let mut prefix = String::new();
    let mut routes = Vec::new();
    // Each piece begins with a path and ends before the next one.
    for piece in source
        .replace("scope(\"", "\u{0}scope:")
        .replace("resource(\"", "\u{0}")
        .split('\u{0}')
        .skip(1)
    {
        let path = piece.split('"').next().unwrap();
        match path.strip_prefix("scope:") {
            Some(scope) => prefix = scope.to_owned(),
            None => routes.push((format!("{prefix}{path}"), piece.to_owned())),
        }
    }
    assert!(routes.len() > 10, "{routes:?}");
    for (route, piece) in routes {
        let known = |method: &str| {
            let rules = PROJECT_RULES.iter().chain(&OTHER_RULES);
            rules
                .into_iter()
                .any(|rule| rule.route == route && rule.method == method)
        };
        if piece.contains(".get(") {
            assert!(known("GET"), "nobody decided who may GET {route}");
        }
        if piece.contains(".post(") && route != "/login" {
            assert!(known("POST"), "nobody decided who may POST {route}");
        }
    }
}
