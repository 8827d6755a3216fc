use keyward::records::Role;
use scraper::{Html, Selector};

use crate::app::{Answer, Browser, TestApp, with_defaults};

const PATH: &str = "/projects/default/scopes";

fn add(browser: &Browser, name: &str, includes: &[&str]) -> Answer {
    let mut fields = vec![("name", name), ("description", "What it allows")];
    fields.extend(includes.iter().map(|included| ("includes", *included)));
    browser.post(PATH, &fields)
}

/// Sends the edit form as it was opened, except for `fields`.
fn edit(browser: &Browser, path: &str, fields: &[(&str, &str)]) -> Answer {
    let shown = browser.get(path);
    let (description, seen) = (shown.value("description"), shown.value("seen"));
    let defaults = [("description", description.as_str()), ("seen", &seen)];
    browser.post(path, &with_defaults(fields, &defaults))
}

fn names(browser: &Browser) -> Vec<String> {
    browser.get(PATH).texts("td.name")
}

/// Where the links that `css` selects lead.
fn links(answer: &Answer, css: &str) -> Vec<String> {
    let page = Html::parse_document(&answer.body);
    page.select(&Selector::parse(css).unwrap())
        .filter_map(|link| Some(link.value().attr("href")?.to_owned()))
        .collect()
}

/// The status of a verification that asks for a scope.
fn ask(browser: &Browser, scope: &str, secret: &str) -> u16 {
    let url = browser.at(&format!("/verify?scope={scope}"));
    let request = browser.client.get(url).header("X-API-Key", secret);
    request.send().unwrap().status().as_u16()
}

#[test]
fn the_catalogue_says_what_is_in_it_and_who_carries_it() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("scopes", "read:assets")]);
    owner.create_key(&[("scopes", "read:assets"), ("scopes", "write:assets")]);
    let gone = owner.create_key(&[("scopes", "read:assets")]);
    owner.revoke(gone);
    let page = owner.get(PATH);
    let columns = page.texts("th");
    assert_eq!(columns[..4], ["Scope", "Description", "Includes", "Keys"]);
    assert_eq!(
        page.texts("td.name"),
        ["read:assets", "write:assets", "read:analytics"]
    );
    assert_eq!(page.texts("td[data-th=Keys]"), ["2", "1", "none"]);
    let to_keys = links(&page, "td[data-th=Keys] a");
    let with_read = "/projects/default/keys?state=working&scope=read:assets";
    assert_eq!(to_keys[0], with_read);
    assert_eq!(owner.get(with_read).texts("td.name").len(), 2);
    assert_eq!(owner.get(&to_keys[1]).texts("td.name").len(), 1);
}

#[test]
fn an_inclusion_holds_from_the_next_request_on() {
    let app = TestApp::start();
    let owner = app.owner();
    for name in ["streams:read", "streams:write"] {
        let added = add(&owner, name, &[]);
        assert_eq!(added.location(), format!("{PATH}?done=added"));
        assert!(
            owner
                .get(added.location())
                .text("[role=status]")
                .starts_with("Scope added")
        );
    }
    let (_, secret) = owner.new_key(&[("scopes", "streams:write")]);
    assert_eq!(ask(&owner, "streams:write", &secret), 200);
    assert_eq!(ask(&owner, "streams:read", &secret), 403);
    let path = format!("{PATH}/streams:write/edit");
    let saved = edit(&owner, &path, &[("includes", "streams:read")]);
    assert_eq!(saved.location(), format!("{PATH}?done=edited&gaining=1"));
    assert_eq!(ask(&owner, "streams:read", &secret), 200);
    let form = owner.get(&path);
    assert_eq!(form.text("h1"), "Edit streams:write");
    assert_eq!(
        form.texts("[name=includes][value='streams:read'][checked]")
            .len(),
        1
    );
    assert_eq!(
        form.texts("[name=includes][value='streams:write']").len(),
        0
    );
    assert!(form.text(".head p").starts_with("1 key has it. What"));
    let through = owner.get(&format!("{PATH}/streams:read/edit"));
    let used = "1 key can use it, none of them by name.";
    assert!(through.text(".head p").starts_with(used));
    // Removed again.
    assert_eq!(edit(&owner, &path, &[]).status, 303);
    assert_eq!(ask(&owner, "streams:read", &secret), 403);
}

#[test]
fn a_name_may_have_a_slash_in_it() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(add(&owner, "live/streams:read", &[]).status, 303);
    let page = owner.get(PATH);
    let of_it = "[aria-label$='live/streams:read']";
    let pages = links(&page, of_it);
    assert_eq!(
        pages,
        [
            format!("{PATH}/live%2Fstreams:read/edit"),
            format!("{PATH}/live%2Fstreams:read/removal")
        ]
    );
    assert_eq!(owner.get(&pages[0]).text("h1"), "Edit live/streams:read");
    let fields = [("description", "Watch live")];
    assert_eq!(edit(&owner, &pages[0], &fields).status, 303);
    assert!(
        owner
            .get(PATH)
            .texts("td bdi")
            .contains(&"Watch live".to_owned())
    );
    owner.create_key(&[("scopes", "live/streams:read")]);
    let to_keys = links(&owner.get(PATH), "td[data-th=Keys] a");
    assert_eq!(
        to_keys,
        ["/projects/default/keys?state=working&scope=live%2Fstreams:read"]
    );
    assert_eq!(owner.get(&to_keys[0]).texts("td.name").len(), 1);
    assert_eq!(owner.post(&pages[1], &[]).status, 409);
    owner.revoke(1);
    assert_eq!(owner.post(&pages[1], &[]).status, 303);
    assert!(!names(&owner).contains(&"live/streams:read".to_owned()));
}

#[test]
fn a_scope_that_is_there_is_not_written_over() {
    let app = TestApp::start();
    let owner = app.owner();
    let before = app.audit_entries();
    let refused = add(&owner, " read:assets ", &[]);
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.texts(".error"),
        ["This project has this scope already."]
    );
    assert_eq!(refused.value("description"), "What it allows");
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn every_wrong_field_is_told_beside_it() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("name", "Read Assets"),
        ("description", ""),
        ("includes", "no:such"),
    ];
    let refused = owner.post(PATH, &fields);
    assert_eq!(refused.status, 422);
    for field in ["name", "description", "includes"] {
        assert_eq!(
            refused.texts(&format!("#{field}-error")).len(),
            1,
            "{field}"
        );
    }
    assert_eq!(refused.value("name"), "Read Assets");
    let path = format!("{PATH}/read:assets/edit");
    let refused = edit(&owner, &path, &[("description", "\u{202E}")]);
    assert_eq!(refused.status, 422);
    assert!(!refused.text("#description-error").is_empty());
}

#[test]
fn an_edit_that_meets_a_newer_version_keeps_what_was_typed_and_shows_both() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = format!("{PATH}/read:assets/edit");
    let seen = owner.get(&path).value("seen");
    let tab = |description| [("description", description), ("seen", seen.as_str())];
    assert_eq!(owner.post(&path, &tab("First")).status, 303);
    let second = owner.post(&path, &tab("Second"));
    assert_eq!(second.status, 409);
    let told = second.text("main [role=alert]");
    assert!(told.starts_with("Somebody changed this scope"), "{told}");
    assert_eq!(second.texts(".versions td:nth-child(2)"), ["Second"]);
    assert_eq!(second.texts(".versions td:nth-child(3)"), ["First"]);
    assert_eq!(second.value("description"), "Second");
    assert_eq!(owner.get(&path).value("description"), "First");
    let newest = second.value("seen");
    let again = [("description", "Second"), ("seen", newest.as_str())];
    assert_eq!(owner.post(&path, &again).status, 303);
    // One that was removed meanwhile does not come back.
    let removal = format!("{PATH}/read:assets/removal");
    assert_eq!(owner.post(&removal, &[]).status, 303);
    assert_eq!(owner.post(&path, &tab("Third")).status, 409);
    assert!(!names(&owner).contains(&"read:assets".to_owned()));
    let gone = owner.get(&path);
    assert_eq!(gone.status, 404);
    let way_on = format!("main a[href='{PATH}']");
    assert_eq!(gone.texts(&way_on), ["Back to the scopes"]);
}

#[test]
fn the_way_on_from_a_missing_page_stays_encoded() {
    let app = TestApp::start();
    let gone = app.owner().get("/projects/a%3Fb/scopes/x/edit");
    assert_eq!(gone.status, 404);
    assert_eq!(gone.texts("main a[href='/projects/a%3Fb/scopes']").len(), 1);
}

#[test]
fn a_scope_in_use_can_not_be_removed_and_its_keys_are_named() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[("label", "Checkout"), ("scopes", "read:assets")]);
    let path = format!("{PATH}/read:assets/removal");
    let page = owner.get(&path);
    assert_eq!(
        page.text("main .notice"),
        "1 key has it. Remove it from them first."
    );
    assert_eq!(page.texts("main form").len(), 0);
    let refused = owner.post(&path, &[]);
    assert_eq!(refused.status, 409);
    let notice = refused.text("main .notice");
    assert!(notice.contains("Checkout (mk_live_"), "{notice}");
    assert!(notice.contains(&format!("key {id}")), "{notice}");
    let to_keys = "/projects/default/keys?state=working&carries=read:assets";
    assert!(links(&refused, "main a").contains(&to_keys.to_owned()));
    assert!(names(&owner).contains(&"read:assets".to_owned()));
    // Once the key is revoked, nothing prevents the removal.
    owner.revoke(id);
    assert_eq!(owner.get(&path).texts("main form button"), ["Remove scope"]);
    assert_eq!(owner.post(&path, &[]).status, 303);
}

#[test]
fn an_unused_scope_is_removed_and_offered_no_more() {
    let app = TestApp::start();
    let owner = app.owner();
    let path = format!("{PATH}/write:assets/removal");
    assert_eq!(owner.get(&path).text("h1"), "Remove write:assets");
    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("{PATH}?done=removed"));
    assert_eq!(
        owner.get(done.location()).text("[role=status]"),
        "Scope removed."
    );
    assert_eq!(names(&owner), ["read:assets", "read:analytics"]);
    let form = owner.get("/projects/default/keys/new");
    let offered = form.attributes(".checks input[type=checkbox]", "value");
    assert_eq!(offered, ["read:assets", "read:analytics", "*"]);
    assert_eq!(owner.post(&path, &[]).status, 404);
}

#[test]
fn a_scope_that_another_includes_can_not_be_removed() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(
        add(&owner, "all:assets", &["read:assets", "write:assets"]).status,
        303
    );
    let path = format!("{PATH}/read:assets/removal");
    let notice = "all:assets includes it. Change that first.";
    let page = owner.get(&path);
    assert_eq!(page.text("main .notice"), notice);
    assert_eq!(page.texts("main form").len(), 0);
    // The same if keys carry it: the scope that includes it comes first.
    owner.create_key(&[("scopes", "read:assets")]);
    assert_eq!(owner.get(&path).text("main .notice"), notice);
    assert_eq!(owner.get(&path).texts("main a"), ["Cancel"]);
    let refused = owner.post(&path, &[]);
    assert_eq!(refused.status, 409);
    assert!(
        refused
            .text("main .notice")
            .starts_with("all:assets includes read:assets")
    );
    assert_eq!(refused.texts("main a"), ["Cancel"]);
}

#[test]
fn ready_catalogues_are_offered_while_they_would_add_something() {
    let app = TestApp::start();
    let owner = app.owner();
    let offers = || owner.get(PATH).texts("main form button");
    assert_eq!(offers(), ["Add the Streaming scopes"]);
    let page = owner.get(PATH);
    let listed = page.texts(".facts dt");
    assert_eq!(
        listed,
        ["streams:read", "streams:write", "vod:read", "vod:write"]
    );
    let path = format!("{PATH}/catalogue");
    let added = owner.post(&path, &[("catalogue", "streaming")]);
    assert_eq!(added.location(), format!("{PATH}?done=catalogue"));
    assert_eq!(names(&owner).len(), 7);
    assert_eq!(offers().len(), 0);
    // A catalogue is offered while something of it is missing.
    let removal = format!("{PATH}/write:assets/removal");
    assert_eq!(owner.post(&removal, &[]).status, 303);
    assert_eq!(offers(), ["Add the Media scopes"]);
    assert_eq!(owner.get(PATH).texts(".facts dt"), ["write:assets"]);
    assert_eq!(owner.post(&path, &[("catalogue", "music")]).status, 400);
}

#[test]
fn an_empty_catalogue_says_how_to_fill_it() {
    let app = TestApp::start();
    app.database.execute("DELETE FROM scopes").unwrap();
    let owner = app.owner();
    let page = owner.get(PATH);
    assert_eq!(page.text(".empty h2"), "No scopes yet");
    assert!(
        page.texts("main a")
            .contains(&"Add the first scope".to_owned())
    );
    assert_eq!(
        page.texts("main form button"),
        ["Add the Media scopes", "Add the Streaming scopes"]
    );
}

#[test]
fn whoever_may_not_change_scopes_sees_them_without_buttons() {
    let app = TestApp::start();
    app.owner().create_key(&[]);
    for role in [Role::Support, Role::Auditor, Role::Viewer] {
        let person = app.person(role);
        let page = person.get(PATH);
        assert_eq!(page.status, 200, "{role}");
        assert_eq!(page.texts("td.name").len(), 3, "{role}");
        assert_eq!(page.texts("main form, main .btn").len(), 0, "{role}");
        let (edit, removal) = (
            format!("{PATH}/read:assets/edit"),
            format!("{PATH}/read:assets/removal"),
        );
        for path in [&format!("{PATH}/new"), &edit, &removal] {
            assert_eq!(person.get(path).status, 403, "{role} {path}");
        }
        let scope = [("name", "a:b"), ("description", "x")];
        let ready = [("catalogue", "streaming")];
        for (path, fields) in [
            (PATH, &scope[..]),
            (&format!("{PATH}/catalogue"), &ready),
            (&edit, &[("description", "x")]),
            (&removal, &[]),
        ] {
            assert_eq!(person.post(path, fields).status, 403, "{role} {path}");
        }
    }
    assert_eq!(names(&app.owner()).len(), 3);
}
