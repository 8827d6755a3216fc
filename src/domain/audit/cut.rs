//! Cut off old entries, where they may not be kept for ever.

use super::chain::note::Signer;
use super::checkpoint;
use crate::clock::UtcTime;
use crate::db::instances::Head;
use crate::db::{Connection, NewEntry, audit_log, checkpoints, unaudited};
use crate::domain::{DomainError, Op};
use crate::records::Checkpoint;

/// How many entries one transaction deletes, so that nobody has to wait long for it.
const AT_ONCE: i64 = 250;

/// Cuts the log off before its first entry that is not older than `oldest_kept`: writes an entry about
/// it, and a signed checkpoint that says by which rule. From then on the log begins there;
/// [`delete_cut`] deletes the rest. Does nothing if nothing is too old, or if the chain breaks.
///
/// # Errors
/// The database fails.
pub fn cut(
    op: &mut Op,
    signer: &Signer,
    oldest_kept: UtcTime,
    rule: &str,
) -> Result<(), DomainError> {
    let begin = checkpoints::cut(op.conn())?.map_or(0, |cut| cut.entry);
    let Some((entry, hash)) = audit_log::last_before(op.conn(), begin, oldest_kept)? else {
        return Ok(());
    };
    let now = op.now();
    let is_intact = checkpoint::take(op.conn(), signer, now)?.is_ok();
    if !is_intact {
        return Ok(());
    }
    let first = begin + 1;
    let remark = format!("entries {first} to {entry} were deleted: {rule}");
    let said = NewEntry::new(op.actor(), now, "audit.cut", "the audit log")
        .with("first", first)
        .with("last", entry)
        .with("rule", rule);
    op.note(said)?;
    let checkpoint = Checkpoint::sign(signer, &Head { entry, hash }, now, Some(remark));
    Ok(op.unaudited(|tx| checkpoints::insert(tx, &checkpoint))?)
}

/// Deletes some of the entries that were cut off, and returns whether there may be more.
///
/// # Errors
/// The database fails.
pub fn delete_cut(conn: &mut Connection) -> Result<bool, DomainError> {
    let Some(cut) = checkpoints::cut(conn)? else {
        return Ok(false);
    };
    let old = audit_log::first(conn, cut.entry, AT_ONCE)?;
    if !old.is_empty() {
        unaudited(conn, |tx| audit_log::delete(tx, &old))?;
    }
    Ok(!old.is_empty())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use time::Duration;
    use time::macros::datetime;

    use super::*;
    use crate::access::Actor;
    use crate::config::{Config, Flags, find};
    use crate::db::connection::DatabaseUrl;
    use crate::db::migrate::{self, Patience};
    use crate::db::{DbError, installation, note};
    use crate::domain::audit::chain::{Break, Verdict, verify_database};
    use crate::instance_secret::InstanceSecret;

    const NOW: UtcTime = datetime!(2026-11-21 12:00);

    struct Log {
        url: DatabaseUrl,
        conn: Connection,
        signer: Signer,
        secret: InstanceSecret,
        _folder: tempfile::TempDir,
    }

    fn config(folder: &Path) -> Config {
        let flags = Flags {
            listen: None,
            database_url: Some(format!("sqlite:{}", folder.join("k.db").display())),
        };
        Config::from_found(&find(&flags, &[], folder).unwrap()).unwrap()
    }

    /// A log with an entry a day, the last one today.
    fn daily(days: i64) -> Log {
        let folder = tempfile::tempdir().unwrap();
        let config = config(folder.path());
        let mut conn = config.database.open_or_create().unwrap();
        migrate::run(&mut conn, Patience::Endless).unwrap();
        let secret = InstanceSecret::find(&config).unwrap();
        let signer = Signer::new(&installation::id(&mut conn).unwrap(), &secret);
        for ago in (0..days).rev() {
            let at = NOW - Duration::days(ago);
            let entry = NewEntry::new(&Actor::command_line(), at, "key.edited", "Checkout");
            note(&mut conn, entry).unwrap();
        }
        Log {
            url: config.database,
            conn,
            signer,
            secret,
            _folder: folder,
        }
    }

    impl Log {
        fn cut(&mut self, oldest_kept: UtcTime) {
            let service = Actor::service();
            let mut op = Op::new(&mut self.conn, &service, NOW);
            cut(&mut op, &self.signer, oldest_kept, "a rule").unwrap();
            while delete_cut(&mut self.conn).unwrap() {}
        }

        fn ids(&mut self) -> Vec<i64> {
            let all = audit_log::first(&mut self.conn, i64::MAX, 1_000).unwrap();
            all.iter().map(|entry| entry.id).collect()
        }

        fn verdict(&self) -> Verdict {
            let conn = self.url.open().unwrap();
            verify_database(vec![conn], Some(self.signer.public()), None, |_, _| ()).unwrap()
        }
    }

    #[test]
    fn what_is_too_old_is_cut_off_and_the_rest_verifies() {
        let mut log = daily(40);
        log.cut(NOW.date().midnight() - Duration::days(10));
        // 11 days are kept, and what says that the others were cut.
        assert_eq!(log.ids(), (30..=41).collect::<Vec<_>>());
        let Verdict::Intact(verified) = log.verdict() else {
            panic!("{:?}", log.verdict());
        };
        assert_eq!((verified.entries, verified.last), (12, 41));
        let cut = checkpoints::cut(&mut log.conn).unwrap().unwrap();
        let said = cut.statement().unwrap().remark.unwrap();
        assert_eq!(said, "entries 1 to 29 were deleted: a rule");
        // Nothing more is too old.
        log.cut(NOW.date().midnight() - Duration::days(10));
        assert_eq!(log.ids().len(), 12);
        // The next cut begins where this one ended, and leaves the last entry.
        log.cut(NOW + Duration::days(1));
        assert_eq!(log.ids(), [41, 42]);
        assert!(matches!(log.verdict(), Verdict::Intact(_)));
    }

    #[test]
    fn nothing_else_can_be_deleted() {
        let mut log = daily(40);
        log.cut(NOW.date().midnight() - Duration::days(10));
        let kept = audit_log::first(&mut log.conn, 31, 2).unwrap();
        let deleted = unaudited(&mut log.conn, |tx| audit_log::delete(tx, &kept));
        let refused: DbError = deleted.unwrap_err();
        assert!(refused.to_string().contains("can not be deleted"));
    }

    #[test]
    fn a_cut_that_another_key_signed_is_none() {
        let mut log = daily(40);
        let folder = tempfile::tempdir().unwrap();
        let other = config(folder.path());
        let other = InstanceSecret::find(&other).unwrap();
        let installation = installation::id(&mut log.conn).unwrap();
        log.signer = Signer::new(&installation, &other);
        log.cut(NOW.date().midnight() - Duration::days(10));
        assert!(matches!(log.verdict(), Verdict::Intact(_)));
        log.signer = Signer::new(&installation, &log.secret);
        assert_eq!(log.verdict(), Verdict::Broken(Break::Checkpoint(29)));
    }

    #[test]
    fn a_log_that_was_tampered_with_is_not_cut() {
        use diesel::connection::SimpleConnection;

        let mut log = daily(40);
        let tampering = "DROP TRIGGER audit_entries_keep;
             UPDATE audit_entries SET actor = 'mallory' WHERE id = 7";
        log.conn.batch_execute(tampering).unwrap();
        log.cut(NOW.date().midnight());
        assert_eq!(log.ids().len(), 40);
    }
}
