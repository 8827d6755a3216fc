//! SQLite databases with long audit logs, made once and kept in the build folder.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use keyward::clock::UtcTime;
use keyward::db::connection::DatabaseUrl;
use keyward::records::Role;
use keyward::records::audit::{AuditEntry, Hash, NO_HASH, chained_hash};
use keyward::startup;
use time::macros::datetime;
use time::{Duration, macros::format_description};

use crate::app::add_person;

/// Rows of one statement.
const AT_ONCE: i64 = 400;
/// When the log begins.
const BEGIN: UtcTime = datetime!(2026-01-01 0:00);
/// The year that its entries are spread over.
const SPAN: Duration = Duration::days(320);

/// The database whose log has so many entries: four of five are sign-ins and sign-outs, the others
/// are about keys of one project, by 200 people from 5,000 addresses.
pub fn database(entries: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("audit-{entries}.db"));
    if path.exists() {
        return path;
    }
    eprintln!("making a log of {entries} entries …");
    let draft = folder.join(format!("draft-audit-{entries}.db"));
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", draft.display())));
    }
    let url = DatabaseUrl::Sqlite(draft.display().to_string());
    let mut conn = startup::open_up_to_date(&url).expect("a new database");
    // Its entries begin the log.
    add_person(&mut conn, "owner@example.com", Role::Owner, None);
    let mut hash = head(&mut conn);
    let first = 2;
    let indexes = without_indexes(&mut conn);
    conn.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN")
        .expect("a new database");
    let last = i64::from(entries);
    let mut from = first;
    while from <= last {
        let until = last.min(from + AT_ONCE - 1);
        let statement = rows(from, until, last, &mut hash);
        conn.batch_execute(&statement).expect("rows of ours");
        from = until + 1;
    }
    let hash = hex(&hash);
    conn.batch_execute(&format!(
        "UPDATE audit_head SET last_entry = {last}, hash = X'{hash}';
         INSERT INTO audit_terms SELECT term, id FROM (
           SELECT subject AS term, id FROM audit_entries WHERE id >= {first}
           UNION ALL
           SELECT 'service', id FROM audit_entries WHERE id >= {first} AND key_id IS NOT NULL)
         ORDER BY term, id;
         {indexes}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE)"
    ))
    .expect("statements of ours");
    drop(conn);
    std::fs::rename(&draft, &path).expect("the same folder");
    path
}

fn head(conn: &mut keyward::db::Connection) -> Hash {
    let head = keyward::db::instances::head(conn).expect("a head");
    head.hash.try_into().unwrap_or(NO_HASH)
}

/// Drops the log's indexes, and returns the statements that make them again.
fn without_indexes(conn: &mut keyward::db::Connection) -> String {
    let schema = include_str!("../../migrations/sqlite/2026-11-30-000001_audit_log/up.sql");
    let statements = schema.split(';').map(str::trim);
    let made = statements.filter_map(|one| one.find("CREATE INDEX").map(|at| &one[at..]));
    let made: Vec<&str> = made.collect();
    for statement in &made {
        let name = statement.split(' ').nth(2).expect("CREATE INDEX name");
        conn.batch_execute(&format!("DROP INDEX {name}"))
            .expect("an index of ours");
    }
    made.join("; ")
}

fn rows(from: i64, until: i64, last: i64, previous: &mut Hash) -> String {
    let mut statement = String::from(
        "INSERT INTO audit_entries (id, at, actor, actor_id, action, subject, project_id, key_id,
           details, client_ip, user_agent, request_id, previous_hash, hash) VALUES ",
    );
    let format =
        format_description!("[year]-[month]-[day] [hour]:[minute]:[second].[subsecond digits:6]");
    for id in from..=until {
        let entry = entry(id, last);
        let hash = chained_hash(previous, &entry.json());
        let comma = if id == from { "" } else { "," };
        let number = |number: Option<i64>| number.map_or("NULL".into(), |id| id.to_string());
        let _ = write!(
            statement,
            "{comma}({id},'{}','{}',{},'{}','{}',{},{},'{}','{}','{}','{}',X'{}',X'{}')",
            entry.at.format(format).expect("a time"),
            entry.actor,
            number(entry.actor_id),
            entry.action,
            entry.subject,
            number(entry.project_id),
            number(entry.key_id),
            entry.details,
            entry.client_ip.unwrap_or_default(),
            entry.user_agent.unwrap_or_default(),
            entry.request_id.unwrap_or_default(),
            hex(previous),
            hex(&hash),
        );
        *previous = hash;
    }
    statement
}

fn entry(id: i64, last: i64) -> AuditEntry {
    let (action, is_key) = match id % 50 {
        _ if id % 1_000_003 == 5 => ("project.archived", false),
        _ if id % 100_003 == 7 => ("key.rotated", true),
        0..30 => ("session.started", false),
        30..40 => ("session.ended", false),
        40..45 => ("key.created", true),
        45..47 => ("key.revoked", true),
        47..49 => ("key.edited", true),
        _ => ("access.denied", false),
    };
    let person = id * 7_919 % 200;
    let key = id * 104_729 % 1_000_000;
    let actor = format!("person{person}@example.com");
    AuditEntry {
        id,
        at: BEGIN + SPAN / i32::try_from(last).unwrap_or(i32::MAX) * i32::try_from(id).unwrap_or(0),
        actor_id: Some(person + 2),
        action: action.into(),
        subject: match is_key {
            true => format!("service-{key}"),
            false => actor.clone(),
        },
        actor,
        project_id: is_key.then_some(1),
        key_id: is_key.then_some(key),
        related_key_id: None,
        details: match is_key {
            true => format!("{{\"key_prefix\":\"mk_live_{key:06}\",\"scopes\":[\"read:assets\"]}}"),
            false => "{}".into(),
        },
        client_ip: Some(format!("10.0.{}.{}", id * 31 % 20, id * 17 % 250)),
        user_agent: Some(
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0".into(),
        ),
        request_id: Some(format!("0198a4f2-3c1e-7b2a-9d4e-{id:012x}")),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
