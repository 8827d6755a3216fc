//! Every page is what browsers expect of HTML, as html-validate sees it, with its recommended rules.

mod reviews;

use std::fs::File;
use std::process::Command;

use keyward::records::Role;
use tempfile::TempDir;
use time::Duration;

use super::users::{id_of, path_of_link};
use crate::app::{Answer, Browser, TestApp};
use crate::permissions::page_routes;

const KEYS: &str = "/projects/default/keys";
const LONG: &str = "A label of a hundred characters, which is as long as labels can be, goes on and \
                    on until it ends <b>&";
const RIGHT_TO_LEFT: &str = "مفتاح الإنتاج";

/// Pages that were fetched, as files to check.
struct Pages {
    folder: TempDir,
    /// The paths that were asked for.
    paths: Vec<String>,
    count: usize,
    /// Answers that were no pages.
    others: Vec<String>,
}

impl Pages {
    fn new() -> Self {
        Pages {
            folder: TempDir::new().unwrap(),
            paths: Vec::new(),
            count: 0,
            others: Vec::new(),
        }
    }

    /// Asks for pages, and keeps each.
    fn visit(&mut self, browser: &Browser, paths: &[&str]) {
        for path in paths {
            self.paths.push((*path).to_owned());
            self.keep(path, &browser.get(path));
        }
    }

    /// Sends forms that are wrong, and keeps each page that says so.
    fn refuse(&mut self, browser: &Browser, forms: &[(&str, &[(&str, &str)])]) {
        for (path, fields) in forms {
            let answer = browser.post(path, fields);
            self.keep(&format!("{path} refused"), &answer);
        }
    }

    fn keep(&mut self, name: &str, answer: &Answer) {
        if !answer.body.trim_start().starts_with("<!DOCTYPE html>") {
            self.others.push(format!("{name}: {}", answer.status));
            return;
        }
        self.write(name, &answer.body);
    }

    /// What htmx puts into `page` at the place that `hole` marks.
    fn fill(&mut self, name: &str, page: &str, hole: &str, fragment: &str) {
        assert!(page.contains(hole), "{name}");
        assert!(!fragment.contains("<!DOCTYPE"), "{name}");
        let mut parts = page.splitn(2, hole);
        let (before, after) = (parts.next().unwrap(), parts.next().unwrap());
        self.write(name, &format!("{before}{hole}{fragment}{after}"));
    }

    fn write(&mut self, name: &str, html: &str) {
        self.count += 1;
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
        let name: String = name.chars().take(80).map(plain).collect();
        let file = format!("{:03}{name}.html", self.count);
        std::fs::write(self.folder.path().join(file), html).unwrap();
    }

    /// What html-validate finds, by page.
    fn findings(&self) -> String {
        let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests");
        // Into a file, because it ends without waiting until a pipe was read.
        let findings = self.folder.path().join("findings.txt");
        let status = Command::new(format!("{tests}/node_modules/.bin/html-validate"))
            .arg(format!("--config={tests}/htmlvalidate.cjs"))
            .args(["--formatter=text", "--max-warnings=0", "."])
            .current_dir(self.folder.path())
            .stdout(File::create(&findings).unwrap())
            .status()
            .expect("npm ci in tests/; tests/run does so");
        let found = std::fs::read_to_string(&findings).unwrap();
        assert!(
            status.success() || !found.is_empty(),
            "html-validate failed"
        );
        found
    }
}

#[test]
fn html_validate_finds_nothing_on_any_page() {
    let mut pages = Pages::new();
    bare(&mut pages);
    empty(&mut pages);
    let app = TestApp::start();
    let owner = app.owner();
    fill(&app, &owner);
    people(&mut pages, &app, &owner);
    projects(&mut pages, &app, &owner);
    keys(&mut pages, &app, &owner);
    account(&mut pages, &owner);
    dialogs(&mut pages, &owner);
    for route in page_routes() {
        let known = pages.paths.iter().any(|path| is_at(path, &route));
        assert!(known, "no page of {route} was checked");
    }
    let found = pages.findings();
    assert!(found.is_empty(), "{} pages:\n{found}", pages.count);
    assert!(pages.others.is_empty(), "no pages: {:?}", pages.others);
}

/// Whether `path` is of this route.
fn is_at(path: &str, route: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let (parts, pattern) = (path.split('/'), route.split('/'));
    let fits = |(part, pattern): (&str, &str)| part == pattern || pattern.starts_with('{');
    path.matches('/').count() == route.matches('/').count() && parts.zip(pattern).all(fits)
}

/// What somebody sees who is not signed in.
fn bare(pages: &mut Pages) {
    let fresh = TestApp::start_fresh();
    let nobody = fresh.anonymous();
    pages.visit(&nobody, &["/setup"]);
    let csrf = nobody.get("/setup").value("csrf");
    let wrong = [
        ("csrf", &*csrf),
        ("code", "x"),
        ("email", "x"),
        ("password", "x"),
    ];
    pages.keep("setup refused", &nobody.post_raw("/setup", &wrong));
    let app = TestApp::start();
    let nobody = app.anonymous();
    pages.visit(
        &nobody,
        &["/login", "/login?done=password", "/password", "/nothing"],
    );
    let wrong = nobody.sign_in("owner@example.com", "wrong");
    pages.keep("login refused", &wrong);
    pages.keep("login foreign", &nobody.post_raw("/login", &[]));
}

/// An instance in which nothing was done yet.
fn empty(pages: &mut Pages) {
    let app = TestApp::start();
    let owner = app.owner();
    let all = [
        "/",
        KEYS,
        "/audit",
        "/users",
        "/account",
        "/docs",
        "/projects/default/scopes",
    ];
    pages.visit(&owner, &all);
    pages.visit(
        &owner,
        &["/audit?project=none", "/projects/default/keys?q=nothing"],
    );
}

/// Forty scopes, a second project, and keys in every state.
fn fill(app: &TestApp, owner: &Browser) {
    for number in 0..40 {
        let name = format!("write:a-long-name-of-a-thing-{number}");
        let scope = [("name", &*name), ("description", "Change \"<things>\"")];
        owner.post("/projects/default/scopes", &scope);
    }
    app.other_project();
    owner.post(
        "/projects/default/scopes/catalogue",
        &[("catalogue", "media")],
    );
    let label: String = LONG.chars().take(100).collect();
    let address = ("allowed_ips", "10.0.0.0/8\n2001:db8::/32");
    owner.create_key(&[("label", &label), ("scopes", "*"), address]);
    let (_, secret) = owner.new_key(&[("label", RIGHT_TO_LEFT), ("expires", "never")]);
    owner.verify(&secret);
    let gone = owner.create_key(&[("label", "Revoked")]);
    owner.revoke(gone);
    let rotated = owner.create_key(&[("label", "Rotated")]);
    let path = format!("{KEYS}/{rotated}/rotation");
    assert_eq!(owner.post(&path, &[("overlap", "1h")]).status, 303);
    let expired = owner.create_key(&[("label", "Expired")]);
    let sql = format!(
        "UPDATE keys SET created_at = '2025-01-01 00:00:00', expires_at = '2025-02-01 00:00:00' WHERE id = {expired};
         INSERT INTO rollbacks (entry, at, lost_from, last_known, is_exact, keys, projects)
         VALUES (3, '2026-01-01 00:00:00', 101, 105, TRUE, '{gone}', '1')"
    );
    app.database.execute(&sql).unwrap();
    for number in 0..55 {
        owner.create_key(&[("label", &format!("Key {number}"))]);
    }
}

fn people(pages: &mut Pages, app: &TestApp, owner: &Browser) {
    let invitation = [
        ("email", "ana@example.com"),
        ("role", "viewer"),
        ("project", "default"),
    ];
    let invited = owner.post("/users", &invitation);
    pages.keep("invited", &invited);
    let link = path_of_link(owner, &invited);
    pages.visit(&app.anonymous(), &[&link]);
    let ana = format!("/users/{}", id_of(app, "ana@example.com"));
    app.person(Role::Viewer);
    pages.visit(
        owner,
        &["/users", "/users/new", "/users/1", "/users/999", &ana],
    );
    for page in ["disabling", "sign-out", "grants/removal?project=default"] {
        pages.visit(owner, &[&format!("{ana}/{page}")]);
    }
    pages.keep("link", &owner.post(&format!("{ana}/link"), &[]));
    pages.paths.push(format!("{ana}/link")); // A redirect.
    pages.refuse(owner, &[("/users", &[]), (&format!("{ana}/grants"), &[])]);
    owner.post(&format!("{ana}/disabling"), &[]);
    pages.visit(
        owner,
        &["/users", &ana, "/audit", "/audit/1", "/audit/chain"],
    );
    pages.visit(
        owner,
        &[
            "/audit/export?action=keys",
            "/audit/latest",
            "/keys/export?unused=90",
            "/projects/default/keys/export",
        ],
    );
    reviews::visit(pages, owner);
    let viewer = app.anonymous().signed_in("viewer@example.com");
    pages.visit(&viewer, &["/", KEYS, "/users", "/docs"]);
}

fn projects(pages: &mut Pages, app: &TestApp, owner: &Browser) {
    let viewer = id_of(app, "viewer@example.com");
    let removal = format!("/projects/default/grants/removal?user={viewer}");
    let all = [
        "/",
        "/docs",
        "/projects/new",
        "/projects/default/settings",
        "/projects/default/grants",
        &removal,
        "/projects/other/archival",
        "/projects/default/scopes",
        "/projects/default/scopes/new",
        "/projects/default/scopes/read:assets/edit",
        "/projects/default/scopes/read:assets/removal",
        "/projects/other/scopes",
        "/projects/other/keys",
    ];
    pages.visit(owner, &all);
    let wrong = [("name", ""), ("version", "0")];
    pages.refuse(
        owner,
        &[
            ("/projects", &[]),
            ("/projects/default/settings", &wrong),
            ("/projects/default/grants", &[]),
            ("/projects/default/scopes", &[("name", "no scope!")]),
            ("/projects/default/scopes/read:assets/edit", &[]),
            ("/projects/other/archival", &[("name", "x")]),
        ],
    );
}

fn keys(pages: &mut Pages, app: &TestApp, owner: &Browser) {
    let next = owner.get(KEYS).link("#next");
    pages.visit(
        owner,
        &[KEYS, &next, "/projects/default/keys?q=key&sort=label"],
    );
    pages.visit(
        owner,
        &["/projects/default/keys?scope=read:assets&carries=read:assets"],
    );
    pages.visit(
        owner,
        &[
            "/find",
            "/keys",
            "/keys?state=tried",
            "/keys/revocation?id=1&id=2",
            "/keys/handover?id=1&id=2",
            "/projects/default",
            "/projects/default/usage?range=7d",
            "/projects/default/past",
            "/projects/default/past?day=2199-01-01",
            "/projects/default/past/roles?day=2026-01-01",
        ],
    );
    pages.keep("found", &owner.post("/find", &[("text", "key")]));
    let today = keyward::clock::Clock::default().now().date();
    let past = format!("/projects/default/past?day={today}");
    let past_key = format!("/projects/default/past/keys/1?day={today}");
    pages.visit(owner, &[&past, &past_key]);
    for id in 1..=8 {
        let one = format!("{KEYS}/{id}");
        pages.visit(owner, &[&one]);
        for page in ["edit", "revocation", "rotation", "reveal"] {
            pages.visit(owner, &[&format!("{one}/{page}")]);
        }
    }
    pages.visit(
        owner,
        &["/projects/default/keys/new", "/projects/default/keys/999"],
    );
    pages.refuse(
        owner,
        &[
            (KEYS, &[]),
            (
                KEYS,
                &[("label", "x"), ("expires", "on"), ("allowed_ips", "x")],
            ),
            ("/projects/default/keys/2/edit", &[]),
            ("/projects/default/keys/2/revocation", &[]),
            ("/projects/default/keys/2/rotation", &[]),
        ],
    );
    let new = owner.create_key(&[]);
    let revealed = owner.post(&format!("{KEYS}/{new}/reveal"), &[]);
    assert!(revealed.secret().is_some());
    pages.keep("revealed", &revealed);
    app.clock.advance(Duration::minutes(1));
    pages.visit(owner, &["/", "/audit"]);
}

fn account(pages: &mut Pages, owner: &Browser) {
    let token = [
        ("description", RIGHT_TO_LEFT),
        ("permissions", "keys:read"),
        ("expires", "30"),
        ("project", ""),
    ];
    let created = owner.post("/account/tokens", &token);
    let reveal = created.location().to_owned();
    pages.visit(owner, &["/account", "/account/tokens/new", &reveal]);
    pages.keep("token revealed", &owner.post(&reveal, &[]));
    pages.visit(owner, &[&reveal, &reveal.replace("reveal", "revocation")]);
    let theirs = reveal.replace("/account", "/users/1");
    pages.visit(owner, &[&theirs.replace("reveal", "revocation")]);
    let wrong = [("/account/password", &[][..]), ("/account/tokens", &[])];
    pages.refuse(owner, &wrong);
}

/// What htmx puts into a page.
fn dialogs(pages: &mut Pages, owner: &Browser) {
    let list = owner.get(KEYS).body;
    let ask = |path: &str| {
        let request = owner.client.get(owner.at(path));
        let answer: Answer = request.header("hx-request", "true").send().unwrap().into();
        answer.body
    };
    let send = |path: &str, fields: &[(&str, &str)]| {
        let mut all = vec![("csrf", owner.csrf.as_str())];
        all.extend_from_slice(fields);
        let request = owner.client.post(owner.at(path)).form(&all);
        let answer: Answer = request.header("hx-request", "true").send().unwrap().into();
        answer.body
    };
    let hole = "<dialog id=\"dialog\" aria-labelledby=\"dialog-title\">";
    let revocation = format!("{KEYS}/2/revocation");
    pages.fill("dialog", &list, hole, &ask(&revocation));
    pages.fill("dialog refused", &list, hole, &send(&revocation, &[]));
    let gone = ask(&format!("{KEYS}/999/revocation"));
    pages.fill("dialog of nothing", &list, hole, &gone);
    let reason = [("reason", "compromised"), ("note", "")];
    let row = send(&revocation, &reason);
    let table = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Row</title></head><body><main>\
                 <table><tbody></tbody></table></main></body></html>\n";
    pages.fill("row", table, "<tbody>", &row);
    let progress = ask(&format!("/exports/progress?name={}", "a".repeat(43)));
    let page = "<!DOCTYPE html>\n<html lang=\"en\"><head><title>Export</title></head><body><main></main></body></html>\n";
    pages.fill("export progress", page, "<main>", &progress);
}
