//! Checkpoints: signed statements of what the audit log held at a time. Whoever keeps one elsewhere
//! can tell if the log was rewritten or cut off since.

use super::chain::note::{NoteError, Signer};
use super::chain::{self, Break, Statement, Verdict};
use crate::clock::UtcTime;
use crate::db::instances::Head;
use crate::db::{AnyConnection, checkpoints, instances, unaudited};
use crate::domain::DomainError;
use crate::records::Checkpoint;

impl Checkpoint {
    /// A checkpoint of `head`, signed.
    pub(super) fn sign(signer: &Signer, head: &Head, at: UtcTime, cut: Option<String>) -> Self {
        let statement = Statement {
            origin: signer.public().name().to_owned(),
            entries: head.entry,
            hash: head.hash.clone(),
            at,
            remark: cut,
        };
        Checkpoint {
            entry: head.entry,
            is_cut: statement.remark.is_some(),
            at,
            hash: head.hash.clone(),
            note: signer.sign(&statement.text()),
        }
    }
}

/// Checks the entries since the last checkpoint, and signs a new one. If nothing was written since, the
/// last one is returned again. `None` for an empty log.
///
/// # Errors
/// The database fails, or the chain breaks; then nothing is signed, and the database says where it
/// breaks.
pub fn take(
    conn: &mut AnyConnection,
    signer: &Signer,
    now: UtcTime,
) -> Result<Result<Option<Checkpoint>, Break>, DomainError> {
    let head = instances::head(conn)?;
    let last = checkpoints::newest(conn, 1)?.pop();
    let broken_at = checkpoints::broken_at(conn)?;
    let signed_by = last.as_ref().map(|last| last.is_signed_by(signer.public()));
    let known = last.as_ref().map(|last| Head {
        entry: last.entry,
        hash: last.hash.clone(),
    });
    let verdict = match (&last, &signed_by) {
        (Some(last), Some(Err(NoteError::Changed | NoteError::Malformed))) => {
            Verdict::Broken(Break::Checkpoint(last.entry))
        }
        _ => chain::verify_since(conn, known.as_ref(), &head)?,
    };
    if let Some(Err(NoteError::OtherKey)) = signed_by {
        tracing::warn!(
            "the last checkpoint of the audit log was signed with another key: if the secret was not \
             replaced since, verify the log against a checkpoint that was kept elsewhere"
        );
    }
    let found = match &verdict {
        Verdict::Intact(_) => None,
        Verdict::Broken(broken) => Some(broken.entry()),
    };
    if found != broken_at {
        unaudited(conn, |tx| checkpoints::set_broken_at(tx, found))?;
    }
    if let Verdict::Broken(broken) = verdict {
        return Ok(Err(broken));
    }
    if head.entry == 0 {
        return Ok(Ok(None));
    }
    let is_ours = matches!(signed_by, Some(Ok(())));
    if let Some(last) = last.filter(|last| is_ours && last.entry == head.entry) {
        return Ok(Ok(Some(last)));
    }
    let checkpoint = Checkpoint::sign(signer, &head, now, None);
    unaudited(conn, |tx| checkpoints::insert(tx, &checkpoint))?;
    Ok(Ok(Some(checkpoint)))
}

/// What is known of the chain without checking all of it.
#[derive(Debug)]
pub struct ChainState {
    /// The last entry.
    pub head: Head,
    /// The entry at which the chain breaks, if the last check found that.
    pub broken_at: Option<i64>,
    /// The newest checkpoints, the last one first.
    pub checkpoints: Vec<Checkpoint>,
    /// The checkpoint that the log begins after, if older entries were cut.
    pub cut: Option<Checkpoint>,
}

/// What is known of the chain, with at most `limit` checkpoints.
///
/// # Errors
/// The database fails.
pub fn state(conn: &mut AnyConnection, limit: i64) -> Result<ChainState, DomainError> {
    Ok(ChainState {
        head: instances::head(conn)?,
        broken_at: checkpoints::broken_at(conn)?,
        checkpoints: checkpoints::newest(conn, limit)?,
        cut: checkpoints::cut(conn)?,
    })
}
