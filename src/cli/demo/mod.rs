//! `keyward demo`: a throw-away instance in a temporary folder, filled with a month of believable
//! use, to look around in.

mod chance;
mod fill;
mod story;
mod usage;

use std::io::Write;

use clap::Args;

use self::chance::Chance;
use self::fill::{Filled, PASSWORD};
use super::{Failure, serve};
use crate::config::{Config, Flags};
use crate::{server, startup};

/// What is made up differs with the seed.
const SEED: u64 = 1;

#[derive(Args)]
pub(super) struct Demo {
    /// Where to listen: an address and a port; port 0 picks one
    #[arg(long, value_name = "ADDRESS")]
    listen: Vec<String>,
    /// Another number makes up other keys; the same number, the same ones
    #[arg(long, value_name = "NUMBER", default_value_t = SEED)]
    seed: u64,
}

impl Demo {
    /// Fills a new database in a temporary folder, and serves it until the process is asked to stop.
    /// Then the folder is deleted.
    pub(super) fn run(&self) -> Result<(), Failure> {
        server::postpone_stopping()
            .map_err(|error| Failure::Failed(format!("No signals: {error}.")))?;
        let folder = tempfile::tempdir()
            .map_err(|error| Failure::Failed(format!("No temporary folder: {error}.")))?;
        let config = self.config(folder.path())?;
        let mut conn = startup::open_up_to_date(&config.database)?;
        let filled = fill::fill(&mut conn, Chance::new(self.seed), super::clock().now())?;
        drop(conn);
        serve::run(&config, |application| announce(application, &filled))
    }

    /// The defaults, without any setting of the folder or the environment that it is started in.
    fn config(&self, folder: &std::path::Path) -> Result<Config, Failure> {
        let flags = Flags {
            listen: (!self.listen.is_empty()).then(|| self.listen.join(",")),
            database_url: Some(format!("sqlite:{}", folder.join("demo.db").display())),
        };
        let found = crate::config::find(&flags, &[], folder);
        let config = found.and_then(|found| Config::from_found(&found));
        let config = config.map_err(startup::StartError::from)?;
        Ok(Config {
            is_demo: true,
            ..config
        })
    }
}

/// Prints where it is, who can sign in, and a key that works.
fn announce(application: &startup::Application, filled: &Filled) {
    let mut lines = String::new();
    for address in application.addresses() {
        lines.push_str(&format!("listening on {address}\n"));
    }
    lines.push_str("Everything here is made up, and deleted when this program stops.\n");
    lines.push_str(&format!("Sign in with the password {PASSWORD} as\n"));
    for (email, role) in &filled.people {
        lines.push_str(&format!("  {email:<20} {role}\n"));
    }
    lines.push_str(&format!("A key that works: {}\n", filled.secret.expose()));
    let mut out = std::io::stdout().lock();
    drop(out.write_all(lines.as_bytes()).and_then(|()| out.flush()));
}
