//! What holds for every answer.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::app::{Answer, TestApp};

/// The answer to these bytes.
fn raw(app: &TestApp, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.address).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    // A server that refuses early may hang up before it has read everything.
    drop(stream.write_all(bytes));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn every_page_has_the_headers_that_keep_it_safe() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = owner.create_key(&[]);
    for path in [
        "/",
        "/login",
        "/setup",
        "/audit",
        "/projects/default/keys",
        "/projects/default/keys/new",
        &format!("/projects/default/keys/{id}"),
        &format!("/projects/default/keys/{id}/reveal"),
        "/nothing",
        "/api/v1/nothing",
        "/healthz",
    ] {
        let answer = owner.get(path);
        let policy = answer.header("content-security-policy");
        for part in [
            "default-src 'none'",
            "script-src 'self'",
            "object-src 'none'",
            "base-uri 'none'",
            "frame-ancestors 'none'",
        ] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"), "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.header(name), value, "{path}");
        }
        assert_eq!(answer.header("server"), "");
    }
    // `/verify` is no page: no browser shows it.
    let refused = owner.get("/verify");
    assert_eq!(refused.header("x-content-type-options"), "nosniff");
    assert_eq!(refused.header("cache-control"), "no-store");
}

#[test]
fn static_files_are_for_ever_and_compressed() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let page = browser.get("/login");
    let css = page
        .body
        .split("href=\"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();
    let ask = |encoding: &str| {
        let request = browser
            .client
            .get(browser.at(&css))
            .header("accept-encoding", encoding);
        request.send().unwrap()
    };
    for (encoding, expected) in [("br, gzip", "br"), ("gzip;q=0.5", "gzip"), ("identity", "")] {
        let answer = ask(encoding);
        assert_eq!(answer.status(), 200);
        let header = |name| {
            answer
                .headers()
                .get(name)
                .map_or("", |value| value.to_str().unwrap())
        };
        assert_eq!(header("content-encoding"), expected);
        assert_eq!(
            header("cache-control"),
            "public, max-age=31536000, immutable"
        );
        assert_eq!(header("content-type"), "text/css; charset=utf-8");
        assert_eq!(header("vary"), "Accept-Encoding");
    }
    assert_eq!(browser.get("/static/app.000000000000.css").status, 404);
    assert_eq!(browser.get("/static/../Cargo.toml").status, 404);
}

#[test]
fn an_unknown_address_is_a_page_or_a_problem() {
    let app = TestApp::start();
    let browser = app.anonymous();
    let page = browser.get("/nothing");
    assert_eq!((page.status, page.text("h1").as_str()), (404, "Not found"));
    let problem = browser.get("/api/v1/nothing");
    assert_eq!(
        (problem.status, problem.code().as_str()),
        (404, "NOT_FOUND")
    );
    assert_eq!(browser.get("/api/v1/keys/verify").status, 405);
    let wrong_method: Answer = browser
        .client
        .delete(browser.at("/login"))
        .send()
        .unwrap()
        .into();
    assert_eq!(
        (wrong_method.status, wrong_method.text("h1").as_str()),
        (405, "Request failed")
    );
    assert_eq!(
        browser
            .client
            .head(browser.at("/healthz"))
            .send()
            .unwrap()
            .status(),
        200
    );
}

#[test]
fn an_error_shows_a_request_id_and_nothing_from_inside() {
    let app = TestApp::start();
    let owner = app.owner();
    // A schema that the program doesn't expect is not an outage.
    app.database
        .execute("ALTER TABLE key_terms RENAME TO gone")
        .unwrap();
    let page = owner.get("/projects/default/keys?q=x");
    assert_eq!(
        (page.status, page.text("h1").as_str()),
        (500, "Something went wrong")
    );
    assert!(page.text("p.small").starts_with("Request "));
    for inside in [
        "key_terms",
        "gone",
        "SELECT",
        "src/",
        "diesel",
        env!("CARGO_PKG_VERSION"),
    ] {
        assert!(!page.body.contains(inside), "{inside}");
    }
}

#[test]
fn what_is_too_large_is_refused() {
    let app = TestApp::start();
    let body = "x".repeat(70_000);
    let length = body.len();
    for path in ["/login", "/api/v1/keys/verify"] {
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        assert!(
            raw(&app, request.as_bytes()).starts_with("HTTP/1.1 413"),
            "{path}"
        );
    }
    let header = format!(
        "GET / HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n",
        "x".repeat(200_000)
    );
    let answer = raw(&app, header.as_bytes());
    assert!(
        answer.starts_with("HTTP/1.1 431") || answer.starts_with("HTTP/1.1 400"),
        "{answer}"
    );
    let many: String = (0..200)
        .map(|number| format!("X-{number}: x\r\n"))
        .collect();
    let answer = raw(
        &app,
        format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n").as_bytes(),
    );
    assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
}

#[test]
fn what_is_too_slow_is_ended_while_others_are_served() {
    let app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[]);
    std::thread::scope(|scope| {
        let head = "POST /login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nConnection: close\r\n\r\nhalf";
        let body = scope.spawn(|| raw(&app, head.as_bytes()));
        let headers = scope.spawn(|| raw(&app, b"GET / HTTP/1.1\r\nHost: x\r\nX-Half"));
        for _ in 0..20 {
            assert_eq!(app.anonymous().verify(&secret).0, 200);
        }
        assert!(body.join().unwrap().starts_with("HTTP/1.1 408"));
        assert!(headers.join().unwrap().starts_with("HTTP/1.1 408"));
    });
}
