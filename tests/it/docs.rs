//! The documentation is true: its links lead somewhere, and its tables say what the program does.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use keyward::access::Action;
use keyward::config::SETTINGS;
use keyward::records::Role;
use keyward_key::Environment;
use keyward_key::verdict::Outcome;
use regex::Regex;

use crate::program::run;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every page of the documentation.
fn pages() -> Vec<PathBuf> {
    let folders = [".", "docs", "examples/gateways", "crates/keyward-guard"];
    let files = folders
        .into_iter()
        .flat_map(|folder| fs::read_dir(root().join(folder)).unwrap());
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "md"))
        .collect()
}

/// The anchor of a heading, as repository hosts make it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    let text: String = heading.trim().to_lowercase().chars().filter(kept).collect();
    text.replace(' ', "-")
}

/// The anchors of a page's headings.
fn anchors(page: &str) -> BTreeSet<String> {
    let headings = page.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#')))
        .collect()
}

/// The rows of a page's tables, each with its cells.
fn rows(page: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| {
        let line = line.replace("\\|", "\u{0}");
        let cells = line.trim().trim_matches('|').split('|');
        let cells = cells.map(|cell| cell.trim().replace('\u{0}', "|"));
        cells.collect::<Vec<_>>()
    };
    let lines = page.lines().filter(|line| line.starts_with('|'));
    lines.map(cells).collect()
}

#[test]
fn the_readme_is_a_front_page() {
    assert!(read("README.md").lines().count() <= 200);
}

#[test]
fn every_link_leads_to_a_file_and_a_heading_that_are_there() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let mut broken = Vec::new();
    for page in pages() {
        let text = fs::read_to_string(&page).unwrap();
        for found in link.captures_iter(&text) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            let (file, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = match file {
                "" => page.clone(),
                file => page.parent().unwrap().join(file),
            };
            let has_heading = || anchors(&fs::read_to_string(&file).unwrap()).contains(heading);
            if !file.exists() || (!heading.is_empty() && !has_heading()) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn every_setting_is_documented_with_its_default() {
    let page = read("docs/configuration.md");
    let rows = rows(&page);
    for setting in SETTINGS {
        let name = format!("`{}`", setting.name);
        let row = rows.iter().find(|row| row.len() == 5 && row[2] == name);
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        let variable = format!("`{}`", setting.variable);
        assert!(row[1].contains(&variable), "{name}: {row:?}");
        let is_from_file = row[1].contains(&format!("`{}_FILE`", setting.variable));
        assert_eq!(is_from_file, setting.secret, "{name}: {row:?}");
        let default = setting.default.filter(|default| !default.is_empty());
        if let Some(default) = default {
            assert_eq!(row[3], format!("`{default}`"), "{name}");
        }
    }
    let documented = rows.iter().filter(|row| row.len() == 5).count();
    // The head of the table and the line below it.
    assert_eq!(documented, SETTINGS.len() + 2);
}

#[test]
fn every_outcome_is_documented_with_its_status() {
    let page = read("docs/verifying-keys.md");
    let rows = rows(&page);
    for outcome in [
        Outcome::Valid,
        Outcome::Missing,
        Outcome::Ambiguous,
        Outcome::NotFound,
        Outcome::Revoked,
        Outcome::Expired,
        Outcome::WrongEnvironment(Environment::Live),
        Outcome::IpNotAllowed,
        Outcome::InsufficientScope,
        Outcome::RateLimited,
    ] {
        let code = format!("`{}`", outcome.code());
        let row = rows.iter().find(|row| row[0] == code);
        let row = row.unwrap_or_else(|| panic!("{code} is not in the table"));
        assert_eq!(row[1], outcome.status().to_string(), "{code}");
    }
}

#[test]
fn the_roles_may_do_what_the_table_says() {
    let page = read("docs/people-and-projects.md");
    let rows = rows(&page);
    let columns = [
        &[Action::SeeKeys][..],
        &[Action::MintKeys, Action::EditKeys],
        &[Action::RevokeKeys],
        &[Action::ReadAudit],
        &[Action::ExportAudit],
        &[Action::ManageProject],
        &[Action::ManageProjects, Action::ManageUsers],
    ];
    for role in Role::ALL {
        let name = format!("`{role}`");
        let row = rows.iter().find(|row| row.len() == 8 && row[0] == name);
        let row = row.unwrap_or_else(|| panic!("{name} is not in the table"));
        for (cell, actions) in row[1..].iter().zip(columns) {
            for action in actions {
                assert_eq!(cell == "yes", role.may(*action), "{name} {action:?}");
            }
        }
    }
}

#[test]
fn every_command_in_the_table_is_there() {
    let page = read("docs/people-and-projects.md");
    let folder = tempfile::tempdir().unwrap();
    let commands: BTreeSet<Vec<String>> = rows(&page)
        .into_iter()
        .filter_map(|row| {
            let command = row[0]
                .strip_prefix("`keyward ")?
                .trim_end_matches('`')
                .to_owned();
            let is_word = |word: &&str| word.starts_with(|c: char| c.is_ascii_lowercase());
            let words = command.split(' ').take_while(is_word);
            Some(words.map(str::to_owned).collect())
        })
        .collect();
    assert!(commands.len() > 15, "{commands:?}");
    for command in commands {
        let mut arguments: Vec<&str> = command.iter().map(String::as_str).collect();
        arguments.push("--help");
        let output = run(folder.path(), &arguments);
        assert!(output.status.success(), "keyward {}", command.join(" "));
    }
}
