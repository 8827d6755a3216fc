//! What a log is held against besides its own hashes, and what comes out.

use std::collections::VecDeque;

use super::Break;
use super::links::{Chain, Piece};
use super::note::{NoteError, PublicKey};
use crate::records::Checkpoint;

/// What was found right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries.
    pub entries: u64,
    /// The number of the last one.
    pub last: i64,
    /// The hash of the last one.
    pub hash: Vec<u8>,
    /// How many checkpoints agree with them.
    pub checkpoints: u64,
    /// The number of the last entry that a checkpoint vouches for.
    pub signed: Option<i64>,
    /// How many checkpoints were signed with another key, and so count for nothing.
    pub other_keys: u64,
}

/// Whether a log is what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Intact(Verified),
    /// It is not, from here on.
    Broken(Break),
}

/// The checkpoints that a log must agree with, in the order of their entries.
#[derive(Debug, Default)]
pub struct Checkpoints {
    waiting: VecDeque<Checkpoint>,
    /// How many agree.
    agreed: u64,
    /// The last one that agrees.
    signed: Option<i64>,
    /// How many were signed with another key.
    other_keys: u64,
}

impl Checkpoints {
    /// Those of `all` that `key` signed; none without it.
    ///
    /// # Errors
    /// One was changed after it was signed.
    pub fn new(all: Vec<Checkpoint>, key: Option<&PublicKey>) -> Result<Self, Break> {
        let mut checkpoints = Checkpoints::default();
        let Some(key) = key else {
            return Ok(checkpoints);
        };
        for checkpoint in all {
            match checkpoint.is_signed_by(key) {
                Ok(()) => checkpoints.waiting.push_back(checkpoint),
                Err(NoteError::OtherKey) => checkpoints.other_keys += 1,
                Err(_) => return Err(Break::Checkpoint(checkpoint.entry)),
            }
        }
        Ok(checkpoints)
    }

    /// Compares an entry that was found right with the checkpoints of it.
    ///
    /// # Errors
    /// The hash is not what was signed.
    pub(super) fn agree(&mut self, entry: i64, hash: &[u8]) -> Result<(), Break> {
        while let Some(next) = self.waiting.front().filter(|next| next.entry <= entry) {
            if next.entry == entry && next.hash != hash {
                return Err(Break::Rewritten {
                    after: self.signed.unwrap_or(0),
                    until: entry,
                });
            }
            self.agreed += u64::from(next.entry == entry);
            self.signed = Some(next.entry);
            self.waiting.pop_front();
        }
        Ok(())
    }

    /// Ends with the last entry `last`, which is the `entries`th, and has the hash `hash`.
    ///
    /// # Errors
    /// A checkpoint knows of later entries.
    pub(super) fn end(self, entries: u64, last: i64, hash: &[u8]) -> Result<Verified, Break> {
        match self.waiting.back() {
            Some(later) => Err(Break::CutOff {
                last,
                known: later.entry,
            }),
            None => Ok(Verified {
                entries,
                last,
                hash: hash.to_vec(),
                checkpoints: self.agreed,
                signed: self.signed,
                other_keys: self.other_keys,
            }),
        }
    }
}

/// Takes the next entry, or ends the chain, and compares what was found right with the checkpoints.
pub(super) fn follow(
    chain: &mut Chain,
    checkpoints: &mut Checkpoints,
    piece: Option<Piece>,
) -> Result<(), Break> {
    let right = match piece {
        Some(piece) => chain.take(piece)?,
        None => chain.end()?,
    };
    match right {
        Some((entry, hash)) => checkpoints.agree(entry, hash),
        None => Ok(()),
    }
}
