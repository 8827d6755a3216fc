//! `keyward audit`: verify and export the audit log, and sign checkpoints of it.

mod export;
mod progress;
mod verify;

use clap::Subcommand;
use serde::Serialize;

use super::{Arguments, Failure, in_json, print};
use crate::clock::rfc3339;
use crate::config::Config;
use crate::db::{Connection, installation};
use crate::domain::DomainError;
use crate::domain::audit::chain::note::Signer;
use crate::domain::audit::checkpoint;
use crate::instance_secret::{InstanceSecret, SecretError};
use crate::startup;

#[derive(Subcommand)]
pub(super) enum Audit {
    /// Check that no entry was changed, removed, inserted or moved
    ///
    /// Checks the database or, if there is one, an exported file of JSON Lines, which needs neither a
    /// database nor a network. Names the first entry that is not what was written.
    Verify(verify::Verify),
    /// Check the entries since the last checkpoint, sign a new one, and print it
    ///
    /// Keep it elsewhere, for instance in a ticket: `keyward audit verify --checkpoint` then shows if
    /// the log was rewritten or cut off since.
    Checkpoint {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Export entries, oldest first
    Export(export::Export),
    /// Print the public key that checkpoints and exports are checked with
    PublicKey,
}

impl From<SecretError> for Failure {
    fn from(error: SecretError) -> Self {
        Failure::Failed(error.to_string())
    }
}

impl Audit {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        match self {
            Audit::Verify(command) => command.run(arguments),
            Audit::Checkpoint { json } => sign(arguments, *json),
            Audit::Export(command) => command.run(arguments),
            Audit::PublicKey => {
                let (_, signer) = open(arguments)?;
                print(&signer.public().to_string())
            }
        }
    }
}

/// The database, and what signs for it.
fn open(arguments: &Arguments) -> Result<(Connection, Signer), Failure> {
    let config = arguments.config(&[])?;
    let mut conn = startup::open_existing(&config.database)?;
    let signer = signer(&config, &mut conn)?;
    Ok((conn, signer))
}

fn signer(config: &Config, conn: &mut Connection) -> Result<Signer, Failure> {
    let installation = installation::id(conn).map_err(DomainError::from)?;
    Ok(Signer::new(&installation, &InstanceSecret::find(config)?))
}

fn sign(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    #[derive(Serialize)]
    struct CheckpointJson {
        entry: i64,
        at: String,
        hash: String,
        note: String,
    }
    let (mut conn, signer) = open(arguments)?;
    let taken = checkpoint::take(&mut conn, &signer, super::clock().now())?;
    let checkpoint = taken.map_err(|broken| {
        Failure::Failed(format!(
            "{broken} Nothing was signed: run `keyward audit verify`."
        ))
    })?;
    let Some(checkpoint) = checkpoint else {
        return Err(Failure::Failed("The audit log is empty.".into()));
    };
    match json {
        true => print(&in_json(&CheckpointJson {
            entry: checkpoint.entry,
            at: rfc3339(checkpoint.at),
            hash: base16ct::lower::encode_string(&checkpoint.hash),
            note: checkpoint.note,
        })),
        false => print(checkpoint.note.trim_end()),
    }
}
