//! An instance whose clock is wrong deletes nothing that it would keep with a right one.

use keyward::clock::Clock;
use keyward::records::Role;
use time::Duration;

use crate::app::{Settings, TestApp, TestDatabase};

/// How many rows of usage and of sessions there are.
fn kept(database: &TestDatabase) -> (i64, i64) {
    let number = |table| database.number(&format!("SELECT count(*) AS number FROM {table}"));
    (number("key_usage"), number("sessions"))
}

#[test]
fn a_start_three_years_ahead_or_behind_deletes_no_usage_and_no_session() {
    let mut app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let (_, secret) = owner.new_key(&[]);
    owner.verify(&secret);
    let before = crate::app::eventually(|| {
        Some(kept(&app.database)).filter(|(usage, sessions)| *usage == 1 && *sessions >= 2)
    });
    app.stop();
    for years in [3, -3] {
        let clock = Clock::default();
        clock.advance(Duration::days(years * 365));
        let settings = Settings {
            database_url: Some(app.database.url.clone()),
            ..Settings::default()
        };
        let mut wrong = TestApp::start_at(TestDatabase::new(), settings, clock);
        // The first sweep and the first look back come after a second.
        std::thread::sleep(std::time::Duration::from_secs(3));
        wrong.stop();
        assert_eq!(kept(&app.database), before, "{years} years");
    }
}
