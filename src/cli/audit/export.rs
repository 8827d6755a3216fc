//! `keyward audit export`.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::open;
use super::progress::Progress;
use crate::access::Actor;
use crate::cli::{Arguments, Failure, clock};
use crate::domain::audit::{self, Asked};
use crate::domain::files::{FileFormat, Pieces};
use crate::domain::{DomainError, Op};

#[derive(Args)]
pub(in crate::cli) struct Export {
    /// jsonl (signed, with the hashes) or csv
    #[arg(long, default_value = "jsonl")]
    format: FileFormat,
    /// Where to; without it, standard output. The file appears when it is complete
    #[arg(long, value_name = "FILE")]
    output: Option<String>,
    /// Only entries about something with this in its name
    #[arg(long, default_value = "")]
    search: String,
    /// A day or a time in UTC: the first one
    #[arg(long, default_value = "")]
    from: String,
    /// A day in UTC, all of which is included, or a time, which is not
    #[arg(long, default_value = "")]
    until: String,
    /// Only entries of this actor
    #[arg(long, default_value = "")]
    actor: String,
    /// Only this action, or this group of actions
    #[arg(long, default_value = "all")]
    action: String,
    /// Only entries about this project
    #[arg(long, default_value = "")]
    project: String,
    /// Only entries about the key with this id
    #[arg(long, default_value = "")]
    key: String,
    /// Only entries about keys of this consumer
    #[arg(long, default_value = "")]
    consumer: String,
    /// Only entries from this address
    #[arg(long, default_value = "")]
    address: String,
}

impl Export {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let (mut conn, signer) = open(arguments)?;
        let actor = Actor::command_line();
        let asked = Asked {
            q: self.search.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            actor: self.actor.clone(),
            action: self.action.clone(),
            project: self.project.clone(),
            key: self.key.clone(),
            consumer: self.consumer.clone(),
            address: self.address.clone(),
        };
        let mut op = Op::new(&mut conn, &actor, clock().now());
        let mut export = audit::export(&mut op, &asked, self.format, Arc::new(signer))?;
        match &self.output {
            None => write(&mut export, &mut op, std::io::stdout().lock())
                .map_err(|error| error.about("Standard output")),
            Some(path) => {
                // Nobody takes a part for the whole: the name is given at the end.
                let draft = format!("{path}.part");
                let file = File::create(Path::new(&draft));
                let written = file
                    .map_err(WriteError::Io)
                    .and_then(|file| write(&mut export, &mut op, file))
                    .and_then(|()| std::fs::rename(&draft, path).map_err(WriteError::Io));
                written.map_err(|error| error.about(path))?;
                eprintln!("{} entries were exported into {path}.", export.progress().0);
                Ok(())
            }
        }
    }
}

enum WriteError {
    Io(std::io::Error),
    Domain(DomainError),
}

impl WriteError {
    fn about(self, place: &str) -> Failure {
        match self {
            WriteError::Io(error) => Failure::Failed(format!(
                "{place} can't be written: {error}. The export is not complete."
            )),
            WriteError::Domain(error) => Failure::Failed(format!(
                "The export broke off and is not complete: {error}."
            )),
        }
    }
}

fn write(export: &mut audit::Export, op: &mut Op, out: impl Write) -> Result<(), WriteError> {
    let mut out = BufWriter::new(out);
    let mut progress = Progress::new();
    while let Some(piece) = export.next(op).map_err(WriteError::Domain)? {
        out.write_all(&piece).map_err(WriteError::Io)?;
        progress.show(export.progress().0, None);
    }
    progress.clear();
    out.flush().map_err(WriteError::Io)
}
