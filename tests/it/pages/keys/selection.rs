//! Revoking keys that were selected in a list.

use keyward::records::Role;

use crate::app::TestApp;

fn fields<'a>(ids: &'a [String], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let keys = ids.iter().map(|id| ("id", id.as_str()));
    keys.chain(more.iter().copied()).collect()
}

#[test]
fn selected_keys_of_several_projects_are_named_and_revoked_with_an_entry_each() {
    let app = TestApp::start();
    let owner = app.owner();
    let foreign = app.other_project();
    let keys: Vec<(i64, String)> = (0..3)
        .map(|number| owner.new_key(&[("label", &format!("Service {number}"))]))
        .collect();
    let ids: Vec<String> = [keys[0].0, keys[1].0, foreign]
        .map(|id| id.to_string())
        .into();
    let asked = owner.get(&format!(
        "/keys/revocation?id={}&id={}&id={}&back=%2Fprojects%2Fdefault%2Fkeys%3Fq%3DService",
        ids[0], ids[1], ids[2]
    ));
    assert_eq!(asked.status, 200);
    assert_eq!(asked.text("h1"), "Revoke 3 keys");
    let named = asked.texts(".selected li");
    assert!(
        named[0].starts_with("Service 0") && named[2].contains("Other"),
        "{named:?}"
    );
    let before = app.audit_entries();
    let back = ("back", "/projects/default/keys?q=Service");
    let wrong = owner.post("/keys/revocation", &fields(&ids, &[back]));
    assert_eq!(wrong.status, 422);
    assert!(!wrong.text("#reason-error").is_empty());
    let reason = ("reason", "compromised");
    let done = owner.post("/keys/revocation", &fields(&ids, &[back, reason]));
    assert_eq!(
        (done.status, done.location()),
        (303, "/projects/default/keys?q=Service&done=revoked&keys=3")
    );
    let list = owner.get(done.location());
    assert_eq!(
        list.text(".toast"),
        "3 keys revoked. The next request with them fails."
    );
    assert_eq!(owner.verify(&keys[0].1), (401, "REVOKED".into()));
    assert_eq!(owner.verify(&keys[2].1).0, 200);
    assert_eq!(app.audit_entries(), before + 3);
    // Once more: nothing is left to do.
    let again = owner.post("/keys/revocation", &fields(&ids, &[reason]));
    assert_eq!(again.status, 409);
}

#[test]
fn more_than_ten_take_their_number() {
    let app = TestApp::start();
    let owner = app.owner();
    let ids: Vec<String> = (0..11).map(|_| owner.create_key(&[]).to_string()).collect();
    let reason = ("reason", "unused");
    for number in ["", "10", "eleven"] {
        let more = [reason, ("number", number)];
        let answer = owner.post("/keys/revocation", &fields(&ids, &more));
        assert_eq!(answer.status, 422, "{number}");
        assert_eq!(
            answer.text("#number-error"),
            "Type 11, the number of keys to revoke."
        );
    }
    let more = [reason, ("number", " 11 ")];
    assert_eq!(
        owner.post("/keys/revocation", &fields(&ids, &more)).status,
        303
    );
    let left = "SELECT count(*) AS number FROM keys WHERE revoked_at IS NULL";
    assert_eq!(app.database.number(left), 0);
}

#[test]
fn nobody_revokes_more_than_they_may() {
    let app = TestApp::start();
    let own = app.owner().create_key(&[]).to_string();
    let foreign = app.other_project().to_string();
    let reason = ("reason", "unused");
    let support = app.person(Role::Support);
    let (viewer, auditor) = (app.person(Role::Viewer), app.person(Role::Auditor));
    for (person, ids, status) in [
        (&support, vec![own.clone(), foreign.clone()], 404),
        (&viewer, vec![own.clone()], 403),
        (&auditor, vec![own.clone()], 403),
        (&support, vec!["999".to_owned()], 404),
        (&support, vec![], 409),
    ] {
        let answer = person.post("/keys/revocation", &fields(&ids, &[reason]));
        assert_eq!(answer.status, status, "{ids:?}");
    }
    let revoked = "SELECT count(*) AS number FROM keys WHERE revoked_at IS NOT NULL";
    assert_eq!(app.database.number(revoked), 0);
    // Elsewhere than in this console it never leads back.
    let away = [reason, ("back", "https://evil.example/")];
    let done = support.post("/keys/revocation", &fields(&[own], &away));
    assert_eq!(done.location(), "/keys?done=revoked&keys=1");
    // A list without anything to revoke has nothing to select.
    let list = auditor.get("/projects/default/keys");
    assert!(list.texts("#selection, .select").is_empty());
}
