//! A project's usage.

use crate::app::{TestApp, eventually};

#[test]
fn the_usage_of_a_project_is_that_of_its_keys() {
    let app = TestApp::start();
    let owner = app.owner();
    app.other_project();
    let (busy, secret) = owner.new_key(&[("label", "Busy")]);
    let (quiet, other) = owner.new_key(&[("label", "Quiet")]);
    for _ in 0..3 {
        assert_eq!(owner.verify(&secret).0, 200);
    }
    assert_eq!(owner.verify(&other).0, 200);
    owner.revoke(quiet);
    assert_eq!(owner.verify(&other).0, 401);
    let page = eventually(|| {
        let page = owner.get("/projects/default/usage");
        let caption = page.text(".chart figcaption");
        caption
            .contains("4 passed, 1 refused (20%)")
            .then_some(page)
    });
    assert_eq!(page.texts("div.lane"), ["Revoked 1"]);
    let [most, refused] = &page.texts(".busy ul")[..] else {
        panic!("two lists")
    };
    assert!(
        most.starts_with("Busy") && most.contains("3 75%") && most.contains("Quiet"),
        "{most}"
    );
    assert!(
        refused.starts_with("Quiet") && refused.contains("1 100%"),
        "{refused}"
    );
    assert_eq!(
        page.link(".busy a"),
        format!("/projects/default/keys/{busy}")
    );
    for (range, bars) in [
        ("24h", 25),
        ("7d", 28),
        ("30d", 30),
        ("90d", 90),
        ("1y", 30),
    ] {
        let page = owner.get(&format!("/projects/default/usage?range={range}"));
        assert_eq!(page.texts(".bars li").len(), bars, "{range}");
        assert!(
            page.text(".chart figcaption").contains("4 passed"),
            "{range}"
        );
    }
    let ranges = page.links(".ranges a");
    assert_eq!(ranges[1], "/projects/default/usage?range=7d");
    let none = owner.get("/projects/other/usage");
    assert!(
        none.text(".chart figcaption")
            .starts_with("No requests in the last 30 days")
    );
}
