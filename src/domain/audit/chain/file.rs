//! Verify an exported file. One thread reads, several parse and hash, one follows the chain.

use std::collections::BTreeMap;
use std::io::{BufRead, Error as IoError};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use base16ct::lower as hex;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

use super::checks::follow;
use super::links::{Chain, Piece};
use super::note::PublicKey;
use super::statement::Statement;
use super::{Break, Checkpoints, Verdict};
use crate::records::Checkpoint;

/// How many lines one thread parses at once.
const AT_ONCE: usize = 1_000;

/// The first line of an export.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ExportHeader {
    /// The name of the log, which its checkpoints have too.
    pub log: String,
    /// When the export began.
    pub exported_at: String,
    /// Who made it.
    pub exported_by: String,
    /// What it was filtered by; empty if it has every entry.
    pub filter: BTreeMap<String, String>,
    /// The entry before its first one, for an export of every entry.
    pub after: i64,
    /// The hash of that entry.
    pub after_hash: String,
}

/// A line of an export: an entry with its place in the chain.
#[derive(Serialize, Deserialize)]
pub struct ExportLine<'a> {
    /// What the hash covers, word for word.
    #[serde(borrow)]
    pub entry: &'a RawValue,
    /// The slug of its project, for the reader.
    pub project: Option<std::borrow::Cow<'a, str>>,
    /// The hash of the entry before it.
    pub previous_hash: std::borrow::Cow<'a, str>,
    /// Its own hash.
    pub hash: std::borrow::Cow<'a, str>,
}

/// The last line of an export. An export without it is not finished.
#[derive(Serialize, Deserialize)]
pub struct ExportEnd {
    /// How many entries there are.
    pub entries: u64,
    /// A signed statement of the SHA-256 of everything before this line.
    pub note: String,
}

/// What surrounds the entries, as it is written.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Around {
    /// The first line.
    Export(ExportHeader),
    /// The last line.
    End(ExportEnd),
}

/// Why a file can't be verified at all.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It can't be read.
    #[error("The file can't be read: {0}.")]
    Io(#[from] IoError),
    /// It is something else.
    #[error("This is not an export of an audit log in JSON Lines: its first line is not one's.")]
    Other,
    /// It comes from another instance than the public key.
    #[error("The file was exported from {0}, and the public key is another instance's.")]
    OtherLog(String),
}

/// What was found in a file.
#[derive(Debug)]
pub struct FileVerdict {
    /// What it says about itself.
    pub header: ExportHeader,
    /// Whether it is what was exported.
    pub verdict: Verdict,
    /// Whether its signature was checked.
    pub is_signed: bool,
}

/// Verifies an export against `key`, if it is known, and against `kept`, a checkpoint that somebody
/// kept elsewhere. `progress` is told how many entries are done.
///
/// # Errors
/// The file can't be read, or is something else.
pub fn verify_file(
    mut file: impl BufRead + Send,
    key: Option<&PublicKey>,
    kept: Option<Checkpoint>,
    mut progress: impl FnMut(u64),
) -> Result<FileVerdict, FileError> {
    let mut first = Vec::new();
    file.read_until(b'\n', &mut first)?;
    let Ok(Around::Export(header)) = serde_json::from_slice(&first) else {
        return Err(FileError::Other);
    };
    if key.is_some_and(|key| key.name() != header.log) {
        return Err(FileError::OtherLog(header.log));
    }
    let after_hash = hex::decode_vec(&header.after_hash).unwrap_or_default();
    let is_whole = header.filter.is_empty();
    let mut chain = match is_whole {
        true => Chain::after(header.after, &after_hash),
        false => Chain::with_gaps(),
    };
    let mut checkpoints = Checkpoints::new(kept.into_iter().collect(), key)
        .expect("a kept checkpoint was checked when it was read");
    let threads = thread::available_parallelism().map_or(2, usize::from);
    let mut entries = 0;
    let (broken, read) = thread::scope(|scope| {
        let mut inputs = Vec::new();
        let mut outputs = Vec::new();
        for _ in 0..threads {
            let (input, lines) = sync_channel::<Vec<Vec<u8>>>(2);
            let (parsed, output) = sync_channel(2);
            scope.spawn(move || parse(&lines, &parsed));
            inputs.push(input);
            outputs.push(output);
        }
        let reader = scope.spawn(move || read(file, &first, &inputs));
        let mut broken = None;
        for output in outputs.iter().cycle() {
            let Ok(pieces) = output.recv() else {
                break;
            };
            for piece in pieces {
                match broken {
                    None => {
                        entries += 1;
                        let piece = piece.unwrap_or_else(|| Piece::illegible(chain.next()));
                        broken = follow(&mut chain, &mut checkpoints, Some(piece)).err();
                    }
                    // Is it elsewhere, or gone?
                    Some(Break::Removed(missing, last)) if id_of(&piece) == Some(missing) => {
                        let (to, from) = (missing, last + 1);
                        broken = Some(Break::Moved { to, from });
                    }
                    Some(_) => {}
                }
            }
            progress(entries);
            if broken
                .as_ref()
                .is_some_and(|it| !matches!(it, Break::Removed(..)))
            {
                break;
            }
        }
        drop(outputs);
        let read = reader.join().expect("the reading thread does not panic");
        (broken, read)
    });
    let broken = broken.or_else(|| follow(&mut chain, &mut checkpoints, None).err());
    let (last, hash) = (chain.last, chain.hash.clone());
    let verdict = match broken {
        Some(broken) => Verdict::Broken(broken),
        None => {
            let read = read?;
            match end_of(&read, key, entries, last) {
                Err(broken) => Verdict::Broken(broken),
                Ok(()) => match checkpoints.end(entries, last, &hash) {
                    Ok(verified) => Verdict::Intact(verified),
                    Err(broken) => Verdict::Broken(broken),
                },
            }
        }
    };
    Ok(FileVerdict {
        header,
        verdict,
        is_signed: key.is_some(),
    })
}

/// What was read from the file.
struct Read {
    /// The SHA-256 of all lines before the last one.
    digest: Vec<u8>,
    /// The last line, if it is one.
    end: Option<ExportEnd>,
}

/// Reads lines and hands them out in turn.
fn read(
    mut file: impl BufRead,
    first: &[u8],
    parsers: &[SyncSender<Vec<Vec<u8>>>],
) -> Result<Read, IoError> {
    let mut digest = Sha256::new().chain_update(first);
    let mut lines = Vec::with_capacity(AT_ONCE);
    let mut end = None;
    for parser in parsers.iter().cycle() {
        let mut is_over = false;
        while lines.len() < AT_ONCE {
            let mut line = Vec::new();
            if file.read_until(b'\n', &mut line)? == 0 {
                is_over = true;
                break;
            }
            if line.starts_with(b"{\"end\"")
                && let Ok(Around::End(last)) = serde_json::from_slice(&line)
            {
                end = Some(last);
                is_over = true;
                break;
            }
            digest.update(&line);
            lines.push(line);
        }
        let batch = std::mem::replace(&mut lines, Vec::with_capacity(AT_ONCE));
        if parser.send(batch).is_err() || is_over {
            break;
        }
    }
    // Nothing comes after the end.
    let mut rest = Vec::new();
    if file.read_until(b'\n', &mut rest)? > 0 {
        end = None;
    }
    Ok(Read {
        digest: digest.finalize().to_vec(),
        end,
    })
}

/// Parses and hashes. `None` is a line that is no entry.
fn parse(lines: &Receiver<Vec<Vec<u8>>>, pieces: &SyncSender<Vec<Option<Piece>>>) {
    for lines in lines {
        if pieces
            .send(lines.iter().map(|line| piece(line)).collect())
            .is_err()
        {
            return; // The chain broke.
        }
    }
}

fn piece(line: &[u8]) -> Option<Piece> {
    let line: ExportLine = serde_json::from_slice(line).ok()?;
    let json = line.entry.get();
    let id = json.strip_prefix("{\"id\":")?.split(',').next()?;
    let decode = |hash: &str| hex::decode_vec(hash).ok();
    let (previous, hash) = (decode(&line.previous_hash)?, decode(&line.hash)?);
    Some(Piece::new(id.parse().ok()?, json.into(), previous, hash))
}

fn id_of(piece: &Option<Piece>) -> Option<i64> {
    piece.as_ref().map(|piece| piece.id)
}

/// Compares the end of the file with what was read.
fn end_of(read: &Read, key: Option<&PublicKey>, entries: u64, last: i64) -> Result<(), Break> {
    let Some(end) = &read.end else {
        return Err(Break::Unfinished(last));
    };
    let is_counted = end.entries == entries;
    let Some(key) = key else {
        return if is_counted { Ok(()) } else { Err(Break::File) };
    };
    let statement = key.open(&end.note).ok().and_then(Statement::read);
    let is_signed = statement.is_some_and(|said| {
        said.origin == export_origin(key)
            && u64::try_from(said.entries) == Ok(entries)
            && said.hash == read.digest
    });
    match is_signed && is_counted {
        true => Ok(()),
        false => Err(Break::File),
    }
}

/// What the statement at the end of an export begins with.
pub fn export_origin(key: &PublicKey) -> String {
    format!("{}/export", key.name())
}
