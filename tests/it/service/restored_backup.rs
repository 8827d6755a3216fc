//! An older backup of a SQLite database is restored while an instance runs.

use std::path::{Path, PathBuf};
use std::process::Command;

use diesel::connection::SimpleConnection;

use crate::app::{Browser, TestDatabase, eventually};
use crate::program::Program;

/// Copies a database with SQLite's own backup, which also works while it is in use.
fn copy(from: &Path, to: &Path) {
    let script = "import sqlite3, sys; \
                  sqlite3.connect(sys.argv[1]).backup(sqlite3.connect(sys.argv[2]))";
    let mut python = Command::new("python3");
    let status = python.args(["-c", script]).arg(from).arg(to).status();
    assert!(status.unwrap().success());
}

/// An instance whose database is about to be replaced by the backup of an earlier one.
struct Restored {
    database: TestDatabase,
    program: Program,
    owner: Browser,
    path: PathBuf,
    backup: PathBuf,
    id: i64,
    revoked: String,
    living: String,
}

impl Restored {
    /// With a key that was revoked since the backup was made, and one that works.
    fn prepare() -> Self {
        let database = TestDatabase::on_sqlite();
        let program = Program::serve(&database, "info");
        let owner = program.owner(&database);
        let (id, revoked) = owner.new_key(&[("label", "Revoked")]);
        let (_, living) = owner.new_key(&[("label", "Living")]);
        let path = PathBuf::from(database.url.strip_prefix("sqlite:").unwrap());
        let backup = path.with_file_name("backup.db");
        copy(&path, &backup);
        assert_eq!(owner.revoke(id).status, 303);
        assert_eq!(owner.verify(&revoked).1, "REVOKED");
        Restored {
            database,
            program,
            owner,
            path,
            backup,
            id,
            revoked,
            living,
        }
    }

    /// The revoked key is refused at every moment, and revoked again in the restored database.
    fn check(&self) {
        let is_recorded = "SELECT count(*) AS number FROM audit_entries
                           WHERE action = 'database.rolled_back'";
        eventually(|| {
            assert_ne!(self.owner.verify(&self.revoked).0, 200);
            (self.database.number(is_recorded) == 1).then_some(())
        });
        let lost_from = "SELECT lost_from AS number FROM rollbacks WHERE lost_from = last_known";
        let entry = "SELECT entry AS number FROM rollbacks";
        assert_eq!(
            self.database.number(lost_from),
            self.database.number(entry),
            "one entry was lost, and its number is used again"
        );
        let id = self.id;
        let again = format!(
            "SELECT count(*) AS number FROM keys WHERE id = {id} AND revoked_by = 'Keyward'"
        );
        assert_eq!(self.database.number(&again), 1);
        assert_eq!(self.owner.verify(&self.revoked).1, "REVOKED");
        eventually(|| (self.owner.verify(&self.living).0 == 200).then_some(()));
        assert_eq!(self.owner.get("/").texts(".lost li"), ["Revoked"]);
    }
}

#[test]
fn a_revoked_key_stays_revoked_when_a_backup_is_restored_into_the_file() {
    let restored = Restored::prepare();
    copy(&restored.backup, &restored.path);
    restored.check();
}

/// The database can't be told yet.
#[test]
fn a_revoked_key_is_refused_while_its_revocation_can_not_be_written_again() {
    let restored = Restored::prepare();
    // It must find the lock as soon as it finds the backup, and hold none while it is stopped.
    let mut other = restored.database.connect();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    restored.program.signal("STOP");
    other.batch_execute("ROLLBACK").unwrap();
    copy(&restored.backup, &restored.path);
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    restored.program.signal("CONT");
    let log = restored.database.folder().join("log");
    let has_failed = || {
        let log = std::fs::read_to_string(&log).unwrap();
        log.contains("the database can't be followed")
    };
    eventually(|| {
        assert_eq!(restored.owner.verify(&restored.revoked).1, "REVOKED");
        has_failed().then_some(())
    });
    // Without a lease, the database is asked for the others.
    assert_eq!(restored.owner.verify(&restored.living).0, 200);
    assert_eq!(restored.owner.verify(&restored.revoked).1, "REVOKED");
    other.batch_execute("ROLLBACK").unwrap();
    restored.check();
}

#[test]
fn a_revoked_key_stays_revoked_when_another_file_takes_the_place_of_the_database() {
    let restored = Restored::prepare();
    // Nothing may open the file while its log still belongs to the old one.
    restored.program.signal("STOP");
    std::fs::rename(&restored.backup, &restored.path).unwrap();
    for ending in ["-wal", "-shm"] {
        drop(std::fs::remove_file(format!(
            "{}{ending}",
            restored.path.display()
        )));
    }
    restored.program.signal("CONT");
    restored.check();
    // What is written now is written into the new file.
    let (id, secret) = restored.owner.new_key(&[("label", "Later")]);
    assert_eq!(restored.owner.revoke(id).status, 303);
    assert_eq!(restored.owner.verify(&secret).1, "REVOKED");
    let later = format!("SELECT count(*) AS number FROM keys WHERE id = {id} AND label = 'Later'");
    assert_eq!(restored.database.number(&later), 1);
}
