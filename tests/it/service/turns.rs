//! Slow readers, and everybody else meanwhile.

use std::sync::mpsc;

use keyward::records::Role;

use crate::app::{Answer, Browser, PASSWORD, TestApp, add_person};

const SEARCH: &str = "/projects/default/keys?q=slow";
const LIST: &str = "/projects/default/keys";

/// Makes the search for "slow" take minutes: it finds a thousand terms, and each takes its time.
fn slow_down(app: &TestApp) {
    let slow = match app.database.is_postgres() {
        true => "pg_sleep(0.1) IS NOT NULL",
        false => {
            "(WITH RECURSIVE n (i) AS
               (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000 + 0 * kept.key_id)
              SELECT count(*) FROM n) > 0"
        }
    };
    let sql = format!(
        "ALTER TABLE key_terms RENAME TO kept_terms;
         INSERT INTO kept_terms (project_id, term, key_id)
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)
         SELECT 1, 'slow' || i, (SELECT min(id) FROM keys) FROM n;
         CREATE VIEW key_terms AS
         SELECT project_id, term, key_id FROM kept_terms kept WHERE {slow};"
    );
    app.database.execute(&sql).unwrap();
}

fn with_viewer() -> (TestApp, Browser, Browser) {
    let app = TestApp::start();
    let (owner, viewer) = (app.owner(), app.person(Role::Viewer));
    (app, owner, viewer)
}

#[test]
fn one_persons_slow_searches_keep_nobody_else_from_revoking_signing_in_and_reading() {
    let (app, owner, viewer) = with_viewer();
    let ids = [owner.create_key(&[]), owner.create_key(&[])];
    let program = app.owners_program();
    add_person(
        &mut app.database.connect(),
        "ana@example.com",
        Role::Support,
        Some("default"),
    );
    slow_down(&app);
    let (answered, answers) = mpsc::channel::<Answer>();
    std::thread::scope(|scope| {
        for _ in 0..60 {
            let answered = answered.clone();
            scope.spawn(|| drop({ answered }.send(viewer.get(SEARCH))));
        }
        // The first to be told that there is no turn for it: the viewer's others have them all.
        assert_eq!(answers.recv().unwrap().status, 503);
        assert_eq!(owner.revoke(ids[0]).status, 303);
        assert_eq!(program.delete(&format!("/keys/{}", ids[1])).status, 200);
        assert_eq!(app.sign_in("ana@example.com", PASSWORD).status, 201);
        let ana = app.anonymous().signed_in("ana@example.com");
        assert_eq!(ana.get(LIST).status, 200);
        assert_eq!(owner.get("/readyz").status, 200);
    });
}

#[test]
fn a_search_over_its_time_is_cut_and_its_turn_is_free_again() {
    let (app, owner, viewer) = with_viewer();
    owner.create_key(&[]);
    slow_down(&app);
    std::thread::scope(|scope| {
        // More than one person has turns for.
        let searching: Vec<_> = (0..10)
            .map(|_| scope.spawn(|| viewer.get(SEARCH)))
            .collect();
        for search in searching {
            assert_eq!(search.join().unwrap().status, 503);
        }
    });
    assert_eq!(viewer.get(LIST).status, 200);
}
