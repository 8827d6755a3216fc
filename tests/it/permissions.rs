//! Every route as every role, on an own and on a foreign project.

use keyward::domain::policy::Role;

use crate::app::{Api, Browser, TestApp};

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
const OWNERS: [u16; 5] = [200, 403, 403, 403, 403];
const NO_SUCH_PERSON: [u16; 5] = [404, 403, 403, 403, 403];
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

/// One row per method and route with a project in it. `409` and `422` are answers of the use
/// case: whoever gets them was let in.
const PROJECT_RULES: &[Rule] = &[
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
const OTHER_RULES: &[Rule] = &[
    rule("GET", "/", &[], EVERYONE),
    rule("GET", "/docs", &[], EVERYONE),
    rule("POST", "/projects", &[], [422, 403, 403, 403, 403]),
    rule("GET", "/projects/new", &[], OWNERS),
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
    rule("POST", "/account/tokens", &[], [422; 5]),
    rule("GET", "/account/tokens/new", &[], EVERYONE),
    rule("GET", "/account/tokens/{id}/reveal", &[], [404; 5]),
    rule("POST", "/account/tokens/{id}/reveal", &[], [404; 5]),
    rule("GET", "/account/tokens/{id}/revocation", &[], [404; 5]),
    rule("POST", "/account/tokens/{id}/revocation", &[], [404; 5]),
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
        .replace("{id}", &id.to_string())
        .replace("{scope}", "read:assets")
        .replace("{token}", "0");
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
        for rule in PROJECT_RULES {
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
        for rule in OTHER_RULES {
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

/// The routes of the console's pages, from the route list: path and methods.
fn routes_in(source: &str) -> Vec<(String, String)> {
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
        let methods = ["get", "post", "put", "patch", "delete"];
        match path.strip_prefix("scope:") {
            Some(scope) => prefix = scope.to_owned(),
            None => routes.extend(
                methods
                    .into_iter()
                    .filter(|method| piece.contains(&format!(".{method}(")))
                    .map(|method| (method.to_uppercase(), format!("{prefix}{path}"))),
            ),
        }
    }
    routes
}

/// The two parts of the route list: pages, and the management API.
fn route_list() -> (&'static str, &'static str) {
    let source = include_str!("../../src/web/routes.rs");
    source.split_once("fn api(").unwrap()
}

/// The routes of the management API: method and path.
pub fn api_routes() -> Vec<(String, String)> {
    routes_in(route_list().1)
}

/// A route that nobody decided on fails here.
#[test]
fn the_tables_know_every_route() {
    let pages = routes_in(route_list().0);
    assert!(pages.len() > 50, "{pages:?}");
    for (method, route) in pages {
        let exempt = ["/login", "/healthz", "/readyz"].contains(&&*route) && method != "GET";
        let rules = PROJECT_RULES.iter().chain(OTHER_RULES);
        let known = rules
            .into_iter()
            .any(|rule| rule.route == route && rule.method == method);
        assert!(known || exempt, "nobody decided who may {method} {route}");
    }
    for (method, route) in api_routes() {
        let mut rules = API_RULES.iter();
        let known = rules.any(|rule| rule.0 == method && rule.1 == route);
        assert!(known, "nobody decided who may {method} /api/v1{route}");
    }
}

/// Who may call what of the management API: method, route, a body, and the status for each role
/// in the order of `Role::ALL`. `409` and `422` are answers of the use case: whoever gets them was
/// let in.
type ApiRule = (&'static str, &'static str, &'static str, [u16; 5]);

const READERS_OF_LOG: [u16; 5] = [200, 200, 200, 200, 403];

const API_RULES: &[ApiRule] = &[
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
    // The last: it ends the token itself.
    ("DELETE", "/account/sessions", "", [204; 5]),
];

fn call(api: &Api, rule: &ApiRule, project: &str, id: i64) -> u16 {
    let (method, route, body, _) = rule;
    let id = if route.starts_with("/keys") { id } else { 0 };
    let path = route
        .replace("{project}", project)
        .replace("{scope}", "read:assets")
        .replace("{user}", "0")
        .replace("{token}", "0")
        .replace("{id}", &id.to_string());
    let path = match *method {
        // Without a reason that counts, so that the key stays.
        "DELETE" if route.starts_with("/keys") => format!("{path}?reason=none"),
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
    for (position, role) in Role::ALL.into_iter().enumerate() {
        let api = match role {
            Role::Owner => app.owners_program(),
            role => app.program_of(role),
        };
        for rule in API_RULES {
            let (method, route, _, expected) = rule;
            let told = format!("{role} {method} /api/v1{route}");
            assert_eq!(
                call(&api, rule, "default", own),
                expected[position],
                "{told}"
            );
            if role == Role::Owner || *route == "/account/sessions" {
                continue; // Owners are on every project.
            }
            let elsewhere = call(&api, rule, "other", foreign);
            let is_about_one = route.contains("{project}") || route.starts_with("/keys/{id}");
            if is_about_one {
                assert_eq!(elsewhere, 404, "{told}, foreign project");
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
