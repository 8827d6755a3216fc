use keyward::records::Role;

use crate::app::{Answer, Browser, TestApp};
use crate::pages::users::{id_of, invite};

/// What a page of the log says, the newest first: actor, action and target, which read as a sentence.
pub(crate) fn rows(page: &Answer) -> Vec<String> {
    let cells = page.texts(".log td:is([data-th=Actor], [data-th=Action], [data-th=Target])");
    cells
        .chunks(3)
        .map(|cells| cells.join(" ").trim().to_owned())
        .collect()
}

/// What the audit log says, sign-ins included.
fn told(browser: &Browser) -> Vec<String> {
    rows(&browser.get("/audit?action=all"))
}

/// The projects that it names in their column.
fn projects(browser: &Browser) -> Vec<String> {
    browser
        .get("/audit?action=all")
        .texts(".log [data-th=Project]")
}

#[test]
fn every_change_and_denial_is_told_in_words() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout")]);
    owner.post(&format!("/projects/default/keys/{id}/reveal"), &[]);
    let fields = [
        ("label", "Checkout 2"),
        ("scopes", "write:assets"),
        ("expires", "never"),
        ("version", "1"),
    ];
    assert_eq!(
        owner
            .post(&format!("/projects/default/keys/{id}/edit"), &fields)
            .status,
        303
    );
    owner.revoke(id);
    let viewer = app.person(Role::Viewer);
    assert_eq!(viewer.get("/projects/default/keys/new").status, 403);
    let log = owner.get("/audit?action=all");
    let rows = rows(&log);
    assert_eq!(rows[0], "viewer@example.com was not allowed to create keys");
    assert_eq!(rows[1], "viewer@example.com signed in");
    assert_eq!(rows[2], "command line added viewer@example.comas Viewer");
    assert!(rows[3].starts_with("owner@example.com revoked Checkout 2 mk_live_"));
    assert!(rows[3].ends_with("…Compromised"), "{}", rows[3]);
    assert!(rows[4].starts_with("owner@example.com edited Checkout"));
    assert!(
        rows[4].contains("Label: Checkout → Checkout 2"),
        "{}",
        rows[4]
    );
    assert!(rows[4].contains("Scopes: read:assets → write:assets"));
    assert!(rows[4].contains("→ none"));
    assert_eq!(rows[5], "owner@example.com revealed Checkout");
    assert!(
        rows[6].starts_with("owner@example.com created Checkout mk_live_"),
        "{}",
        rows[6]
    );
    assert_eq!(projects(&owner)[6], "Default");
    assert_eq!(log.texts(".log [data-th=Address]")[6], "127.0.0.1");
}

#[test]
fn roles_are_told_with_where_they_hold() {
    let app = TestApp::start();
    let owner = app.owner();
    invite(&owner, "ana@example.com", "viewer", "default");
    let ana = id_of(&app, "ana@example.com").to_string();
    let path = "/projects/default/grants";
    let role = [("email", "ana@example.com"), ("role", "admin")];
    assert_eq!(owner.post(path, &role).status, 303);
    let removal = format!("{path}/removal");
    assert_eq!(owner.post(&removal, &[("user", &ana)]).status, 303);
    let everywhere = [("role", "auditor"), ("project", "*")];
    let given = owner.post(&format!("/users/{ana}/grants"), &everywhere);
    assert_eq!(given.status, 303);
    let rows = told(&owner);
    assert_eq!(
        rows[..3],
        [
            "owner@example.com made ana@example.com Auditor of all projects",
            "owner@example.com removed the role Admin on Default from ana@example.com",
            "owner@example.com made ana@example.com Admin of Defaultwas Viewer",
        ]
    );
    assert_eq!(projects(&owner)[1], "");
}

#[test]
fn scopes_are_told_by_name() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = "/projects/default/scopes";
    let scope = [("name", "jobs:read"), ("description", "List jobs")];
    assert_eq!(owner.post(path, &scope).status, 303);
    let edit = format!("{path}/jobs:read/edit");
    let seen = owner.get(&edit).value("seen");
    let fields = [("description", "See jobs"), ("seen", seen.as_str())];
    assert_eq!(owner.post(&edit, &fields).status, 303);
    let removal = format!("{path}/jobs:read/removal");
    assert_eq!(owner.post(&removal, &[]).status, 303);
    let ready = [("catalogue", "streaming")];
    let added = owner.post(&format!("{path}/catalogue"), &ready);
    assert_eq!(added.status, 303);
    let rows = told(&owner);
    assert_eq!(
        rows[..4],
        [
            "owner@example.com added the Streaming scopes to Default\
             streams:read, streams:write, vod:read, vod:write",
            "owner@example.com removed the scope jobs:read from Default",
            "owner@example.com edited the scope jobs:read of Default\
             Description: List jobs → See jobs",
            "owner@example.com added the scope jobs:read to Default",
        ]
    );
    assert_eq!(projects(&owner)[0], "");
}

#[test]
fn a_project_auditor_sees_the_own_project_and_nothing_of_people() {
    let app = TestApp::start();
    app.other_project();
    app.owner().create_key(&[("label", "Own")]);
    let log = app.person(Role::Auditor).get("/audit");
    assert!(log.body.contains("Own"));
    assert!(!log.body.contains("Foreign"));
    assert!(!log.body.contains("signed in"));
    assert_eq!(app.person(Role::Viewer).get("/audit").status, 403);
}

#[test]
fn older_entries_are_a_page_away() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..60 {
        owner.create_key(&[("label", &format!("Key {number}"))]);
    }
    let first = owner.get("/audit");
    assert_eq!(rows(&first).len(), 50);
    let page = scraper::Html::parse_document(&first.body);
    let selector = scraper::Selector::parse("a[rel=next]").unwrap();
    let next = page
        .select(&selector)
        .next()
        .unwrap()
        .value()
        .attr("href")
        .unwrap()
        .to_owned();
    let second = owner.get(&next);
    assert!(rows(&second)[0].contains("Key 9"));
    assert!(second.texts("a[rel=next]").is_empty());
}

#[test]
fn the_log_is_filtered_by_what_its_address_says() {
    let app = TestApp::start();
    let owner = app.owner();
    let checkout = owner.create_key(&[("label", "Checkout service")]);
    owner.create_key(&[("label", "Billing")]);
    owner.revoke(checkout);
    app.person(Role::Viewer).get("/projects/default/keys/new");
    let today = app.clock.now().date();
    let filtered = |query: &str| rows(&owner.get(&format!("/audit?{query}")));
    let verbs = |query: &str| -> Vec<String> {
        let verb = |row: String| row.split(' ').nth(1).unwrap_or_default().to_owned();
        filtered(query).into_iter().map(verb).collect()
    };
    // Sign-ins are hidden unless one asks for them.
    let shown = filtered("");
    assert!(
        !shown.iter().any(|row| row.contains("signed in")),
        "{shown:?}"
    );
    assert_eq!(verbs("action=sign_ins").first().unwrap(), "signed");
    assert_eq!(verbs("action=keys"), ["revoked", "created", "created"]);
    assert_eq!(verbs("action=key.revoked"), ["revoked"]);
    assert_eq!(verbs("action=refusals"), ["was"]);
    let changes = filtered("action=changes");
    assert!(changes[0].starts_with("command line added"), "{changes:?}");
    assert_eq!(verbs(&format!("key={checkout}")), ["revoked", "created"]);
    assert_eq!(verbs("q=check"), ["revoked", "created"]);
    assert_eq!(verbs("q=service+check"), ["revoked", "created"]);
    assert_eq!(verbs("q=nothing"), [""; 0]);
    assert_eq!(verbs("actor=viewer@example.com"), ["was"]);
    assert_eq!(verbs("address=192.0.2.1"), [""; 0]);
    assert_eq!(verbs("address=127.0.0.1&action=key.revoked"), ["revoked"]);
    assert_eq!(
        verbs(&format!("from={today}&until={today}&action=key.revoked")),
        ["revoked"]
    );
    assert_eq!(verbs("until=2020-01-01"), [""; 0]);
    assert_eq!(verbs("project=default&action=key.revoked"), ["revoked"]);
    // A prefix finds what happened to the key.
    let prefix = owner.get(&format!("/projects/default/keys/{checkout}"));
    let prefix = prefix.text(".head .key").replace('…', "");
    assert_eq!(verbs(&format!("q={prefix}")), ["revoked", "created"]);
    // What can't be understood is said, and shows nothing.
    let wrong = owner.get("/audit?from=yesterday&key=first");
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.texts("#results > .error").len(), 2);
    assert!(rows(&wrong).is_empty());
}

#[test]
fn a_search_leads_to_an_address_without_the_secret() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("label", "Checkout")]);
    let sent = owner.post("/audit/search", &[("q", &secret), ("action", "keys")]);
    assert_eq!(sent.status, 303);
    let to = sent.location();
    assert_eq!(to, format!("/audit?q={}&action=keys", &secret[..14]));
    assert_eq!(rows(&owner.get(to)).len(), 2);
    let given = owner.get(&format!("/audit?q={secret}"));
    assert_eq!(given.status, 303);
    let refused = app.owners_program().get(&format!("/audit?q={secret}"));
    assert_eq!(refused.status, 422);
}

#[test]
fn an_entry_says_everything_and_leads_on() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout")]);
    let fields = [
        ("label", "Checkout 2"),
        ("scopes", "write:assets"),
        ("expires", "never"),
        ("version", "1"),
    ];
    let edited = owner.post(&format!("/projects/default/keys/{id}/edit"), &fields);
    assert_eq!(edited.status, 303);
    let number = app.audit_entries();
    let entry = owner.get(&format!("/audit/{number}"));
    assert_eq!(entry.text("h1"), format!("Entry {number}"));
    let exact = entry.text(".facts time");
    assert!(
        exact.len() == "2026-03-01 14:03:22.123456 UTC".len(),
        "{exact}"
    );
    let changes = entry.texts("table td");
    assert_eq!(changes[..3], ["Label", "Checkout", "Checkout 2"]);
    assert!(
        entry
            .body
            .contains(&format!("href=\"/projects/default/keys/{id}\""))
    );
    assert!(
        entry
            .body
            .contains(&format!("href=\"/audit?key={id}&#38;action=all\""))
    );
    let today = app.clock.now().date();
    let that_day =
        format!("/audit?actor=owner%40example.com&from={today}&until={today}&action=all");
    assert!(entry.body.contains(&that_day.replace('&', "&#38;")));
    assert!(rows(&owner.get(&that_day)).len() > 2);
    // Nobody reads of another project what they may not know of.
    app.other_project();
    let other = app.audit_entries();
    let auditor = app.person(Role::Auditor);
    assert_eq!(auditor.get(&format!("/audit/{other}")).status, 404);
    assert_eq!(auditor.get(&format!("/audit/{number}")).status, 200);
}

#[test]
fn a_page_that_is_watched_gets_news_alone_and_keeps_no_session_alive() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "First")]);
    let page = owner.get("/audit?action=keys");
    let watched = page.attribute("#results", "hx-get");
    assert_eq!(owner.get(&watched).status, 204);
    owner.create_key(&[("label", "Second")]);
    let news = owner.get(&watched);
    assert_eq!(news.status, 200);
    assert!(rows(&news)[0].contains("Second"));
    for _ in 0..4 {
        app.clock.advance(time::Duration::minutes(10));
        owner.get(&watched);
    }
    assert_eq!(owner.get("/audit").status, 303);
}

#[test]
fn looking_a_key_up_by_its_secret_is_an_entry() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("label", "Checkout")]);
    let support = app.person(Role::Support);
    let found = support.post("/find", &[("text", &format!("leaked: {secret}"))]);
    assert_eq!(found.status, 200);
    support.post("/projects/default/keys/search", &[("q", &secret)]);
    let entries = rows(&owner.get(&format!("/audit?key={id}&action=look_ups")));
    assert_eq!(entries, ["support@example.com looked up Checkout"; 2]);
    assert!(!owner.get("/audit?action=all").body.contains(&secret));
}

#[test]
fn how_far_an_export_is_is_told_to_whoever_made_it() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[]);
    let name = owner.get("/audit/export").value("name");
    let progress = format!("/exports/progress?name={name}");
    assert!(owner.get(&progress).texts("p").is_empty());
    let fields = [("format", "jsonl"), ("name", &*name), ("sign_ins", "1")];
    let export = owner.post("/audit/export", &fields);
    assert_eq!(export.header("content-type"), "application/jsonl");
    assert!(
        export
            .header("content-disposition")
            .starts_with("attachment")
    );
    let entries = export.body.lines().count() - 2;
    let told = owner.get(&progress);
    assert_eq!(told.text("p"), format!("Complete: {entries} records."));
    let other = app.person(Role::Auditor).get(&progress);
    assert!(other.texts("p").is_empty());
}
