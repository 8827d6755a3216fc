//! How a request says whose it is, and when that is decided.

use keyward::records::Role;
use reqwest::header::{COOKIE, HeaderMap};
use serde_json::json;

use crate::app::TestApp;

#[test]
fn cookies_count_for_nothing_here_and_tokens_for_nothing_on_pages() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(
        owner.get("/api/v1/keys").status,
        401,
        "the session's cookie was sent"
    );
    assert_eq!(owner.get("/projects/default/keys").status, 200);
    let token = app.owners_program().token;
    let client = app.anonymous().client;
    for token in [token, "kwp_nonsense".into()] {
        let page = client
            .get(owner.at("/projects/default/keys"))
            .bearer_auth(token);
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "keyward_session=nonsense".parse().unwrap());
        let page = page.headers(headers).send().unwrap();
        assert_eq!(page.status(), 303);
    }
}

/// Sends the headers and a few bytes, and the rest once the person has been disabled.
#[test]
fn whoever_is_disabled_while_a_body_arrives_does_nothing_with_it() {
    use std::io::{Read, Write};

    let app = TestApp::start();
    let owner = app.owners_program();
    let admin = app.program_of(Role::Admin);
    let id = admin.get("/account").json()["data"]["id"].clone();
    let body = r#"{"name": "A"}"#;
    let mut stream = std::net::TcpStream::connect(app.address).unwrap();
    let head = format!(
        "POST /api/v1/keys HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        admin.token,
        body.len()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&body.as_bytes()[..4]).unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    let disabled = owner.patch(&format!("/users/{id}"), &json!({"disabled": true}));
    assert_eq!(disabled.status, 200);
    stream.write_all(&body.as_bytes()[4..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    assert_eq!(
        app.database.number("SELECT count(*) AS number FROM keys"),
        0
    );
}
