//! What a review would ask about a project's keys, and who calls.

use serde_json::json;

use crate::app::{TestApp, eventually};
use crate::cli::import::{import, line};

#[test]
fn each_finding_leads_to_the_keys_that_it_is_about() {
    let app = TestApp::start();
    let owner = app.owner();
    let mut old = line("an-old-secret");
    old["created_at"] = json!("2025-01-31T00:00:00Z");
    assert!(import(&app, &[old], &[]).status.success());
    let (_, used) = owner.new_key(&[("label", "Used")]);
    owner.new_key(&[("label", "Unused")]);
    let (ended, secret) = owner.new_key(&[("label", "Ended")]);
    owner.revoke(ended);
    owner.verify(&used);
    owner.verify(&secret);
    let page = || owner.get("/projects/default/usage");
    eventually(|| (page().texts("#findings li").len() == 7).then_some(()));
    let page = page();
    let titles = page.texts("#findings .label");
    assert_eq!(
        titles,
        [
            "Never used",
            "Not used for 90 days",
            "Ended, but still tried",
            "No expiry",
            "Every scope (*)",
            "No address list, used from one network",
            "Over 180 days old, never rotated",
        ]
    );
    let counts = page.texts("#findings .number");
    assert_eq!(counts[0], "2 Export");
    let api = app.owners_program();
    let expected = [
        &["Checkout", "Unused"][..],
        &["Checkout"],
        &["Ended"],
        &["Checkout"],
        &["Checkout"],
        &["Used"],
        &["Checkout"],
    ];
    for (path, expected) in page.links("#findings .label").iter().zip(expected) {
        let mut labels = owner.get(path).texts("td.name .label");
        labels.sort();
        assert_eq!(labels, expected, "{path}");
        let (_, finding) = path.split_once("finding=").unwrap();
        let found = api
            .get(&format!("/keys?sort=name&finding={finding}"))
            .json();
        let names = found["value"].as_array().unwrap().iter();
        let names: Vec<&str> = names.map(|key| key["name"].as_str().unwrap()).collect();
        assert_eq!(names, expected, "{finding}");
    }
    let export = owner.get(&page.links("#findings a.small")[0]);
    assert_eq!(export.status, 200);
    assert_eq!(export.texts(".facts dt"), ["Finding"]);
    let fields = [("format", "csv"), ("finding", "never-used")];
    let file = owner.post("/projects/default/keys/export", &fields);
    assert_eq!(file.body.lines().count(), 3, "{}", file.body);
    assert_eq!(api.get("/keys?finding=odd").wrong_fields(), ["finding"]);
    let networks = page.texts("#networks li");
    assert_eq!(networks.len(), 1, "{networks:?}");
    assert!(
        networks[0].starts_with("127.0.0.0/24 2 keys"),
        "{networks:?}"
    );
    assert!(networks[0].ends_with("1 passed, 1 refused"), "{networks:?}");
}

#[test]
fn a_project_without_findings_says_so() {
    let app = TestApp::start();
    let page = app.owner().get("/projects/default/usage");
    assert!(page.text("#findings").contains("Nothing to ask about"));
    assert!(
        page.text("#networks")
            .contains("No address presented a key")
    );
}
