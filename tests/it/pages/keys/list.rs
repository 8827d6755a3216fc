use time::Duration;

use crate::app::{Answer, Browser, TestApp};

fn labels(answer: &Answer) -> Vec<String> {
    answer.texts("td.name .label")
}

fn link(answer: &Answer, css: &str) -> Option<String> {
    let page = scraper::Html::parse_document(&answer.body);
    let found = page
        .select(&scraper::Selector::parse(css).unwrap())
        .next()?;
    Some(found.value().attr("href")?.to_owned())
}

/// Every page from the first to the last, by the links on them.
fn walk(browser: &Browser, first: &str, css: &str) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    let mut next = Some(first.to_owned());
    while let Some(path) = next {
        let page = browser.get(&path);
        assert_eq!(page.status, 200);
        next = link(&page, css);
        pages.push(labels(&page));
    }
    pages
}

#[test]
fn an_empty_list_says_how_to_make_the_first_key() {
    let app = TestApp::start();
    let page = app.owner().get("/projects/default/keys");
    assert_eq!(page.text(".empty h2"), "No keys yet");
    assert!(
        page.texts("a")
            .iter()
            .any(|link| link == "Create the first key")
    );
}

#[test]
fn the_columns_have_the_names_that_people_rely_on() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[("label", "Checkout")]);
    let page = owner.get("/projects/default/keys");
    let columns = page.texts("th");
    assert_eq!(
        columns[1..9],
        [
            "Label",
            "Key",
            "Scopes",
            "30 days",
            "Created",
            "Expires",
            "Last used",
            "State"
        ]
    );
    assert!(page.body.contains("aria-label=\"Revoke Checkout\""));
}

#[test]
fn pages_in_every_order_show_each_key_once() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..120 {
        // Several share a label and an expiry, so that the id has to break the tie.
        let label = format!("Service {:02}", number % 40);
        let expires = ["never", "30", "90"][number % 3];
        owner.create_key(&[("label", &label), ("expires", expires)]);
    }
    for sort in [
        "",
        "created",
        "label",
        "-label",
        "expires",
        "-expires",
        "used",
        "-used",
        // A search starts from the keys it finds.
        "label&q=service",
        "-label&q=service",
        "-expires&q=service",
        "created&q=service",
    ] {
        let start = format!("/projects/default/keys?sort={sort}");
        let pages = walk(&owner, &start, "a[rel=next]");
        assert_eq!(
            pages.iter().map(Vec::len).collect::<Vec<_>>(),
            [50, 50, 20],
            "{sort}"
        );
        let page = owner.get(&start);
        let second = link(&page, "a[rel=next]").unwrap();
        let third = link(&owner.get(&second), "a[rel=next]").unwrap();
        let back = walk(&owner, &third, "a[rel=prev]");
        let forth: Vec<_> = pages.into_iter().rev().collect();
        assert_eq!(back, forth, "{sort} backwards");
        if sort.starts_with("label") {
            let all: Vec<_> = forth.into_iter().rev().flatten().collect();
            assert!(all.is_sorted());
        }
    }
}

#[test]
fn a_search_finds_beginnings_of_labels_prefixes_and_people() {
    let app = TestApp::start();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[("label", "Checkout service (EU)")]);
    owner.create_key(&[("label", "Billing"), ("scopes", "write:assets")]);
    let found = |query: &str| labels(&owner.get(&format!("/projects/default/keys?{query}")));
    let one = ["Checkout service (EU)"];
    for query in [
        "q=check",
        "q=CHECKOUT",
        "q=eu",
        "q=serv+che",
        &format!("q={}", &secret[..12]),
    ] {
        assert_eq!(found(query), one, "{query}");
    }
    assert_eq!(found("q=owner%40exa").len(), 2);
    assert_eq!(found("q=owner+bill"), ["Billing"]);
    for query in ["q=heckout", "q=%25", "q=_", "q=scope", "q=nothing"] {
        assert_eq!(found(query).len(), 0, "{query}");
    }
    assert_eq!(found("q=%00&scope=%00").len(), 2);
    let none = owner.get("/projects/default/keys?q=nothing");
    assert_eq!(none.text(".empty h2"), "No matching keys");
    assert_eq!(none.value("q"), "nothing");
}

#[test]
fn filters_narrow_by_state_environment_and_scope() {
    let app = TestApp::start();
    let owner = app.owner();
    let (dormant, _) = owner.new_key(&[("label", "Dormant"), ("expires", "never")]);
    owner.create_key(&[("label", "Expired"), ("expires", "30")]);
    app.clock.advance(Duration::days(91));
    let owner = app.owner();
    owner.create_key(&[
        ("label", "Expiring"),
        ("expires", "30"),
        ("environment", "test"),
    ]);
    app.clock.advance(Duration::days(24));
    let owner = app.owner();
    let (revoked, _) = owner.new_key(&[("label", "Revoked"), ("scopes", "write:assets")]);
    owner.revoke(revoked);
    owner.create_key(&[("label", "Active"), ("scopes", "*")]);
    let found = |query: &str| labels(&owner.get(&format!("/projects/default/keys?{query}")));
    assert_eq!(found("state=dormant"), ["Dormant"]);
    assert_eq!(found("state=expired"), ["Expired"]);
    assert_eq!(found("state=expiring"), ["Expiring"]);
    assert_eq!(found("state=revoked"), ["Revoked"]);
    assert_eq!(found("state=active"), ["Active"]);
    assert_eq!(found("state=attention"), ["Expiring", "Dormant"]);
    assert_eq!(found("environment=test"), ["Expiring"]);
    assert_eq!(found("state=working"), ["Active", "Expiring", "Dormant"]);
    assert_eq!(found("scope=write%3Aassets"), ["Active", "Revoked"]);
    assert_eq!(found("carries=write%3Aassets"), ["Revoked"]);
    assert_eq!(found("scope=*"), ["Active"]);
    assert_eq!(found("scope=write%3Aassets&state=active"), ["Active"]);
    let page = owner.get("/projects/default/keys");
    assert_eq!(page.text("#summary"), "5 keys");
    let states = page.texts(".of-state");
    assert_eq!(
        states,
        ["Active", "Revoked", "Expiring", "Expired", "Dormant"]
    );
    assert!(dormant > 0);
}

#[test]
fn the_search_and_filters_stay_filled_in() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[]);
    let page = owner.get("/projects/default/keys?q=prod&state=active&environment=live&sort=label");
    assert_eq!(page.value("q"), "prod");
    assert_eq!(page.value("state"), "active");
    assert_eq!(page.text(".tabs [aria-current]"), "Active");
    assert_eq!(page.text("[name=environment] option[selected]"), "Live");
    assert_eq!(page.value("sort"), "label");
}

#[test]
fn htmx_gets_the_part_it_asked_for() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[]);
    let ask = |name: &'static str| -> Answer {
        let request = owner
            .client
            .get(owner.at("/projects/default/keys"))
            .header("hx-request", "true");
        request.header(name, "true").send().unwrap().into()
    };
    let part = ask("hx-boosted");
    assert!(part.body.contains("id=\"results\"") && !part.body.contains("<html"));
    assert_eq!(part.header("vary"), "HX-Request");
    assert!(ask("hx-history-restore-request").body.contains("<html"));
}

#[test]
fn an_invented_cursor_shows_the_first_page() {
    let app = TestApp::start();
    let owner = app.owner();
    owner.create_key(&[]);
    for query in [
        "after=x",
        "before=%00",
        "sort=expires&after=NyBub3BlCg",
        "sort=nonsense",
    ] {
        let page = owner.get(&format!("/projects/default/keys?{query}"));
        assert_eq!(labels(&page).len(), 1, "{query}");
    }
}

#[test]
fn fifty_rows_with_a_month_of_use_are_a_small_page() {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..50 {
        owner.create_key(&[
            ("label", &format!("Service number {number}")),
            ("scopes", "read:assets"),
            ("scopes", "write:assets"),
        ]);
    }
    let today = app.clock.now().date().midnight();
    let mut statements = String::new();
    for (key, day) in (1..=50_i64).flat_map(|key| (0..30).map(move |day| (key, day))) {
        let hour = keyward::clock::rfc3339(today - Duration::days(day));
        let hour = hour.replace('T', " ").replace('Z', "");
        let requests = 100 + (key * 37 + day * 91) % 900;
        statements.push_str(&format!(
            "INSERT INTO key_usage VALUES ({key}, '{hour}', 'VALID', {requests});"
        ));
    }
    app.database.execute(&statements).unwrap();
    let list = "/projects/default/keys";
    let page = owner.get(list);
    assert_eq!(page.texts(".spark svg path:first-of-type").len(), 50);
    let whole = page.body.len();
    assert!(whole < 70_000, "{whole} bytes");
    let request = owner.client.get(owner.at(list));
    let compressed = request.header("accept-encoding", "br").send().unwrap();
    assert_eq!(compressed.headers()["content-encoding"], "br");
    let compressed = compressed.bytes().unwrap().len();
    assert!(compressed < 10_000, "{compressed} bytes");
}
