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
