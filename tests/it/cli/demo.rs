//! `keyward demo`.

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};

use crate::app::Browser;
use crate::program::command;

/// A demo on a free port, whose temporary folder is in an empty one.
struct Demo {
    child: Child,
    lines: Vec<String>,
    temporary: tempfile::TempDir,
}

impl Demo {
    fn start(seed: &str) -> Self {
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

    fn folders(&self) -> usize {
        std::fs::read_dir(self.temporary.path()).unwrap().count()
    }

    /// Asks it to stop, and waits until it has.
    fn stop(&mut self) -> Option<i32> {
        let id = self.child.id().to_string();
        std::process::Command::new("kill").arg(id).status().unwrap();
        self.child.wait().unwrap().code()
    }

    fn url(&self) -> &str {
        self.lines[0].strip_prefix("listening on ").unwrap()
    }

    fn secret(&self) -> &str {
        self.lines.last().unwrap().rsplit(' ').next().unwrap()
    }

    /// Somebody who looks around, with the password that was printed.
    fn visitor(&self) -> Browser {
        let line = self
            .lines
            .iter()
            .find(|line| line.contains("password"))
            .unwrap();
        let password = line.split(' ').nth(5).unwrap();
        let browser = Browser::new(self.url());
        assert_eq!(browser.sign_in("ana@example.com", password).status, 303);
        browser
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn a_demo_is_full_says_so_on_every_page_and_leaves_nothing_behind() {
    let mut demo = Demo::start("1");
    let told = "Demo: everything here is made up, and deleted when the program stops.";
    let nobody = Browser::new(demo.url());
    assert_eq!(nobody.get("/login").text(".demo"), told);
    let visitor = demo.visitor();
    for path in [
        "/",
        "/projects/payments/keys",
        "/keys?state=tried",
        "/projects/default/usage",
        "/audit",
    ] {
        let page = visitor.get(path);
        assert_eq!(
            (page.status, page.text(".demo").as_str()),
            (200, told),
            "{path}"
        );
    }
    let overview = visitor.get("/");
    let figures = overview.texts(".figures strong");
    assert!(figures.iter().all(|figure| figure != "0"), "{figures:?}");
    let tried = visitor.get("/keys?state=tried").texts("td.name .label");
    assert!(tried.contains(&"Upload form (old)".to_owned()), "{tried:?}");
    assert_eq!(visitor.verify(demo.secret()).0, 200);
    assert_eq!(demo.folders(), 1);
    assert_eq!(demo.stop(), Some(0));
    assert_eq!(demo.folders(), 0);
}

#[test]
fn the_same_seed_makes_up_the_same_keys() {
    let rows = |seed: &str| {
        let demo = Demo::start(seed);
        let list = demo.visitor().get("/projects/default/keys?sort=label");
        let (labels, prefixes) = (list.texts("td.name .label"), list.texts("td.prefix"));
        (labels, prefixes, demo.secret().to_owned())
    };
    let (first, again, other) = (rows("7"), rows("7"), rows("8"));
    assert!(first.0.len() > 20);
    assert_eq!(first, again);
    assert_eq!(first.0, other.0);
    assert_ne!(first.1, other.1);
}
