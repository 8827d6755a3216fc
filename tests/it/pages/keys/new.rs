use crate::app::TestApp;

#[test]
fn the_form_has_the_names_that_people_rely_on() {
    let app = TestApp::start();
    let page = app.owner().get("/projects/default/keys/new");
    let labels = page.texts("label, legend, button");
    for name in ["Label", "Scopes", "Environment", "Expires", "Create key"] {
        assert!(
            labels.iter().any(|label| label == name),
            "{name} in {labels:?}"
        );
    }
    // A row for each resource, each box named by its scope; full access apart.
    let rows = page.texts(".picker li");
    assert_eq!(
        rows,
        [
            "assets Read List and view assets, playback info Write Upload, update, delete assets",
            "analytics Read View analytics data and summaries",
        ]
    );
    let names = page.attributes(".picker input[name=scopes]", "aria-label");
    assert_eq!(
        names,
        ["read:assets", "write:assets", "read:analytics", "*"]
    );
    assert!(
        page.text(".picker .full")
            .starts_with("Full access * Every scope")
    );
    assert_eq!(page.text(".picked"), "0 selected Nothing is selected yet.");
    let choices = page.texts("#expires option");
    assert_eq!(
        choices.len(),
        5,
        "never, three lifetimes, a date: {choices:?}"
    );
}

#[test]
fn creating_leads_to_the_reveal_of_the_new_key() {
    let app = TestApp::start();
    let owner = app.owner();
    let answer = owner.post_key(
        "default",
        &[("label", " Checkout  "), ("environment", "test")],
    );
    assert_eq!(answer.status, 303);
    assert_eq!(answer.location(), "/projects/default/keys/1/reveal");
    let reveal = owner.get(answer.location());
    assert_eq!(reveal.text("h1"), "Reveal Checkout");
    assert!(reveal.text(".key").starts_with("mk_test_"));
    assert_eq!(reveal.text(".secret button"), "Reveal key");
    assert!(reveal.secret().is_none());
}

#[test]
fn every_bad_field_is_told_beside_it_with_what_was_typed_kept() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("label", "evil\u{202E}label"),
        ("scopes", "no:such"),
        ("environment", "prod"),
        ("expires", "date"),
        ("expires_on", "2001-01-01"),
        ("rate_limit_requests", "many"),
        ("rate_limit_seconds", "0"),
        ("allowed_ips", "10.0.0.0/8\nlocalhost"),
    ];
    let answer = owner.post_key("default", &fields);
    assert_eq!(answer.status, 422);
    for field in [
        "label",
        "scopes",
        "environment",
        "expires",
        "rate_limit_requests",
        "allowed_ips",
    ] {
        assert!(
            !answer.text(&format!("#{field}-error")).is_empty(),
            "{field}"
        );
    }
    assert_eq!(answer.value("label"), "evil\u{202E}label");
    assert_eq!(answer.value("rate_limit_requests"), "many");
    assert_eq!(answer.text("#allowed_ips"), "10.0.0.0/8 localhost");
    assert_eq!(answer.text("#expires option[selected]"), "On a date");
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM keys"),
        0
    );
}

#[test]
fn a_label_may_be_anything_readable_and_is_never_markup() {
    let app = TestApp::start();
    let owner = app.owner();
    for label in [
        "<script>alert(1)</script>",
        "=cmd|' /C calc'!A0",
        "مفتاح",
        "a\"b'c&d",
        "👩‍🔧",
    ] {
        let id = owner.create_key(&[("label", label)]);
        let page = owner.get(&format!("/projects/default/keys/{id}"));
        assert_eq!(page.text("h1"), label);
        assert!(!page.body.contains("<script>alert"));
    }
    assert_eq!(
        owner
            .get("/projects/default/keys")
            .texts("td.name .label")
            .len(),
        5
    );
}

#[test]
fn expiry_limits_and_addresses_are_kept() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[
        ("expires", "date"),
        ("expires_on", "2099-12-31"),
        ("rate_limit_requests", "600"),
        ("rate_limit_seconds", "60"),
        ("allowed_ips", "203.0.113.7, 2001:db8::/32"),
        ("scopes", "write:assets"),
    ]);
    let facts = owner
        .get(&format!("/projects/default/keys/{id}"))
        .texts(".facts dd");
    for fact in [
        "2100-01-01 00:00:00 UTC (1 Jan 2100)",
        "600 requests in 60 s",
        "203.0.113.7/322001:db8::/32",
        "write:assets",
    ] {
        assert!(
            facts.iter().any(|shown| shown == fact),
            "{fact} in {facts:?}"
        );
    }
}

#[test]
fn a_project_without_an_environment_segment_leaves_it_out() {
    let app = TestApp::start();
    app.database
        .execute("UPDATE projects SET key_start = 'hkr', environment_segment = FALSE")
        .unwrap();
    let owner = app.owner();
    let (_, secret) = owner.new_key(&[]);
    assert!(secret.starts_with("hkr_") && secret.len() == 42, "{secret}");
    assert_eq!(owner.verify(&secret).0, 200);
    assert_eq!(
        owner
            .get("/projects/default/keys")
            .text("td .key")
            .chars()
            .count(),
        12 + 1
    );
}
