use crate::app::TestApp;

const PATH: &str = "/projects/default/settings";

#[test]
fn the_projects_limit_holds_at_once_for_keys_without_their_own() {
    let app = TestApp::start();
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[]);
    let own = [("rate_limit_requests", "5"), ("rate_limit_seconds", "60")];
    let (own_id, with_own) = owner.new_key(&own);
    let saved = owner.post(
        PATH,
        &[("rate_limit_requests", "1"), ("rate_limit_seconds", "3600")],
    );
    assert_eq!(saved.location(), "/projects/default/settings?done=saved");
    let page = owner.get(saved.location());
    assert_eq!(page.value("rate_limit_requests"), "1");
    assert!(page.text("[role=status]").starts_with("Changes saved"));
    assert_eq!(owner.verify(&secret).0, 200);
    assert_eq!(owner.verify(&secret), (429, "RATE_LIMITED".into()));
    assert_eq!(owner.verify(&with_own).0, 200);
    assert_eq!(owner.verify(&with_own).0, 200);
    let facts = |id: i64| {
        owner
            .get(&format!("/projects/default/keys/{id}"))
            .texts(".facts dd")
    };
    assert!(facts(id).contains(&"1 request in 3,600 s (the project’s)".into()));
    assert!(facts(own_id).contains(&"5 requests in 60 s".into()));
    // Taken away again.
    let emptied = owner.post(
        PATH,
        &[("rate_limit_requests", ""), ("rate_limit_seconds", "")],
    );
    assert_eq!(emptied.status, 303);
    assert_eq!(owner.verify(&secret).0, 200);
    let log = owner.get("/audit").texts(".entries li > p:first-child");
    assert_eq!(
        log[0],
        "owner@example.com changed the settings of DefaultRate limit: 1 in 3600 s → none"
    );
    assert_eq!(
        log[1],
        "owner@example.com changed the settings of DefaultRate limit: none → 1 in 3600 s"
    );
}

#[test]
fn a_limit_that_can_not_be_is_marked_and_nothing_is_saved() {
    let app = TestApp::start();
    let owner = app.owner();
    let before = app.audit_entries();
    for (requests, seconds, told) in [
        ("", "60", "Write a whole number of requests."),
        ("ten", "60", "Write a whole number of requests."),
        (
            "0",
            "60",
            "Write a whole number of requests from 1 to 1,000,000.",
        ),
        (
            "1",
            "86401",
            "Write a whole number of seconds from 1 to 86,400 (a day).",
        ),
    ] {
        let fields = [
            ("rate_limit_requests", requests),
            ("rate_limit_seconds", seconds),
        ];
        let answer = owner.post(PATH, &fields);
        assert_eq!(answer.status, 422, "{requests} {seconds}");
        assert_eq!(answer.texts(".error"), [told]);
        assert_eq!(answer.value("rate_limit_seconds"), seconds);
    }
    assert_eq!(app.audit_entries(), before);
}
