//! Verify the log in a database. Several threads read and hash; one follows the chain.

use std::sync::mpsc::{Receiver, sync_channel};
use std::thread;

use super::checks::follow;
use super::links::{Chain, Piece};
use super::note::PublicKey;
use super::{Break, Checkpoints, Verdict, Verified};
use crate::db::audit_log::{self, AuditFilter};
use crate::db::instances::Head;
use crate::db::{AnyConnection, Connection, DbError, checkpoints};
use crate::domain::DomainError;
use crate::records::Checkpoint;

/// How many entries are read at once.
const AT_ONCE: i64 = 2_000;

/// Verifies the log from its first entry to `head`, against its checkpoints and against `kept`, one
/// that somebody kept elsewhere. Without the public `key`, checkpoints are not looked at. Reads with
/// all `connections` at once, of which there must be one. `progress` is told how many entries are
/// done.
///
/// # Errors
/// The database fails.
pub fn verify_database(
    mut connections: Vec<Connection>,
    key: Option<&PublicKey>,
    kept: Option<Checkpoint>,
    mut progress: impl FnMut(u64, u64),
) -> Result<Verdict, DomainError> {
    let Some(conn) = connections.first_mut() else {
        return Err(DomainError::Internal("no connection to verify with".into()));
    };
    let extent = audit_log::extent(conn)?;
    let mut all = checkpoints::after(conn, 0, i64::MAX)?;
    let cut = checkpoints::cut(conn)?;
    all.extend(kept);
    all.sort_by_key(|checkpoint| checkpoint.entry);
    all.dedup_by(|one, other| one.note == other.note);
    // Where the log begins, nothing but this signature says that it may.
    if let Some((cut, key)) = cut.as_ref().zip(key)
        && cut.is_signed_by(key).is_err()
    {
        return Ok(Verdict::Broken(Break::Checkpoint(cut.entry)));
    }
    // What was cut can't be compared any more.
    let base = cut.as_ref().map_or(0, |cut| cut.entry);
    all.retain(|checkpoint| checkpoint.entry >= base);
    let mut checkpoints = match Checkpoints::new(all, key) {
        Ok(checkpoints) => checkpoints,
        Err(broken) => return Ok(Verdict::Broken(broken)),
    };
    let mut chain = match &cut {
        Some(cut) => Chain::after(cut.entry, &cut.hash),
        None => Chain::whole(),
    };
    if let Some(cut) = &cut {
        let agreed = checkpoints.agree(cut.entry, &cut.hash);
        if let Err(broken) = agreed {
            return Ok(Verdict::Broken(broken));
        }
    }
    let last = extent.last.unwrap_or(base);
    // An interrupted cut leaves entries before its end. Numbers before 1 are nobody's.
    let first = match base {
        0 => extent.first.unwrap_or(1).min(1),
        base => base + 1,
    };
    let mut entries = 0;
    let total = u64::try_from(last - base).unwrap_or(0);
    let result = thread::scope(|scope| {
        let parts: Vec<_> = (0_i64..).zip(connections).collect();
        let step = AT_ONCE * i64::try_from(parts.len()).unwrap_or(1);
        let receivers: Vec<Receiver<Result<Vec<Piece>, DbError>>> = parts
            .into_iter()
            .map(|(number, mut conn)| {
                let (sender, receiver) = sync_channel(2);
                scope.spawn(move || {
                    let mut from = first + number * AT_ONCE;
                    while from <= last {
                        let pieces = read(&mut conn, from, last.min(from + AT_ONCE - 1));
                        if sender.send(pieces).is_err() {
                            return; // The chain broke.
                        }
                        from += step;
                    }
                });
                receiver
            })
            .collect();
        for receiver in receivers.iter().cycle() {
            let Ok(pieces) = receiver.recv() else {
                break;
            };
            for piece in pieces? {
                entries += 1;
                if let Err(broken) = follow(&mut chain, &mut checkpoints, Some(piece)) {
                    return Ok(Some(broken));
                }
            }
            progress(entries, total);
        }
        Ok::<_, DbError>(follow(&mut chain, &mut checkpoints, None).err())
    })?;
    Ok(match result {
        Some(broken) => Verdict::Broken(broken),
        None => ended(&chain, checkpoints, entries, &extent.head),
    })
}

/// Verifies the entries after `known`, or all without it, up to `head`. For few entries.
///
/// # Errors
/// The database fails.
pub fn verify_since(
    conn: &mut AnyConnection,
    known: Option<&Head>,
    head: &Head,
) -> Result<Verdict, DomainError> {
    let mut chain = known.map_or_else(Chain::whole, |known| Chain::after(known.entry, &known.hash));
    let mut checkpoints = Checkpoints::default();
    let mut entries = 0;
    let mut from = chain.last + 1;
    while from <= head.entry {
        let until = head.entry.min(from + AT_ONCE - 1);
        for piece in read(conn, from, until)? {
            entries += 1;
            if let Err(broken) = follow(&mut chain, &mut checkpoints, Some(piece)) {
                return Ok(Verdict::Broken(broken));
            }
        }
        from = until + 1;
    }
    if let Err(broken) = follow(&mut chain, &mut checkpoints, None) {
        return Ok(Verdict::Broken(broken));
    }
    Ok(ended(&chain, checkpoints, entries, head))
}

fn read(conn: &mut AnyConnection, first: i64, last: i64) -> Result<Vec<Piece>, DbError> {
    let all = AuditFilter::everything();
    let entries = audit_log::stretch(conn, &all, first, last)?;
    Ok(entries.into_iter().map(Piece::from).collect())
}

/// Compares the end of the chain with the head.
fn ended(chain: &Chain, checkpoints: Checkpoints, entries: u64, head: &Head) -> Verdict {
    let (last, hash) = (chain.last, &chain.hash);
    let broken = match head.entry {
        entry if entry > last => Break::CutOff { last, known: entry },
        entry if entry < last => Break::Inserted(entry + 1),
        _ if head.hash != *hash => Break::Changed(last),
        _ => match checkpoints.end(entries, last, hash) {
            Ok(verified) => return Verdict::Intact(verified),
            Err(broken) => broken,
        },
    };
    Verdict::Broken(broken)
}

impl Verified {
    /// Whether a checkpoint vouches for every entry.
    pub fn is_all_signed(&self) -> bool {
        self.signed == Some(self.last)
    }
}
