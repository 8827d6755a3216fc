//! SQLite databases with many keys, made once and kept in the build folder.

use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use keyward::db::connection::DatabaseUrl;
use keyward::records::Role;
use keyward::startup;

use crate::app::add_person;

/// The database with `keys` keys in the project `default`, created if it doesn't exist yet. A third
/// each never expires, expires within the year, or has expired; one in ten is revoked, one in fifty
/// dormant; each has a label of three words, and one of three scopes.
pub fn database(keys: u32) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let path = folder.join(format!("keys-{keys}.db"));
    if path.exists() {
        return path;
    }
    eprintln!("making a database of {keys} keys …");
    let draft = folder.join(format!("draft-{keys}.db"));
    for suffix in ["", "-wal", "-shm"] {
        drop(std::fs::remove_file(format!("{}{suffix}", draft.display())));
    }
    let url = DatabaseUrl::Sqlite(draft.display().to_string());
    let mut conn = startup::open_up_to_date(&url).expect("a new database");
    add_person(&mut conn, "owner@example.com", Role::Owner, None);
    conn.batch_execute(&format!(
        "PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;
         BEGIN;
         WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {keys})
         INSERT INTO keys (id, project_id, digest, prefix, label, label_folded, environment,
           scopes, expires_at, allowed_ips, created_at, created_by, revoked_at, revoked_by,
           revoke_reason, quiet_since)
         SELECT i, 1, randomblob(32), printf('mk_live_%06x', i), printf('Service %d of team%d', i, i % 997),
           printf('service %d of team%d', i, i % 997), CASE i % 4 WHEN 0 THEN 'test' ELSE 'live' END,
           CASE i % 3 WHEN 0 THEN 'read:assets' WHEN 1 THEN 'write:assets' ELSE 'read:analytics' END,
           CASE i % 3 WHEN 0 THEN '9999-12-31 00:00:00.0'
             ELSE strftime('%Y-%m-%d %H:%M:%f', 'now', printf('%d days', (i * 7919) % 600 - 300)) END,
           '', strftime('%Y-%m-%d %H:%M:%f', 'now', '-400 days'), 'owner@example.com',
           CASE i % 10 WHEN 3 THEN strftime('%Y-%m-%d %H:%M:%f', 'now', '-9 days') END,
           CASE i % 10 WHEN 3 THEN 'owner@example.com' END, CASE i % 10 WHEN 3 THEN 'unused' END,
           strftime('%Y-%m-%d %H:%M:%f', 'now', printf('-%d days', CASE i % 50 WHEN 7 THEN 120 ELSE i % 80 END))
         FROM n;
         UPDATE projects SET key_count = {keys};
         INSERT INTO key_terms (project_id, term, key_id)
         SELECT 1, term, id FROM (
           SELECT ' ' || scopes AS term, id FROM keys
           UNION ALL SELECT printf('%d', id), id FROM keys
           UNION ALL SELECT printf('%06x', id), id FROM keys WHERE printf('%06x', id) <> printf('%d', id)
           UNION ALL SELECT prefix, id FROM keys
           UNION ALL SELECT 'of', id FROM keys
           UNION ALL SELECT 'owner@example.com', id FROM keys
           UNION ALL SELECT 'service', id FROM keys
           UNION ALL SELECT printf('team%d', id % 997), id FROM keys
         ) ORDER BY term, id;
         COMMIT;
         PRAGMA wal_checkpoint(TRUNCATE);"
    ))
    .expect("the statements fit the schema");
    drop(conn);
    std::fs::rename(&draft, &path).expect("the same folder");
    path
}
