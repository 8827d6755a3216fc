//! The media API of `examples/`, as a process of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::app::{Answer, Browser, Settings, TestApp, TestDatabase};

/// The media API, killed at the end of the test.
pub struct MediaApi {
    child: Child,
    pub url: String,
}

impl MediaApi {
    /// Behind the Keyward at `keyward`, or behind a `gateway`.
    pub fn start(keyward: &str) -> Self {
        // Cargo puts examples beside the program.
        let program = Path::new(env!("CARGO_BIN_EXE_keyward")).with_file_name("examples");
        let mut child = Command::new(program.join("media_api"))
            .env("KEYWARD_URL", keyward)
            .env("MEDIA_LISTEN", "127.0.0.1:0")
            .stdout(Stdio::piped())
            .spawn()
            .expect("cargo builds examples with tests");
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        out.read_line(&mut line).unwrap();
        let url = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap()
            .to_owned();
        MediaApi { child, url }
    }
}

impl Drop for MediaApi {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A request to `url` with a key, with a JSON body unless that is null.
pub fn call(method: &str, url: &str, secret: &str, body: &Value) -> Answer {
    let request = Browser::new(url)
        .client
        .request(method.parse().unwrap(), url);
    let request = request.header("X-API-Key", secret);
    let request = match body {
        Value::Null => request,
        body => request.json(body),
    };
    request.send().unwrap().into()
}

/// Keyward with the catalogue of a streaming service as well.
fn keyward_with_streams(trusted_proxies: Vec<&'static str>) -> TestApp {
    let database = TestDatabase::with_owner();
    let streams = "INSERT INTO scopes (project_id, name, description, includes) VALUES
        (1, 'streams:read', 'Watch streams', ''),
        (1, 'streams:write', 'Start and end streams', 'streams:read'),
        (1, 'vod:read', 'Watch videos', ''), (1, 'vod:write', 'Change videos', 'vod:read')";
    database.execute(streams).unwrap();
    let settings = Settings {
        trusted_proxies,
        ..Settings::default()
    };
    TestApp::start_on(database, settings)
}

#[test]
fn every_endpoint_asks_for_its_scopes() {
    let app = keyward_with_streams(vec![]);
    let media = MediaApi::start(&app.url);
    let owner = app.owner();
    let secret = |scope: &str| owner.new_key(&[("scopes", scope)]).1;
    let item = json!({"name": "Intro"});
    let upload =
        json!({"filename": "video.mp4", "content_type": "video/mp4", "file_size": 1_048_576});
    // In this order: what is created is then read, changed and deleted.
    let endpoints = [
        ("POST", "/api/assets", &item, "write:assets", 201),
        ("GET", "/api/assets", &Value::Null, "read:assets", 200),
        ("PUT", "/api/assets/1", &item, "write:assets", 200),
        ("DELETE", "/api/assets/1", &Value::Null, "write:assets", 200),
        (
            "POST",
            "/api/mediakit/uploads/presign",
            &upload,
            "write:assets",
            200,
        ),
        (
            "GET",
            "/api/analytics/summary",
            &Value::Null,
            "read:analytics",
            200,
        ),
        ("POST", "/api/streams", &item, "streams:write", 201),
        ("GET", "/api/streams", &Value::Null, "streams:read", 200),
        ("GET", "/api/streams", &Value::Null, "streams:write", 200),
        (
            "DELETE",
            "/api/streams/1",
            &Value::Null,
            "streams:write",
            200,
        ),
        ("POST", "/api/vod", &item, "vod:write", 201),
        ("GET", "/api/vod", &Value::Null, "vod:read", 200),
        ("GET", "/api/vod", &Value::Null, "vod:write", 200),
    ];
    let (every, unrelated) = (secret("*"), secret("read:analytics"));
    let reader = secret("streams:read");
    for (method, path, body, scope, status) in endpoints {
        let url = format!("{}{path}", media.url);
        let answer = call(method, &url, &secret(scope), body);
        assert_eq!(
            answer.status, status,
            "{method} {path} with {scope}: {}",
            answer.body
        );
        if scope != "read:analytics" {
            let answer = call(method, &url, &unrelated, body);
            assert_eq!(
                (answer.status, &*answer.code()),
                (403, "INSUFFICIENT_SCOPE"),
                "{method} {path}"
            );
        }
        if scope == "streams:write" && method != "GET" {
            assert_eq!(
                call(method, &url, &reader, body).status,
                403,
                "{method} {path}"
            );
        }
        assert_eq!(
            call(method, &url, "", body).code(),
            "MISSING",
            "{method} {path}"
        );
    }
    let url = format!("{}/api/assets", media.url);
    let created = call("POST", &url, &every, &item).json();
    assert!(created["data"]["created_by_key"].is_i64());
}

#[test]
fn the_lines_of_the_contract_work_with_either_header() {
    let app = TestApp::start();
    let media = MediaApi::start(&app.url);
    let (_, secret) = app
        .owner()
        .new_key(&[("scopes", "read:analytics"), ("scopes", "read:assets")]);
    let client = app.anonymous().client;
    let asset = client
        .get(format!("{}/api/assets", media.url))
        .header("X-API-Key", &secret);
    assert_eq!(asset.send().unwrap().status(), 200);
    let summary = client.get(format!("{}/api/analytics/summary", media.url));
    assert_eq!(summary.bearer_auth(&secret).send().unwrap().status(), 200);
}

#[test]
fn a_refusal_is_handed_on_with_what_the_client_needs_to_know() {
    let app = keyward_with_streams(vec!["127.0.0.1/32"]);
    let media = MediaApi::start(&app.url);
    let owner = app.owner();
    let url = format!("{}/api/assets", media.url);
    let limited = [("rate_limit_requests", "2"), ("rate_limit_seconds", "3600")];
    let (_, secret) = owner.new_key(&limited);
    let statuses: Vec<u16> = (0..3)
        .map(|_| call("GET", &url, &secret, &Value::Null).status)
        .collect();
    assert_eq!(statuses, [200, 200, 429]);
    let over = call("GET", &url, &secret, &Value::Null);
    assert_eq!(over.code(), "RATE_LIMITED");
    assert_eq!(over.header("retry-after"), "1800");
    assert!(over.header("ratelimit").starts_with("\"key\";r=0;t="));
    let missing = call("GET", &url, "", &Value::Null);
    assert_eq!((missing.status, &*missing.code()), (401, "MISSING"));
    assert!(missing.header("www-authenticate").starts_with("Bearer"));
    // What the service says about the client's address is checked against the key's list.
    let (_, elsewhere) = owner.new_key(&[("allowed_ips", "203.0.113.0/24")]);
    assert_eq!(
        call("GET", &url, &elsewhere, &Value::Null).code(),
        "IP_NOT_ALLOWED"
    );
    let (_, here) = owner.new_key(&[("allowed_ips", "127.0.0.0/8")]);
    let request = app.anonymous().client.get(&url).header("X-API-Key", &here);
    assert_eq!(
        request
            .header("X-Forwarded-For", "203.0.113.7")
            .send()
            .unwrap()
            .status(),
        200
    );
    // Two keys are refused here too.
    let request = app.anonymous().client.get(&url).header("X-API-Key", &here);
    assert_eq!(request.bearer_auth(&secret).send().unwrap().status(), 400);
}

#[test]
fn no_answer_is_no_yes() {
    let mut app = TestApp::start();
    let (_, secret) = app.owner().new_key(&[]);
    let media = MediaApi::start(&app.url);
    let url = format!("{}/api/assets", media.url);
    assert_eq!(call("GET", &url, &secret, &Value::Null).status, 200);
    app.stop();
    let stopped = call("GET", &url, &secret, &Value::Null);
    assert_eq!((stopped.status, &*stopped.code()), (503, "UNAVAILABLE"));
    // One that says yes to everything, but is not Keyward.
    let stranger = stranger("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nOK");
    let fooled = MediaApi::start(&stranger);
    let url = format!("{}/api/assets", fooled.url);
    assert_eq!(call("GET", &url, &secret, &Value::Null).status, 503);
    // One that never answers.
    let silent = MediaApi::start(&self::stranger(""));
    let url = format!("{}/api/assets", silent.url);
    assert_eq!(call("GET", &url, &secret, &Value::Null).status, 503);
}

/// A server that answers every request with these bytes, and keeps the connection.
fn stranger(answer: &'static str) -> String {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let mut buffer = [0; 4_096];
                while stream.read(&mut buffer).is_ok_and(|length| length > 0) {
                    if stream.write_all(answer.as_bytes()).is_err() {
                        break;
                    }
                }
            });
        }
    });
    url
}
