use crate::app::TestApp;

#[test]
fn the_choice_changes_one_attribute_of_a_page_and_nothing_else() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let attribute = " data-times=\"browser\"";
    for path in [
        "/projects/default/keys",
        &format!("/projects/default/keys/{id}/rotation"),
        "/users/1",
    ] {
        let read = |zone| {
            owner.post("/account/times", &[("zone", zone)]);
            let page = owner.get(path);
            page.body.replace(&page.value("csrf"), "")
        };
        let utc = read("utc");
        assert!(utc.contains("<time ") && !utc.contains(attribute), "{path}");
        let browser = read("browser");
        assert_eq!(browser.matches(attribute).count(), 1, "{path}");
        assert_eq!(browser.replace(attribute, ""), utc, "{path}");
    }
}

#[test]
fn times_are_relative_in_lists_and_exact_where_one_decides() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let list = owner.get("/projects/default/keys");
    assert!(!list.text("td.created time").contains("UTC"));
    assert!(list.attribute("td.created time", "datetime").ends_with('Z'));
    for (path, place) in [
        ("/", ".entries"),
        ("/account", "#sessions tbody"),
        (
            &format!("/projects/default/keys/{id}/rotation"),
            "#overlap-hint",
        ),
    ] {
        let page = owner.get(path);
        let time = format!("{place} time[data-exact]");
        let as_datetime = page.text(&time).replace(" UTC", "Z").replace(' ', "T");
        assert!(as_datetime.ends_with('Z'), "{path}: {as_datetime}");
        assert_eq!(as_datetime, page.attribute(&time, "datetime"), "{path}");
    }
}
