//! The lines of the README and the contract, run by a real curl and a real shell.

use std::process::Command;

use serde_json::{Value, json};

use crate::app::{PASSWORD, TestApp};
use crate::media::MediaApi;

/// Runs `line` in a shell and returns the status and the body that curl got.
fn run(line: &str, variables: &[(&str, &str)]) -> (u16, Value) {
    let line = line.replacen(
        "curl ",
        "curl --silent --show-error --write-out '\n%{http_code}' ",
        1,
    );
    let out = Command::new("sh")
        .args(["-c", &line])
        .envs(variables.iter().copied())
        .env("no_proxy", "*")
        .output()
        .expect("a shell");
    let errors = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "{line}: {errors}");
    let text = String::from_utf8(out.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    let body = serde_json::from_str(body).unwrap_or_default();
    (status.parse().unwrap(), body)
}

#[test]
fn the_lines_of_the_contract_work_as_they_stand() {
    let app = TestApp::start();
    let media = MediaApi::start(&app.url);
    let token = app.sign_in("owner@example.com", PASSWORD).json()["data"]["token"].clone();
    let variables = [
        ("URL", app.url.as_str()),
        ("MEDIA", media.url.as_str()),
        ("JWT_TOKEN", token.as_str().unwrap()),
    ];
    let create = r#"curl -X POST $URL/api/keys -H "Authorization: Bearer $JWT_TOKEN" -H "Content-Type: application/json" \
  -d '{"name": "Production Backend", "scopes": ["read:assets", "write:assets", "read:analytics"]}'"#;
    let (status, body) = run(create, &variables);
    assert_eq!(status, 201, "{body}");
    let data = &body["data"];
    assert_eq!(
        (&data["id"], &data["name"]),
        (&json!(1), &json!("Production Backend"))
    );
    assert_eq!(data["environment"], "live");
    assert_eq!(data["expires_at"], Value::Null);
    let secret = data["key"].as_str().unwrap();
    assert!(secret.starts_with("mk_live_") && secret.len() == 46);

    let with_key = |line: &str| run(&line.replace("mk_live_…", secret), &variables);
    for (line, expected) in [
        (r#"curl $MEDIA/api/assets -H "X-API-Key: mk_live_…""#, 200),
        (
            r#"curl $MEDIA/api/analytics/summary -H "Authorization: Bearer mk_live_…""#,
            200,
        ),
        (
            r#"curl -X POST $MEDIA/api/mediakit/uploads/presign -H "X-API-Key: mk_live_…" -H "Content-Type: application/json" \
  -d '{"filename": "video.mp4", "content_type": "video/mp4", "file_size": 1048576}'"#,
            200,
        ),
    ] {
        let (status, body) = with_key(line);
        assert_eq!(status, expected, "{line}: {body}");
    }

    let revoke = r#"curl -X DELETE $URL/api/keys/1 -H "Authorization: Bearer $JWT_TOKEN""#;
    let (status, body) = run(revoke, &variables);
    assert_eq!((status, &body["data"]["state"]), (200, &json!("revoked")));
    let (status, body) = with_key(r#"curl $MEDIA/api/assets -H "X-API-Key: mk_live_…""#);
    assert_eq!((status, &body["code"]), (401, &json!("REVOKED")));
}
