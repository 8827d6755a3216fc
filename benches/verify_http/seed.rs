//! SQLite databases of keys whose secrets are known, made once and kept in the build folder.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use keyward::db::connection::DatabaseUrl;
use keyward::records::Role;
use keyward::startup;
use keyward_key::{Environment, KeyFormat};
use tempfile::TempDir;

use crate::app::add_person;

/// The format of every secret here.
pub fn format() -> KeyFormat {
    KeyFormat {
        start: "mk".into(),
        environment_segment: true,
    }
}

/// A database with `keys` keys, each with a rate limit that it never reaches, and the secrets of
/// all of them, one per line.
pub fn database(keys: u32) -> (PathBuf, Vec<String>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("verify-{keys}"));
    let (path, secrets) = (folder.join("keyward.db"), folder.join("secrets"));
    if !secrets.exists() {
        eprintln!("making a database of {keys} keys …");
        drop(std::fs::remove_dir_all(&folder));
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(&secrets, make(&path, keys)).expect("room on the disk");
    }
    // If an earlier version made it, bring it up to date once, not in every copy.
    let url = DatabaseUrl::Sqlite(path.display().to_string());
    drop(startup::open_up_to_date(&url).expect("it was made by this version or an earlier one"));
    let secrets = std::fs::read_to_string(secrets).expect("just written");
    (path, secrets.lines().map(str::to_owned).collect())
}

fn make(path: &Path, keys: u32) -> String {
    let url = DatabaseUrl::Sqlite(path.display().to_string());
    let mut conn = startup::open_up_to_date(&url).expect("a new database");
    add_person(&mut conn, "owner@example.com", Role::Owner, None);
    conn.batch_execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN;")
        .expect("an own database");
    let mut secrets = String::new();
    for i in 1..=keys {
        let secret = format().generate(Environment::Live).expect("randomness");
        let digest: String = secret
            .digest()
            .as_bytes()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        conn.batch_execute(&format!(
            "INSERT INTO keys (id, project_id, digest, prefix, label, label_folded, environment,
               scopes, expires_at, rate_limit_requests, rate_limit_seconds, allowed_ips,
               created_at, created_by, quiet_since)
             VALUES ({i}, 1, x'{digest}', 'mk_live_000000', 'Service {i} of team {team}',
               'service {i} of team {team}', 'live', '{scopes}', '9999-12-31 00:00:00.0',
               1000000, 1, '', '2026-01-01 00:00:00.0', 'owner@example.com',
               '2026-01-01 00:00:00.0')",
            team = i % 997,
            scopes = ["read:assets", "read:assets write:assets", "*"][i as usize % 3],
        ))
        .expect("the statement fits the schema");
        secrets.push_str(secret.expose());
        secrets.push('\n');
    }
    conn.batch_execute(&format!(
        "UPDATE projects SET key_count = {keys}; COMMIT; PRAGMA wal_checkpoint(TRUNCATE);"
    ))
    .expect("an own database");
    secrets
}

/// A copy of the database at `path`, in a folder of its own that is deleted on drop.
pub fn copy(path: &Path) -> TempDir {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    std::fs::copy(path, folder.path().join("keyward.db")).expect("room on the disk");
    folder
}
