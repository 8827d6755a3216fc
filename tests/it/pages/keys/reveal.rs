use time::Duration;

use crate::app::{TestApp, eventually};

fn waiting(app: &TestApp) -> i64 {
    app.database
        .number("SELECT count(*) AS number FROM reveals")
}

#[test]
fn a_secret_is_shown_once_and_then_gone() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let path = format!("/projects/default/keys/{id}/reveal");
    let revealed = owner.post(&path, &[]);
    assert_eq!(revealed.status, 200);
    assert_eq!(revealed.header("cache-control"), "no-store");
    let secret = revealed.secret().unwrap();
    assert_eq!(owner.verify(&secret).0, 200);
    // Without JavaScript the page leaves by itself when the time is over.
    assert!(revealed.body.contains(&format!("; url={path}")));
    let again = owner.post(&path, &[]);
    assert_eq!((again.status, again.location()), (303, path.as_str()));
    let gone = owner.get(&path);
    assert!(gone.text("h1").contains("is gone"));
    assert!(
        gone.texts("button")
            .iter()
            .any(|button| button == "Rotate immediately")
    );
    assert!(!gone.body.contains(&secret));
    assert_eq!(waiting(&app), 0);
}

#[test]
fn the_keys_page_leads_to_a_secret_that_waits_and_later_to_its_rotation() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let path = format!("/projects/default/keys/{id}");
    let links = |page: crate::app::Answer| page.texts(".actions a");
    assert!(links(owner.get(&path)).contains(&"Reveal key".to_owned()));
    assert!(!links(app.owner().get(&path)).contains(&"Reveal key".to_owned()));
    owner.post(&format!("{path}/reveal"), &[]);
    let later = links(owner.get(&path));
    assert!(later.contains(&"Rotate".to_owned()) && !later.contains(&"Reveal key".to_owned()));
}

#[test]
fn of_fifty_attempts_at_once_one_sees_it() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let path = format!("/projects/default/keys/{id}/reveal");
    let attempts: Vec<_> = (0..50)
        .map(|_| {
            let (owner, path) = (owner.clone(), path.clone());
            std::thread::spawn(move || owner.post(&path, &[]).secret().is_some())
        })
        .collect();
    let seen = attempts.into_iter().map(|attempt| attempt.join().unwrap());
    assert_eq!(seen.filter(|seen| *seen).count(), 1);
}

#[test]
fn looking_at_the_page_uses_nothing_up() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let path = format!("/projects/default/keys/{id}/reveal");
    for _ in 0..3 {
        assert_eq!(owner.get(&path).text("button.primary"), "Reveal key");
    }
    let head = owner.client.head(owner.at(&path)).send().unwrap();
    assert!(head.status().as_u16() < 500);
    assert!(owner.post(&path, &[]).secret().is_some());
}

#[test]
fn another_session_of_the_same_person_does_not_get_it_nor_use_it_up() {
    let app = TestApp::start();
    let (owner, elsewhere) = (app.owner(), app.owner());
    let id = owner.create_key(&[]);
    let path = format!("/projects/default/keys/{id}/reveal");
    assert!(elsewhere.get(&path).text("h1").contains("is gone"));
    assert!(elsewhere.post(&path, &[]).secret().is_none());
    assert!(owner.post(&path, &[]).secret().is_some());
}

#[test]
fn the_cookie_alone_opens_nothing_in_another_session() {
    let app = TestApp::start();
    let owner = app.owner();
    let created = owner.post_key("default", &[]);
    let path = created.location().to_owned();
    let cookie = created.headers.get_all("set-cookie").iter();
    let cookie = cookie
        .map(|cookie| cookie.to_str().unwrap())
        .find(|c| c.contains("reveal"))
        .unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
    assert!(cookie.contains(&format!("Path={path}")) && cookie.contains("Max-Age=300"));
    let thief = app.owner();
    let pair = cookie.split(';').next().unwrap();
    let session = thief.client.post(thief.at(&path)).header("cookie", pair);
    // The client adds its own session to the header only when none is given: give both.
    let answer = session.form(&[("csrf", &thief.csrf)]).send().unwrap();
    assert!(!answer.text().unwrap().contains("data-secret"));
    assert!(owner.post(&path, &[]).secret().is_some());
}

#[test]
fn after_five_minutes_it_is_gone_from_the_database_too() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    let path = format!("/projects/default/keys/{id}/reveal");
    app.clock.advance(Duration::minutes(5));
    assert!(owner.post(&path, &[]).secret().is_none());
    assert!(owner.get(&path).text("h1").contains("is gone"));
    eventually(|| (waiting(&app) == 0).then_some(()));
}

#[test]
fn revoking_takes_it_away() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    owner.revoke(id);
    assert_eq!(waiting(&app), 0);
    let path = format!("/projects/default/keys/{id}/reveal");
    assert!(owner.post(&path, &[]).secret().is_none());
    assert!(!owner.get(&path).body.contains("Rotate immediately"));
}
