//! What checkpoints and the ends of exports say.

use base64::prelude::{BASE64_STANDARD, Engine};
use serde::Serialize;

use super::note::{NoteError, PublicKey, unchecked};
use crate::clock::{UtcTime, parse_rfc3339, rfc3339};
use crate::records::Checkpoint;

/// What a checkpoint or the end of an export says. Its text is that of a checkpoint of a transparency
/// log (<https://c2sp.org/tlog-checkpoint>): whose it is, how many entries, their hash, and further
/// lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// Of which log.
    pub origin: String,
    /// How many entries: the number of the last one.
    pub entries: i64,
    /// The hash of the last one.
    #[serde(skip)]
    pub hash: Vec<u8>,
    /// When it was signed.
    #[serde(with = "crate::clock::serde_rfc3339")]
    pub at: UtcTime,
    /// What else there is to say, on one line.
    pub remark: Option<String>,
}

impl Statement {
    /// The statement as text.
    pub fn text(&self) -> String {
        let hash = BASE64_STANDARD.encode(&self.hash);
        let (origin, entries, at) = (&self.origin, self.entries, rfc3339(self.at));
        let remark = self.remark.iter().map(|remark| format!("{remark}\n"));
        let remark: String = remark.collect();
        format!("{origin}\n{entries}\n{hash}\n{at}\n{remark}")
    }

    /// The statement that [`text`](Self::text) wrote; `None` if it is none.
    pub fn read(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        Some(Statement {
            origin: lines.next()?.to_owned(),
            entries: lines.next()?.parse().ok()?,
            hash: BASE64_STANDARD.decode(lines.next()?).ok()?,
            at: parse_rfc3339(lines.next()?)?,
            remark: lines.next().map(str::to_owned),
        })
    }
}

impl Checkpoint {
    /// What the checkpoint says, whoever signed it.
    pub fn statement(&self) -> Option<Statement> {
        Statement::read(unchecked(&self.note)?)
    }

    /// Whether `key` signed just what the checkpoint says.
    ///
    /// # Errors
    /// It did not, or the checkpoint was changed since.
    pub fn is_signed_by(&self, key: &PublicKey) -> Result<(), NoteError> {
        let said = Statement::read(key.open(&self.note)?).ok_or(NoteError::Malformed)?;
        let is_same = said.origin == key.name()
            && said.entries == self.entry
            && said.hash == self.hash
            && said.remark.is_some() == self.is_cut;
        match is_same {
            true => Ok(()),
            false => Err(NoteError::Changed),
        }
    }

    /// A checkpoint that somebody kept elsewhere, if `key` signed it.
    ///
    /// # Errors
    /// It did not, or this is no checkpoint. The text is a sentence.
    pub fn kept(note: &str, key: &PublicKey) -> Result<Self, String> {
        let text = key.open(note);
        let text = text.map_err(|error| format!("The checkpoint can't be relied on: {error}."))?;
        let statement = Statement::read(text).filter(|it| it.origin == key.name());
        let statement = statement.ok_or("This is not a checkpoint of this audit log.")?;
        Ok(Checkpoint {
            entry: statement.entries,
            is_cut: statement.remark.is_some(),
            at: statement.at,
            hash: statement.hash,
            note: note.to_owned(),
        })
    }
}
