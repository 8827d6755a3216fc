//! The tables of this folder against the route list, `src/web/routes.rs`.

use super::api::API_RULES;
use super::pages::{OTHER_RULES, PROJECT_RULES};

/// The routes of the console's pages, from the route list: path and methods.
fn routes_in(source: &str) -> Vec<(String, String)> {
    let source: String = source.split_whitespace().collect();
    let mut prefix = String::new();
    let mut routes = Vec::new();
    // Each piece begins with a path and ends before the next one.
    for piece in source
        .replace("scope(\"", "\u{0}scope:")
        .replace("resource([\"", "\u{0}")
        .replace("resource(\"", "\u{0}")
        .split('\u{0}')
        .skip(1)
    {
        let methods = ["get", "post", "put", "patch", "delete"];
        if let Some(scope) = piece.strip_prefix("scope:") {
            prefix = scope.split('"').next().unwrap().to_owned();
            continue;
        }
        // One path, or a list of them: every other piece between quotes.
        let paths = piece.split(')').next().unwrap().split('"').step_by(2);
        for path in paths.filter(|path| !path.starts_with([']', ','])) {
            let known = methods
                .into_iter()
                .filter(|method| piece.contains(&format!(".{method}(")));
            routes.extend(known.map(|method| (method.to_uppercase(), format!("{prefix}{path}"))));
        }
    }
    routes
}

/// The two parts of the route list: pages, and the management API.
fn route_list() -> (&'static str, &'static str) {
    let source = include_str!("../../../src/web/routes.rs");
    source.split_once("fn api(").unwrap()
}

/// The routes of the management API: method and path.
pub fn api_routes() -> Vec<(String, String)> {
    routes_in(route_list().1)
}

/// The paths of the console's pages, with their placeholders.
pub fn page_routes() -> Vec<String> {
    let no_page = ["/healthz", "/readyz", "/static/{file}", "/exports/progress"];
    let all = routes_in(route_list().0).into_iter();
    let pages = all.filter(|(method, path)| method == "GET" && !no_page.contains(&&**path));
    pages.map(|(_, path)| path).collect()
}

/// A route without a rule fails here.
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
