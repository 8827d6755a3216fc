//! SQLite databases with many keys, made once and kept in the build folder.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use keyward::db::connection::DatabaseUrl;
use keyward::records::Role;
use keyward::startup;

use crate::app::add_person;

/// How many projects the database of [`projects`] has.
const PROJECTS: u32 = 300;
/// How many keys each of them has.
const KEYS_EACH: u32 = 200;

/// The database with `keys` keys in the project `default`.
pub fn database(keys: u32) -> PathBuf {
    made(&format!("used-{keys}"), &filled(keys, "1"))
}

/// A database with 300 projects of 200 keys each.
pub fn projects() -> PathBuf {
    let projects = format!(
        "WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < {PROJECTS})
         INSERT INTO projects (id, slug, name, key_start, environment_segment, created_at)
         SELECT i, printf('project-%d', i), printf('Project %d', i), 'mk', 1,
           strftime('%Y-%m-%d %H:%M:%f', 'now', '-400 days') FROM n;"
    );
    let keys = filled(PROJECTS * KEYS_EACH, &format!("1 + i % {PROJECTS}"));
    made("projects", &(projects + &keys))
}

/// Statements for so many keys, whose project is this expression of their number `i`. A third each
/// never expires, expires within the year, or has expired; one in ten is revoked, one in fifty
/// dormant, one in a hundred still tried after it ended; each has a label of three words, and one of
/// three scopes. The latest 200 passed and were refused in every hour of the last 30 days, of which 22
/// are counted by the day.
fn filled(keys: u32, project: &str) -> String {
    format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {keys})
         INSERT INTO keys (id, project_id, digest, prefix, label, label_folded, environment,
           scopes, expires_at, allowed_ips, created_at, created_by, revoked_at, revoked_by,
           revoke_reason, quiet_since)
         SELECT i, {project}, randomblob(32), printf('mk_live_%06x', i), printf('Service %d of team%d', i, i % 997),
           printf('service %d of team%d', i, i % 997), CASE i % 4 WHEN 0 THEN 'test' ELSE 'live' END,
           CASE i % 3 WHEN 0 THEN 'read:assets' WHEN 1 THEN 'write:assets' ELSE 'read:analytics' END,
           CASE i % 3 WHEN 0 THEN '9999-12-31 00:00:00.0'
             ELSE strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%d days', (i * 7919) % 600 - 300)) END,
           '', strftime('%Y-%m-%d %H:%M:%f', 'now', '-400 days'), 'owner@example.com',
           CASE i % 10 WHEN 3 THEN strftime('%Y-%m-%d %H:%M:%f', 'now', '-9 days') END,
           CASE i % 10 WHEN 3 THEN 'owner@example.com' END, CASE i % 10 WHEN 3 THEN 'unused' END,
           strftime('%Y-%m-%d %H:%M:%f', 'now', printf('-%d days', CASE i % 50 WHEN 7 THEN 120 ELSE i % 80 END))
         FROM n;
         UPDATE keys SET tried_at = strftime('%Y-%m-%d %H:%M:%f', 'now', '-3 hours') WHERE id % 100 = 13;
         UPDATE projects SET key_count = (SELECT count(*) FROM keys WHERE project_id = projects.id);
         INSERT INTO key_terms (project_id, term, key_id)
         SELECT project_id, term, id FROM (
           SELECT project_id, ' ' || scopes AS term, id FROM keys
           UNION ALL SELECT project_id, printf('%d', id), id FROM keys
           UNION ALL SELECT project_id, printf('%06x', id), id FROM keys WHERE printf('%06x', id) <> printf('%d', id)
           UNION ALL SELECT project_id, prefix, id FROM keys
           UNION ALL SELECT project_id, 'of', id FROM keys
           UNION ALL SELECT project_id, 'owner@example.com', id FROM keys
           UNION ALL SELECT project_id, 'service', id FROM keys
           UNION ALL SELECT project_id, printf('team%d', id % 997), id FROM keys
         ) ORDER BY project_id, term, id;
         WITH RECURSIVE n (h) AS (SELECT 0 UNION ALL SELECT h + 1 FROM n WHERE h < 719)
         INSERT INTO key_usage (key_id, hour, outcome, requests)
         SELECT id, hour, outcome, sum(1 + id % 9)
         FROM (SELECT id FROM keys ORDER BY id DESC LIMIT 200),
           (SELECT strftime(CASE WHEN h < 192 THEN '%Y-%m-%d %H:00:00' ELSE '%Y-%m-%d 00:00:00' END,
              'now', printf('-%d hours', h)) AS hour FROM n),
           (SELECT 'VALID' AS outcome UNION ALL SELECT 'EXPIRED')
         GROUP BY 1, 2, 3;
         INSERT INTO project_usage (project_id, hour, outcome, requests)
         SELECT project_id, hour, outcome, sum(requests)
         FROM key_usage JOIN keys ON keys.id = key_id GROUP BY 1, 2, 3;"
    )
}

/// The database of this name, created and filled by these statements if it doesn't exist yet.
fn made(name: &str, statements: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("{name}.db"));
    if path.exists() {
        return path;
    }
    eprintln!("making the database {name} …");
    let draft = folder.join(format!("draft-{name}.db"));
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", draft.display())));
    }
    let url = DatabaseUrl::Sqlite(draft.display().to_string());
    let mut conn = startup::open_up_to_date(&url).expect("a new database");
    add_person(&mut conn, "owner@example.com", Role::Owner, None);
    conn.batch_execute(&format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000; BEGIN; {statements} COMMIT;
         PRAGMA wal_checkpoint(TRUNCATE);"
    ))
    .expect("the statements fit the schema");
    drop(conn);
    std::fs::rename(&draft, &path).expect("the same folder");
    path
}
