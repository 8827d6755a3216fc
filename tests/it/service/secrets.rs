//! The secret appears in the reveal's one answer and nowhere else.

use std::path::Path;

use diesel::connection::SimpleConnection;

use reqwest::Method;
use serde_json::json;

use crate::app::{Answer, Api, Browser, PASSWORD, TestDatabase};
use crate::program::Program;

#[test]
fn a_secret_is_nowhere_but_in_its_one_answer() {
    let database = TestDatabase::new();
    let mut program = Program::serve(&database, "trace");
    let owner = program.owner(&database);
    let mut secrets = vec![PASSWORD.to_owned()];
    for _ in 0..3 {
        let (id, secret) = owner.new_key(&[]);
        assert_eq!(owner.verify(&secret).0, 200);
        let bearer = owner
            .client
            .get(owner.at("/verify/-/x"))
            .bearer_auth(&secret);
        assert_eq!(bearer.send().unwrap().status(), 200);
        let json = serde_json::json!({"key": secret});
        let asked = owner
            .client
            .post(owner.at("/api/v1/keys/verify"))
            .json(&json);
        assert_eq!(asked.send().unwrap().status(), 200);
        for path in ["", "/edit", "/reveal", "/revocation"] {
            let page = owner.get(&format!("/projects/default/keys/{id}{path}"));
            assert!(!page.body.contains(&secret), "{path}");
        }
        // In places where it does not belong.
        owner.get(&format!("/verify?project={secret}"));
        owner.get(&format!("/projects/default/keys?q={secret}"));
        owner.post("/projects/default/keys/search", &[("q", &secret)]);
        owner.post_raw(
            "/login",
            &[("csrf", "x"), ("email", &secret), ("password", &secret)],
        );
        owner.revoke(id);
        assert!(!owner.get("/audit").body.contains(&secret));
        secrets.push(secret);
    }
    // One that has not been revealed yet.
    let created = owner.post_key("default", &[]);
    let opener = created
        .headers
        .get_all("set-cookie")
        .iter()
        .map(|cookie| cookie.to_str().unwrap())
        .find(|cookie| cookie.contains("reveal"))
        .and_then(|cookie| cookie.split(['=', ';']).nth(1))
        .unwrap();
    secrets.push(opener.to_owned());
    Browser::new(&program.url).sign_in("owner@example.com", "hunter2 hunter2 hunter2");
    secrets.push("hunter2 hunter2 hunter2".into());
    secrets.extend(secrets_of_programs(&program.url));
    program.signal("TERM");
    program.child.wait().unwrap();

    let mut looked_at = 0;
    if database.is_postgres() {
        let dump = std::process::Command::new("pg_dump")
            .arg(&database.url)
            .output()
            .unwrap();
        assert!(
            dump.status.success(),
            "{}",
            String::from_utf8_lossy(&dump.stderr)
        );
        look(Path::new("the dump"), &dump.stdout, &secrets);
        looked_at += 1;
    } else {
        database
            .connect()
            .batch_execute("PRAGMA wal_checkpoint(TRUNCATE)")
            .unwrap();
    }
    for file in std::fs::read_dir(database.folder()).unwrap() {
        let path = file.unwrap().path();
        look(&path, &std::fs::read(&path).unwrap(), &secrets);
        looked_at += 1;
    }
    assert!(looked_at >= 2, "the log and the database");
    let log = std::fs::read_to_string(database.folder().join("log")).unwrap();
    assert!(log.contains("TRACE"), "the log was at its finest level");
}

/// Everything secret that the management API hands out, each in one answer.
fn secrets_of_programs(url: &str) -> Vec<String> {
    let secret_in = |answer: Answer, field: &str| {
        let secret = answer.json()["data"][field].as_str().map(str::to_owned);
        secret.unwrap_or_else(|| panic!("no {field}: {}", answer.body))
    };
    let sign_in = json!({"email": "owner@example.com", "password": PASSWORD});
    let jwt = secret_in(Api::new(url, "").post("/session", &sign_in), "token");
    let api = Api::new(url, &jwt);
    let permissions = ["keys:read", "keys:create"];
    let token = json!({"description": "x", "permissions": permissions,
        "expires_at": crate::api::in_a_month()});
    let token = secret_in(api.post("/tokens", &token), "token");
    let body = json!({"name": "A"});
    let once = [("Idempotency-Key", "one")];
    let program = Api::new(url, &token);
    let key = secret_in(
        program.send(Method::POST, "/keys", Some(&body), &once),
        "key",
    );
    assert_eq!(
        program
            .send(Method::POST, "/keys", Some(&body), &once)
            .status,
        201
    );
    let id = program.get("/keys").json()["value"][0]["id"].clone();
    let successor = secret_in(
        program.post(&format!("/keys/{id}/rotation"), &json!({})),
        "key",
    );
    let invitation = json!({"email": "ben@example.com", "role": "viewer"});
    let link = secret_in(api.post("/users", &invitation), "password_link");
    let code = link.rsplit_once('=').unwrap().1.to_owned();
    Api::new(url, "").get(&format!("/keys?q={key}"));
    assert_eq!(program.get(&format!("/keys?q={key}")).status, 422);
    let jwt = jwt.rsplit_once('.').unwrap().1.to_owned();
    vec![jwt, token, key, successor, code]
}

fn look(place: &Path, content: &[u8], secrets: &[String]) {
    for secret in secrets {
        // The first half after the prefix is enough to give it away.
        let telling = match secret.get(..4) {
            Some("mk_l") => &secret[14..34],
            Some("kwp_") => &secret[12..32],
            _ => secret.as_str(),
        };
        let found = content
            .windows(telling.len())
            .position(|window| window == telling.as_bytes());
        if let Some(at) = found {
            let around = &content[at.saturating_sub(200)..(at + 60).min(content.len())];
            panic!(
                "{} holds a secret: {}",
                place.display(),
                String::from_utf8_lossy(around)
            );
        }
    }
}
