//! The audit log can't be changed, and shows where it was changed anyway.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Nullable, Text};
use sha2::{Digest, Sha256};

use crate::app::{TestApp, TestDatabase};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = Text)]
    at: String,
    #[diesel(sql_type = Text)]
    actor: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    actor_id: Option<i64>,
    #[diesel(sql_type = Text)]
    action: String,
    #[diesel(sql_type = Text)]
    subject: String,
    #[diesel(sql_type = Nullable<BigInt>)]
    project_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    key_id: Option<i64>,
    #[diesel(sql_type = Nullable<BigInt>)]
    related_key_id: Option<i64>,
    #[diesel(sql_type = Text)]
    details: String,
    #[diesel(sql_type = Nullable<Text>)]
    client_ip: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    user_agent: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    request_id: Option<String>,
    #[diesel(sql_type = Binary)]
    previous_hash: Vec<u8>,
    #[diesel(sql_type = Binary)]
    hash: Vec<u8>,
}

/// The first entry whose hash does not match its content and the entry before it.
pub(crate) fn first_break(database: &TestDatabase) -> Option<i64> {
    let at = match database.is_postgres() {
        true => "to_char(at, 'YYYY-MM-DD\"T\"HH24:MI:SS.US')",
        false => "replace(at, ' ', 'T')",
    };
    let rows: Vec<Row> = diesel::sql_query(format!(
        "SELECT id, {at} AS at, actor, actor_id, action, subject, project_id, key_id,
         related_key_id, details, client_ip, user_agent, request_id, previous_hash, hash
         FROM audit_entries ORDER BY id"
    ))
    .load(&mut *database.connect())
    .unwrap();
    assert!(rows.len() > 5);
    let mut previous = vec![0; 32];
    for (position, row) in rows.into_iter().enumerate() {
        // RFC 3339 with `Z`, without zeros at the end of the fraction.
        let at = row
            .at
            .trim_end_matches('0')
            .trim_end_matches('.')
            .to_owned();
        let text = |text: &str| serde_json::to_string(text).unwrap();
        let null = |value: Option<i64>| value.map_or("null".into(), |value| value.to_string());
        let null_text = |value: &Option<String>| value.as_deref().map_or("null".into(), text);
        let json = format!(
            "{{\"id\":{},\"at\":\"{at}Z\",\"actor\":{},\"actor_id\":{},\"action\":{},\
             \"subject\":{},\"project_id\":{},\"key_id\":{},\"related_key_id\":{},\
             \"details\":{},\"client_ip\":{},\"user_agent\":{},\"request_id\":{}}}",
            row.id,
            text(&row.actor),
            null(row.actor_id),
            text(&row.action),
            text(&row.subject),
            null(row.project_id),
            null(row.key_id),
            null(row.related_key_id),
            text(&row.details),
            null_text(&row.client_ip),
            null_text(&row.user_agent),
            null_text(&row.request_id),
        );
        let hash = Sha256::new()
            .chain_update(&previous)
            .chain_update(json)
            .finalize()
            .to_vec();
        let is_next = row.id == i64::try_from(position).unwrap() + 1;
        if !is_next || row.previous_hash != previous || row.hash != hash {
            return Some(row.id);
        }
        previous = row.hash;
    }
    None
}

fn app_with_entries() -> TestApp {
    let app = TestApp::start();
    let owner = app.owner();
    for number in 0..4 {
        let id = owner.create_key(&[("label", &format!("Schlüssel \"{number}\""))]);
        owner.revoke(id);
    }
    app
}

#[test]
fn the_chain_can_be_followed_with_ordinary_tools() {
    assert_eq!(first_break(&app_with_entries().database), None);
}

#[test]
fn entries_can_not_be_changed_or_deleted() {
    let app = app_with_entries();
    for sql in [
        "UPDATE audit_entries SET actor = 'somebody' WHERE id = 3",
        "DELETE FROM audit_entries WHERE id = 3",
        "DELETE FROM audit_entries",
    ] {
        assert!(app.database.execute(sql).is_err(), "{sql}");
    }
    if app.database.is_postgres() {
        assert!(app.database.execute("TRUNCATE audit_entries").is_err());
    }
}

#[test]
fn whoever_gets_around_that_leaves_a_break() {
    for (tampering, broken) in [
        (
            "UPDATE audit_entries SET actor = 'somebody' WHERE id = 3",
            3,
        ),
        ("UPDATE audit_entries SET details = '{}' WHERE id = 4", 4),
        ("DELETE FROM audit_entries WHERE id = 3", 4),
    ] {
        let app = app_with_entries();
        let disarm = match app.database.is_postgres() {
            true => "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
            false => "DROP TRIGGER audit_entries_keep; DROP TRIGGER audit_entries_stay",
        };
        app.database.execute(disarm).unwrap();
        app.database.execute(tampering).unwrap();
        assert_eq!(first_break(&app.database), Some(broken), "{tampering}");
    }
}
