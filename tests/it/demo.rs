//! A running `keyward demo`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::app::{Browser, TestDatabase};
use crate::program::command;

/// A demo on a free port, whose temporary folder is in an empty one.
pub struct Demo {
    child: Child,
    pub lines: Vec<String>,
    temporary: tempfile::TempDir,
}

impl Demo {
    pub fn start(seed: &str) -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let arguments = ["demo", "--listen", "127.0.0.1:0", "--seed", seed];
        let mut child = command(temporary.path(), &arguments)
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            lines.push(line.unwrap());
            if lines
                .last()
                .is_some_and(|line| line.starts_with("A key that works"))
            {
                break;
            }
        }
        Demo {
            child,
            lines,
            temporary,
        }
    }

    pub fn folders(&self) -> usize {
        std::fs::read_dir(self.temporary.path()).unwrap().count()
    }

    pub fn database(&self) -> TestDatabase {
        let mut folders = std::fs::read_dir(self.temporary.path()).unwrap();
        let folder = folders.next().unwrap().unwrap().path();
        TestDatabase::of_file(&folder.join("demo.db"))
    }

    /// Asks it to stop, and waits until it has.
    pub fn stop(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").arg(id).status().unwrap();
        self.child.wait().unwrap().code()
    }

    pub fn url(&self) -> &str {
        self.lines[0].strip_prefix("listening on ").unwrap()
    }

    pub fn secret(&self) -> &str {
        self.lines.last().unwrap().rsplit(' ').next().unwrap()
    }

    /// The password of ana@example.com.
    pub fn password(&self) -> &str {
        let mut lines = self.lines.iter();
        let line = lines.find(|line| line.contains("password")).unwrap();
        line.split(' ').nth(5).unwrap()
    }

    /// Somebody who looks around, with the password that was printed.
    pub fn visitor(&self) -> Browser {
        let browser = Browser::new(self.url());
        let signed_in = browser.sign_in("ana@example.com", self.password());
        assert_eq!(signed_in.status, 303);
        browser
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
