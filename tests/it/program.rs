//! The program itself, as it is started from a shell.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use crate::app::{Browser, PASSWORD, TestDatabase};

const SECRET: &str = "a secret for tests, long enough to count";

/// A command line of Keyward in `folder`, without settings from outside.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let program = Command::new(env!("CARGO_BIN_EXE_keyward"));
    let mut command = without_settings(program, folder);
    command.args(arguments);
    command
}

fn without_settings(mut command: Command, folder: &Path) -> Command {
    for (name, _) in std::env::vars() {
        if name.starts_with("KEYWARD_") || name == "DATABASE_URL" {
            command.env_remove(name);
        }
    }
    command.current_dir(folder).env("RUST_BACKTRACE", "0");
    command
}

/// Runs a command to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    command(folder, arguments).output().unwrap()
}

/// Runs a command that reads `input`.
pub fn run_with_input(command: &mut Command, input: &str) -> Output {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

/// A served instance, killed at the end of the test.
pub struct Program {
    pub child: Child,
    pub url: String,
    pub first_lines: String,
}

impl Program {
    /// Serves `database`, with its log in `log` next to it.
    pub fn serve(database: &TestDatabase, log: &str) -> Self {
        let mut command = command(database.folder(), &["serve", "--listen", "127.0.0.1:0"]);
        command.env("KEYWARD_SECRET", SECRET);
        Self::start(database, command, log)
    }

    /// Serves `database` at these addresses to gateways on this machine, with as many connections as
    /// they may want. The first address is the one for people.
    pub fn serve_gateways(database: &TestDatabase, addresses: &[&str]) -> Self {
        let script = "ulimit -S -n 8192; exec \"$0\" \"$@\"";
        let mut shell = without_settings(Command::new("bash"), database.folder());
        shell.args(["-c", script, env!("CARGO_BIN_EXE_keyward"), "serve"]);
        for address in addresses {
            shell.args(["--listen", address]);
        }
        shell
            .env("KEYWARD_SECRET", SECRET)
            .env("KEYWARD_TRUSTED_PROXIES", "127.0.0.1");
        Self::start(database, shell, "info")
    }

    /// The same, with the secret in its file next to the database.
    pub fn serve_with_secret_file(database: &TestDatabase) -> Self {
        let command = command(database.folder(), &["serve", "--listen", "127.0.0.1:0"]);
        Self::start(database, command, "info")
    }

    /// Serves `database` with files that may not grow beyond 600 KiB. The signal for that is
    /// ignored, so that writing fails as on a full disk.
    pub fn serve_with_file_limit(database: &TestDatabase) -> Self {
        let limit = "trap '' XFSZ; ulimit -S -f 600";
        Self::serve_after(database, limit, &[])
    }

    /// Serves `database` after these commands of a shell, with more arguments.
    pub fn serve_after(database: &TestDatabase, commands: &str, arguments: &[&str]) -> Self {
        let script = format!("{commands}; exec \"$0\" serve --listen 127.0.0.1:0 \"$@\"");
        let mut shell = without_settings(Command::new("bash"), database.folder());
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_keyward")]);
        shell.args(arguments).env("KEYWARD_SECRET", SECRET);
        Self::start(database, shell, "info")
    }

    /// Serves `database` with these variables.
    pub fn serve_with(database: &TestDatabase, variables: &[(&str, &str)]) -> Self {
        let mut command = command(database.folder(), &["serve", "--listen", "127.0.0.1:0"]);
        command.env("KEYWARD_SECRET", SECRET);
        command.envs(variables.iter().copied());
        Self::start(database, command, "info")
    }

    fn start(database: &TestDatabase, mut command: Command, log: &str) -> Self {
        let file = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(database.folder().join("log"))
            .unwrap();
        command
            .env("DATABASE_URL", &database.url)
            .env("KEYWARD_LOG", log)
            .stdout(Stdio::piped())
            .stderr(file);
        let mut child = command.spawn().unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut first_lines = String::new();
        out.read_line(&mut first_lines).unwrap();
        let url = first_lines
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| {
                let log = std::fs::read_to_string(database.folder().join("log")).unwrap();
                panic!("it did not start: {first_lines}{log}")
            });
        let url = url.to_owned();
        if database_is_fresh(database) {
            out.read_line(&mut first_lines).unwrap();
        }
        Program {
            child,
            url,
            first_lines,
        }
    }

    /// Adds an owner on the command line and signs in.
    pub fn owner(&self, database: &TestDatabase) -> Browser {
        create_owner(database);
        Browser::new(&self.url).signed_in("owner@example.com")
    }

    /// Sends a signal by its name.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// Kills it without warning.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn database_is_fresh(database: &TestDatabase) -> bool {
    database.number("SELECT count(*) AS number FROM grants WHERE role = 'owner'") == 0
}

/// Adds `owner@example.com` on the command line.
pub fn create_owner(database: &TestDatabase) {
    let arguments = [
        "admin",
        "create",
        "--email",
        "owner@example.com",
        "--role",
        "owner",
        "--password-file",
        "-",
    ];
    let mut command = command(database.folder(), &arguments);
    let output = run_with_input(command.env("DATABASE_URL", &database.url), PASSWORD);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
