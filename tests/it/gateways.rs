//! The gateways of `examples/gateways`, each actually run between a client and the media API.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::app::{Browser, Settings, TestApp, eventually};
use crate::media::{MediaApi, call};

/// A gateway in the foreground, killed at the end of the test.
struct Gateway {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Gateway {
    /// Runs `command` in a copy of the examples, with these addresses instead of the ones written
    /// there.
    fn start(command: &[&str], keyward: &str, media: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let everybody = std::fs::Permissions::from_mode(0o755);
        std::fs::set_permissions(folder.path(), everybody).unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap();
        let address = port.to_string();
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/gateways");
        for file in std::fs::read_dir(examples).unwrap() {
            let file = file.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            let text = text
                .replace("127.0.0.1:8088", &address)
                .replace("127.0.0.1:8080", keyward.trim_start_matches("http://"))
                .replace("127.0.0.1:8000", media.trim_start_matches("http://"));
            std::fs::write(folder.path().join(file.file_name().unwrap()), text).unwrap();
        }
        let log = std::fs::File::create(folder.path().join("log")).unwrap();
        let path = std::env::var("PATH").unwrap_or_default();
        let child = Command::new("sh")
            .args(["-c", "exec \"$@\"", "sh"])
            .args(
                command
                    .iter()
                    .map(|word| word.replace("$PWD", &folder.path().display().to_string())),
            )
            .current_dir(folder.path())
            .env("PATH", format!("{path}:/usr/sbin"))
            .env("HOME", folder.path())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let gateway = Gateway {
            child,
            address,
            folder,
        };
        eventually(|| TcpStream::connect(&gateway.address).ok());
        gateway
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The status of a request sent byte for byte.
    fn raw(&self, target: &str, headers: &[&str]) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let headers = headers.join("\r\n");
        let head = format!(
            "GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{headers}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.get(9..12).unwrap_or_default().to_owned()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // Not killed outright: nginx and Apache end their workers.
        drop(
            Command::new("kill")
                .arg(self.child.id().to_string())
                .status(),
        );
        drop(self.child.wait());
    }
}

/// Everything a gateway has to get right.
fn check(command: &[&str]) {
    let mut app = TestApp::start_with(Settings {
        trusted_proxies: vec!["127.0.0.1/32"],
        ..Settings::default()
    });
    let media = MediaApi::start("gateway");
    let gateway = Gateway::start(command, &app.url, &media.url);
    let owner = app.owner();
    let (id, secret) = owner.new_key(&[("scopes", "read:assets"), ("scopes", "write:assets")]);
    let assets = gateway.url("/api/assets");
    let get = |secret: &str| call("GET", &assets, secret, &Value::Null);

    // Valid, with a body, and with the identity that Keyward gave.
    let created = call("POST", &assets, &secret, &json!({"name": "Intro"}));
    assert_eq!(created.status, 201, "{} {}", created.body, gateway.log());
    assert_eq!(created.json()["data"]["name"], "Intro");
    assert_eq!(created.json()["data"]["created_by_key"], id);
    assert_eq!(get(&secret).json()["value"][0]["name"], "Intro");

    // Missing, wrong, revoked, out of scope.
    let missing = get("");
    assert_eq!(missing.status, 401);
    assert!(missing.header("www-authenticate").starts_with("Bearer"));
    assert_eq!(get("mk_live_wrong").status, 401);
    let (other_id, revoked) = owner.new_key(&[]);
    assert_eq!(get(&revoked).status, 200);
    owner.revoke(other_id);
    assert_eq!(get(&revoked).status, 401);
    let analytics = gateway.url("/api/analytics/summary");
    assert_eq!(call("GET", &analytics, &secret, &Value::Null).status, 403);
    let (_, reader) = owner.new_key(&[]);
    assert_eq!(get(&reader).status, 200);
    assert_eq!(call("POST", &assets, &reader, &json!({})).status, 403);

    // Over its limit.
    let (_, limited) =
        owner.new_key(&[("rate_limit_requests", "2"), ("rate_limit_seconds", "3600")]);
    let statuses: Vec<u16> = (0..3).map(|_| get(&limited).status).collect();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(get(&limited).header("retry-after"), "1800");

    // The client's own identity headers count for nothing.
    let with = |name: &'static str, value: &str, secret: &str| {
        let client = Browser::with_headers(&gateway.url(""), &[(name, value)]).client;
        let request = client.post(&assets).header("X-API-Key", secret);
        request.json(&json!({})).send().unwrap()
    };
    for name in ["x-keyward-key-id", "x_keyward_key_id", "x-keyward_key-id"] {
        let answer: Value = with(name, "999", &secret).json().unwrap();
        assert_eq!(answer["data"]["created_by_key"], id, "{name}");
    }
    assert_eq!(with("x-keyward-scopes", "*", &reader).status(), 403);
    assert_eq!(with("x-keyward-key-id", "999", "").status(), 401);

    // The client's address is the one that the gateway sees.
    let (_, elsewhere) = owner.new_key(&[
        ("scopes", "write:assets"),
        ("allowed_ips", "203.0.113.0/24"),
    ]);
    assert_eq!(
        with("x-forwarded-for", "203.0.113.7", &elsewhere).status(),
        403
    );

    // Two keys, and paths that could be read in two ways.
    let key = format!("X-API-Key: {secret}");
    assert_eq!(gateway.raw("/api/assets", &[&key]), "200");
    let bearer = format!("Authorization: Bearer {reader}");
    for headers in [
        [key.as_str(), &key],
        [&key, "X-API-Key: mk_live_x"],
        [&key, &bearer],
    ] {
        let status = gateway.raw("/api/assets", &headers);
        assert!(
            ["400", "401"].contains(&status.as_str()),
            "{headers:?}: {status}"
        );
    }
    for path in [
        "/api/assets/../analytics/summary",
        "/api/assets/%2e%2e/analytics/summary",
        "/api/assets/..%2fanalytics/summary",
        "//api/analytics/summary",
        "/api//analytics/summary",
        "/api/analytics/summary",
    ] {
        let status = gateway.raw(path, &[&key]);
        assert!(
            ["400", "403", "404"].contains(&status.as_str()),
            "{path}: {status}"
        );
    }

    // Keyward stopped: nothing passes any more.
    app.stop();
    let stopped = get(&secret);
    assert_eq!(stopped.status, 503, "{}", gateway.log());
    assert!(!stopped.body.contains("Intro"));
}

#[test]
fn nginx_lets_through_what_keyward_does() {
    check(&["nginx", "-p", "$PWD", "-c", "nginx.conf"]);
}

#[test]
fn caddy_lets_through_what_keyward_does() {
    check(&[
        "caddy",
        "run",
        "--config",
        "Caddyfile",
        "--adapter",
        "caddyfile",
    ]);
}

#[test]
fn haproxy_lets_through_what_keyward_does() {
    check(&["haproxy", "-db", "-f", "haproxy.cfg"]);
}

#[test]
fn apache_lets_through_what_keyward_does() {
    check(&[
        "apache2",
        "-d",
        "$PWD",
        "-f",
        "apache.conf",
        "-D",
        "FOREGROUND",
    ]);
}
