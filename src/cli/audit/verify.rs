//! `keyward audit verify`.

use std::fs::File;
use std::io::{BufReader, Read};

use clap::Args;
use serde::Serialize;

use super::progress::Progress;
use super::signer;
use crate::cli::{Arguments, Failure, in_json, print};
use crate::domain::audit::chain::note::PublicKey;
use crate::domain::audit::chain::{self, FileError, Verdict, Verified};
use crate::records::Checkpoint;
use crate::startup;

#[derive(Args)]
pub(in crate::cli) struct Verify {
    /// An exported file, or - for standard input; without it, the database is checked
    file: Option<String>,
    /// A checkpoint that was kept elsewhere, as a file, or - for standard input
    #[arg(long, value_name = "FILE")]
    checkpoint: Option<String>,
    /// The public key of the instance; without it, that of this instance
    #[arg(long, value_name = "KEY")]
    public_key: Option<PublicKey>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What `verify` found.
#[derive(Serialize)]
struct Found {
    intact: bool,
    /// In words.
    detail: String,
    /// `changed`, `removed`, `inserted`, `moved`, `cut_off`, `rewritten`, …
    kind: Option<&'static str>,
    /// The first entry that is not what was written.
    entry: Option<i64>,
    entries: Option<u64>,
    last_entry: Option<i64>,
    hash: Option<String>,
    checkpoints: Option<u64>,
}

impl Verify {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let (verdict, remarks) = match &self.file {
            Some(file) => self.file(file)?,
            None => self.database(arguments)?,
        };
        let (found, remarks) = match verdict {
            Verdict::Intact(verified) => (Found::intact(&verified), remarks),
            Verdict::Broken(broken) => (Found::broken(&broken), Vec::new()),
        };
        match self.json {
            true => print(&in_json(&found))?,
            false if found.intact => print(&found.detail)?,
            false => {}
        }
        for remark in remarks {
            eprintln!("{remark}");
        }
        match found.intact {
            true => Ok(()),
            false => Err(Failure::Failed(found.detail)),
        }
    }

    fn kept(&self, key: Option<&PublicKey>) -> Result<Option<Checkpoint>, Failure> {
        let Some(file) = &self.checkpoint else {
            return Ok(None);
        };
        let Some(key) = key else {
            let message = "A checkpoint can only be checked with --public-key.";
            return Err(Failure::Usage(message.into()));
        };
        let mut note = String::new();
        let read = match file.as_str() {
            "-" => std::io::stdin().read_to_string(&mut note),
            path => File::open(path).and_then(|mut file| file.read_to_string(&mut note)),
        };
        read.map_err(|error| Failure::Failed(format!("{file} can't be read: {error}.")))?;
        if !note.ends_with('\n') {
            note.push('\n');
        }
        Checkpoint::kept(&note, key)
            .map(Some)
            .map_err(Failure::Failed)
    }

    fn database(&self, arguments: &Arguments) -> Result<(Verdict, Vec<String>), Failure> {
        let config = arguments.config(&[])?;
        let mut conn = startup::open_existing(&config.database)?;
        let key = match &self.public_key {
            Some(key) => key.clone(),
            None => signer(&config, &mut conn)?.public().clone(),
        };
        let kept = self.kept(Some(&key))?;
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        let mut connections = vec![conn];
        while connections.len() < threads {
            connections.push(startup::open_existing(&config.database)?);
        }
        let mut progress = Progress::new();
        let verdict = chain::verify_database(connections, Some(&key), kept, |done, total| {
            progress.show(done, Some(total));
        })?;
        progress.clear();
        let mut remarks = Vec::new();
        if let Verdict::Intact(verified) = &verdict {
            if verified.other_keys > 0 {
                remarks.push(format!(
                    "{} checkpoints were signed with another key, and were not looked at.",
                    verified.other_keys
                ));
            }
            if !verified.is_all_signed() {
                remarks.push(format!(
                    "The last {} entries are not signed yet: `keyward audit checkpoint` does it.",
                    verified.last - verified.signed.unwrap_or(0)
                ));
            }
        }
        Ok((verdict, remarks))
    }

    fn file(&self, file: &str) -> Result<(Verdict, Vec<String>), Failure> {
        let key = self.public_key.as_ref();
        let kept = self.kept(key)?;
        let mut progress = Progress::new();
        let show = |done| progress.show(done, None);
        let found = match file {
            "-" => chain::verify_file(BufReader::new(std::io::stdin()), key, kept, show),
            path => {
                let opened = File::open(path).map_err(FileError::from);
                opened.and_then(|file| {
                    chain::verify_file(BufReader::with_capacity(1 << 20, file), key, kept, show)
                })
            }
        };
        progress.clear();
        let found = found.map_err(|error| Failure::Failed(error.to_string()))?;
        let mut remarks = Vec::new();
        if !found.is_signed {
            remarks.push(
                "The signature was not checked: give the instance's public key with --public-key."
                    .into(),
            );
        }
        if !found.header.filter.is_empty() {
            let filter = found.header.filter.iter();
            let filter: Vec<String> = filter
                .map(|(name, value)| format!("{name}: {value}"))
                .collect();
            remarks.push(format!("The file was filtered by {}.", filter.join(", ")));
        }
        Ok((found.verdict, remarks))
    }
}

impl Found {
    fn intact(verified: &Verified) -> Self {
        let (entries, last) = (verified.entries, verified.last);
        let checkpoints = match verified.checkpoints {
            0 => String::new(),
            1 => ", and agree with 1 checkpoint".into(),
            many => format!(", and agree with {many} checkpoints"),
        };
        let hash = base16ct::lower::encode_string(&verified.hash);
        Found {
            intact: true,
            detail: format!(
                "{entries} entries are what was written, up to entry {last}{checkpoints}.\nhash {hash}"
            ),
            kind: None,
            entry: None,
            entries: Some(entries),
            last_entry: Some(last),
            hash: Some(hash),
            checkpoints: Some(verified.checkpoints),
        }
    }

    fn broken(broken: &chain::Break) -> Self {
        Found {
            intact: false,
            detail: broken.to_string(),
            kind: Some(broken.kind()),
            entry: Some(broken.entry()).filter(|entry| *entry > 0),
            entries: None,
            last_entry: None,
            hash: None,
            checkpoints: None,
        }
    }
}
