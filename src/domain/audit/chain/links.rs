//! Follows the chain entry by entry, and says what was done to it where it breaks.

use std::fmt;

use crate::records::ChainedEntry;
use crate::records::audit::{Hash, NO_HASH, chained_hash};

/// How far from its place an entry is recognised that was moved.
const FAR: i64 = 100_000;

/// The first place at which a log is not what was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Break {
    /// The entry does not say what was written.
    Changed(i64),
    /// The entries from the first number to the second are not there.
    Removed(i64, i64),
    /// The entry was not written by Keyward: later ones follow from the one before it.
    Inserted(i64),
    /// The entry was written with another number.
    Moved {
        /// Its place now.
        to: i64,
        /// The number it was written with.
        from: i64,
    },
    /// Entries are missing at the end.
    CutOff {
        /// The last entry that is there.
        last: i64,
        /// How many entries there were.
        known: i64,
    },
    /// The entries after the first number were replaced, up to the second one or further, and their
    /// hashes made to fit.
    Rewritten {
        /// The last entry that is known to be right.
        after: i64,
        /// The entry whose hash is not what was signed.
        until: i64,
    },
    /// The checkpoint of this entry was changed.
    Checkpoint(i64),
    /// A file ends too early. Holds the last entry that is there.
    Unfinished(i64),
    /// A file is not the one that was signed, although each of its entries is right.
    File,
}

impl Break {
    /// The first entry that is not what was written; 0 if that can't be told.
    pub fn entry(&self) -> i64 {
        match self {
            Break::File => 0,
            Break::Unfinished(last) => last + 1,
            Break::Changed(entry)
            | Break::Removed(entry, _)
            | Break::Inserted(entry)
            | Break::Moved { to: entry, .. }
            | Break::Checkpoint(entry) => *entry,
            Break::CutOff { last, .. } => last + 1,
            Break::Rewritten { after, .. } => after + 1,
        }
    }

    /// What was done, in a word.
    pub fn kind(&self) -> &'static str {
        match self {
            Break::Changed(_) => "changed",
            Break::Removed(..) => "removed",
            Break::Inserted(_) => "inserted",
            Break::Moved { .. } => "moved",
            Break::CutOff { .. } => "cut_off",
            Break::Rewritten { .. } => "rewritten",
            Break::Checkpoint(_) => "checkpoint_changed",
            Break::Unfinished(_) => "unfinished",
            Break::File => "file_changed",
        }
    }
}

impl fmt::Display for Break {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        match self {
            Break::Changed(entry) => write!(f, "Entry {entry} was changed."),
            Break::Removed(first, last) if first == last => {
                write!(f, "Entry {first} was removed.")
            }
            Break::Removed(first, last) => write!(f, "Entries {first} to {last} were removed."),
            Break::Inserted(entry) => write!(f, "Entry {entry} was inserted."),
            Break::Moved { to, from } => {
                write!(f, "Entry {to} was moved: it was written as entry {from}.")
            }
            Break::CutOff { last, known } => write!(
                f,
                "The log was cut off after entry {last}: it had {known} entries."
            ),
            Break::Rewritten { after, until } => write!(
                f,
                "Entries after {after} were rewritten: entry {until} is not the one that the \
                 checkpoint was signed for."
            ),
            Break::Checkpoint(entry) => write!(
                f,
                "The checkpoint of entry {entry} was changed: its signature does not fit."
            ),
            Break::Unfinished(last) => write!(
                f,
                "The file ends too early: its last line is missing. The last entry in it is {last}."
            ),
            Break::File => write!(
                f,
                "The file was changed: its entries are right, but lines were removed, added or \
                 edited after it was signed."
            ),
        }
    }
}

/// An entry as its source has it.
pub(super) struct Piece {
    pub id: i64,
    pub previous: Vec<u8>,
    pub hash: Vec<u8>,
    /// What the hash covers; empty if it fits.
    pub json: Vec<u8>,
    /// Whether it does.
    pub fits: bool,
}

impl Piece {
    pub fn new(id: i64, json: Vec<u8>, previous: Vec<u8>, hash: Vec<u8>) -> Self {
        let fits = chained_hash(&previous, &json)[..] == hash;
        Piece {
            id,
            previous,
            hash,
            json: if fits { Vec::new() } else { json },
            fits,
        }
    }

    /// What stands in the place of the entry `id` and can't be read.
    pub fn illegible(id: i64) -> Self {
        Piece {
            id,
            previous: Vec::new(),
            hash: Vec::new(),
            json: Vec::new(),
            fits: false,
        }
    }

    /// Whether the hash is that of the same entry with another number.
    fn was(&self, id: i64) -> bool {
        let rest = self.json.iter().position(|byte| *byte == b',');
        let Some(rest) = rest.and_then(|at| self.json.get(at..)) else {
            return false;
        };
        let json = [format!("{{\"id\":{id}").as_bytes(), rest].concat();
        chained_hash(&self.previous, &json)[..] == self.hash
    }

    /// The number it was written with, if that is another one not too far away.
    fn original(&self) -> Option<i64> {
        (1..=FAR)
            .flat_map(|far| [self.id - far, self.id + far])
            .find(|id| *id > 0 && self.was(*id))
    }
}

impl From<ChainedEntry> for Piece {
    fn from(chained: ChainedEntry) -> Self {
        let json = chained.entry.json();
        Piece::new(chained.entry.id, json, chained.previous_hash, chained.hash)
    }
}

/// Follows a chain. An entry is judged when the one after it is known.
pub(super) struct Chain {
    /// The last entry that was found right.
    pub last: i64,
    pub hash: Vec<u8>,
    /// Whether entries may be missing in between, because a filter left them out.
    gaps: bool,
    waiting: Option<Piece>,
}

impl Chain {
    /// A chain that begins after the entry `last` with the hash `hash`.
    pub fn after(last: i64, hash: &[u8]) -> Self {
        Chain {
            last,
            hash: hash.to_vec(),
            gaps: false,
            waiting: None,
        }
    }

    /// A whole chain.
    pub fn whole() -> Self {
        Self::after(0, &NO_HASH as &Hash)
    }

    /// A chain of which a filter left entries out.
    pub fn with_gaps() -> Self {
        Chain {
            gaps: true,
            ..Self::whole()
        }
    }

    /// The number that the next entry should have.
    pub fn next(&self) -> i64 {
        self.waiting
            .as_ref()
            .map_or(self.last, |waiting| waiting.id)
            + 1
    }

    /// Takes the next entry, and judges the one before it. Returns the number and the hash of one that
    /// was found right.
    pub fn take(&mut self, piece: Piece) -> Result<Option<(i64, &[u8])>, Break> {
        match self.waiting.replace(piece) {
            None => Ok(None),
            Some(current) => self.judge(&current, true).map(Some),
        }
    }

    /// Judges the last entry.
    pub fn end(&mut self) -> Result<Option<(i64, &[u8])>, Break> {
        match self.waiting.take() {
            None => Ok(None),
            Some(current) => self.judge(&current, false).map(Some),
        }
    }

    fn judge(&mut self, current: &Piece, has_next: bool) -> Result<(i64, &[u8]), Break> {
        let next = self.waiting.as_ref().filter(|_| has_next);
        let id = current.id;
        let expected = self.last + 1;
        let follows = id == expected && (!self.gaps || self.last > 0);
        if id > expected && !self.gaps {
            return Err(Break::Removed(expected, id - 1));
        }
        if id < expected {
            let is_extra = next.is_some_and(|next| next.id == expected) || !current.fits;
            return Err(match is_extra {
                _ if id == self.last => Break::Inserted(id),
                true => Break::Inserted(expected),
                false => Break::Moved {
                    to: expected,
                    from: id,
                },
            });
        }
        if !current.fits {
            return Err(if current.was(id - 1) {
                Break::Inserted(id - 1)
            } else if next.is_some_and(|next| !next.fits && next.was(id)) {
                Break::Inserted(id)
            } else if current.was(id + 1) {
                Break::Removed(id, id)
            } else if let Some(from) = current.original() {
                Break::Moved { to: id, from }
            } else {
                Break::Changed(id)
            });
        }
        if follows && current.previous != self.hash {
            // One of the two was replaced, and its hash made to fit: the one that the next entry, or
            // the one before, does not know.
            let is_known = next.is_some_and(|next| next.previous == current.hash);
            return Err(match is_known && self.last > 0 {
                true => Break::Changed(self.last),
                false => Break::Changed(id),
            });
        }
        self.last = id;
        self.hash.clone_from(&current.hash);
        Ok((id, &self.hash))
    }
}
