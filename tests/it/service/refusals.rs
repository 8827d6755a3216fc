//! Being refused again and again does not fill the audit log.

use keyward::records::Role;
use time::Duration;

use crate::app::{TestApp, eventually};

/// How many entries there are about this action.
fn entries(app: &TestApp, action: &str) -> i64 {
    let sql = format!("SELECT count(*) AS number FROM audit_entries WHERE action = '{action}'");
    app.database.number(&sql)
}

#[test]
fn repeated_denials_become_one_entry_a_minute_with_their_number() {
    let app = TestApp::start();
    let viewer = app.person(Role::Viewer);
    for _ in 0..20 {
        assert_eq!(viewer.get("/projects/default/keys/new").status, 403);
    }
    assert_eq!(entries(&app, "access.denied"), 1);
    // Another action is another matter.
    assert_eq!(viewer.get("/users").status, 403);
    assert_eq!(entries(&app, "access.denied"), 2);
    app.clock.advance(Duration::minutes(1));
    eventually(|| (entries(&app, "access.denied") == 3).then_some(()));
    let audit = app.owner().get("/audit");
    assert!(audit.body.contains("19 times more within a minute"));
    let told = app.owners_program().get("/audit");
    assert!(told.body.contains("\"count\":19"), "{}", told.body);
    assert_eq!(super::audit_chain::first_break(&app.database), None);
}

#[test]
fn a_hidden_project_is_denied_in_one_entry_too() {
    let app = TestApp::start();
    app.other_project();
    let viewer = app.person(Role::Viewer);
    for _ in 0..20 {
        assert_eq!(viewer.get("/projects/other/keys").status, 404);
    }
    eventually(|| (entries(&app, "access.denied") == 1).then_some(()));
    app.clock.advance(Duration::minutes(1));
    eventually(|| (entries(&app, "access.denied") == 2).then_some(()));
}

#[test]
fn failed_sign_ins_fold_and_the_last_ones_are_written_at_the_end() {
    let mut app = TestApp::start();
    let nobody = app.anonymous();
    for _ in 0..4 {
        nobody.sign_in("owner@example.com", "not the password");
    }
    assert_eq!(entries(&app, "session.refused"), 1);
    app.stop();
    assert_eq!(entries(&app, "session.refused"), 2);
    let counted = "SELECT count(*) AS number FROM audit_entries
        WHERE action = 'session.refused' AND details LIKE '%\"count\":3%'";
    assert_eq!(app.database.number(counted), 1);
}
