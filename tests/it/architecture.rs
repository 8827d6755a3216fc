//! The structure of the code, as ARCHITECTURE.md describes it: imports point down, no folders
//! import each other in a circle, and files stay short.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The longest file, in lines. Generated ones are exempt.
const MAX_LINES: usize = 400;
const GENERATED: &[&str] = &["src/db/schema.rs", "tests/it/api/openapi.json"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder`, by its path from the project's folder.
fn files_below(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => open.push(path),
                false => found.push(path.strip_prefix(root()).unwrap().to_owned()),
            }
        }
    }
    found.sort();
    found
}

/// The rooms in the order that ARCHITECTURE.md gives them: each line of the list imports only
/// from those below it.
fn order() -> Vec<String> {
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let (_, list) = map.split_once("```order\n").expect("a list of the order");
    let (list, _) = list.split_once("```").unwrap();
    list.lines()
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .collect()
}

/// The modules that `file` imports from this crate, each as its path from `crate`.
fn imports(file: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(root().join(file)).unwrap();
    let comments = Regex::new(r"(?m)//.*$").unwrap();
    let text = comments.replace_all(&text, "");
    let module = module_of(file);
    let statements = Regex::new(r"\buse\s+((?:crate|super|self)\b[^;]*);").unwrap();
    let mut found = Vec::new();
    for statement in statements.captures_iter(&text) {
        flatten(&statement[1], Vec::new(), &mut found);
    }
    // A path in the middle of the code is an import too.
    let inline = Regex::new(r"\bcrate(?:::[a-z_0-9]+)+").unwrap();
    for path in inline.find_iter(&text) {
        flatten(path.as_str(), Vec::new(), &mut found);
    }
    found
        .into_iter()
        .map(|path| absolute(&module, path))
        .collect()
}

/// The module that a file is, for instance `["web", "pages", "login"]`.
fn module_of(file: &Path) -> Vec<String> {
    let mut parts: Vec<String> = file
        .with_extension("")
        .iter()
        .skip(1)
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| last == "mod" || last == "lib")
    {
        parts.pop();
    }
    parts
}

/// Takes `a::{b, c::d}` apart.
fn flatten(tree: &str, before: Vec<String>, found: &mut Vec<Vec<String>>) {
    let tree = tree.trim();
    if let Some((head, rest)) = tree.split_once('{')
        && let Some(inner) = rest.strip_suffix('}')
    {
        let mut before = before;
        before.extend(
            head.split("::")
                .map(str::trim)
                .filter(|part| !part.is_empty())
                .map(str::to_owned),
        );
        let (mut depth, mut start) = (0, 0);
        for (position, character) in inner.char_indices() {
            match character {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    flatten(&inner[start..position], before.clone(), found);
                    start = position + 1;
                }
                _ => {}
            }
        }
        flatten(&inner[start..], before, found);
        return;
    }
    if tree.is_empty() {
        return;
    }
    let path = tree.split(" as ").next().unwrap();
    let mut before = before;
    before.extend(path.split("::").map(|part| part.trim().to_owned()));
    found.push(before);
}

/// `path`, which begins with `crate`, `super` or `self`, from the crate's root.
fn absolute(module: &[String], path: Vec<String>) -> Vec<String> {
    let mut at = match path[0].as_str() {
        "crate" => Vec::new(),
        _ => module.to_vec(),
    };
    for part in path {
        match part.as_str() {
            "crate" | "self" => {}
            "super" => drop(at.pop()),
            part => at.push(part.to_owned()),
        }
    }
    at
}

/// The folder in `src` that holds the module or item at this path.
fn folder_of(path: &[String]) -> PathBuf {
    let mut folder = PathBuf::from("src");
    for part in path {
        let next = folder.join(part);
        if !root().join(&next).is_dir() {
            break;
        }
        folder = next;
    }
    folder
}

#[test]
fn imports_point_down_the_order_in_the_map() {
    let order = order();
    let place = |room: &str| order.iter().position(|known| known == room);
    let mut upward = BTreeSet::new();
    for file in files_below("src") {
        let module = module_of(&file);
        let Some(room) = module.first().filter(|room| *room != "main") else {
            continue; // The crate's root lists the rooms.
        };
        let own = place(room).unwrap_or_else(|| panic!("{room} is not in the order"));
        for import in imports(&file) {
            let Some(target) = import.first().and_then(|room| place(room)) else {
                continue;
            };
            if target < own {
                upward.insert(format!("{}: {}", file.display(), import.join("::")));
            }
        }
    }
    assert!(upward.is_empty(), "arrows that point up: {upward:#?}");
}

#[test]
fn no_folders_import_each_other_in_a_circle() {
    let mut arrows: BTreeMap<PathBuf, BTreeSet<PathBuf>> = BTreeMap::new();
    for file in files_below("src") {
        let own = file.parent().unwrap().to_owned();
        for import in imports(&file) {
            let target = folder_of(&import);
            if target != own && target != Path::new("src") {
                arrows.entry(own.clone()).or_default().insert(target);
            }
        }
    }
    for start in arrows.keys() {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&PathBuf> = arrows[start].iter().collect();
        while let Some(folder) = open.pop() {
            assert!(
                folder != start,
                "{} is imported by a folder that it imports: {:#?}",
                start.display(),
                seen
            );
            if seen.insert(folder) {
                open.extend(arrows.get(folder).into_iter().flatten());
            }
        }
    }
}

#[test]
fn a_circle_and_an_upward_arrow_would_be_found() {
    let module = ["domain".to_owned(), "keys".into(), "mint".into()];
    let of = |path: &str| {
        let mut found = Vec::new();
        flatten(path, Vec::new(), &mut found);
        let paths = found
            .into_iter()
            .map(|path| absolute(&module, path).join("::"));
        paths.collect::<Vec<_>>()
    };
    assert_eq!(
        of("crate::web::{self, pages::{a, b}}"),
        ["web", "web::pages::a", "web::pages::b"]
    );
    assert_eq!(of("super::super::op::Op"), ["domain::op::Op"]);
    assert_eq!(
        folder_of(&["web".into(), "pages".into(), "login".into()]),
        Path::new("src/web/pages")
    );
}

#[test]
fn no_file_is_longer_than_400_lines() {
    let long: Vec<String> = ["src", "tests/it", "crates", "benches", "examples"]
        .into_iter()
        .flat_map(files_below)
        .filter(|file| file.extension().is_some_and(|kind| kind == "rs"))
        .filter(|file| !GENERATED.iter().any(|known| file == Path::new(known)))
        .filter_map(|file| {
            let lines = fs::read_to_string(root().join(&file))
                .unwrap()
                .lines()
                .count();
            (lines > MAX_LINES).then(|| format!("{} ({lines})", file.display()))
        })
        .collect();
    assert!(long.is_empty(), "{long:#?}");
}

#[test]
fn only_db_names_diesel() {
    for file in files_below("src") {
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
        let is_db = file.starts_with("src/db");
        assert!(is_db || !code.contains("diesel"), "{}", file.display());
    }
}

#[test]
fn settling_is_only_called_by_change() {
    let call = Regex::new(r"\bsettle(?:_all)?\(").unwrap();
    let callers: Vec<PathBuf> = files_below("src")
        .into_iter()
        .filter(|file| call.is_match(&fs::read_to_string(root().join(file)).unwrap()))
        .collect();
    let own = ["src/db/change.rs", "src/db/instances.rs"].map(PathBuf::from);
    assert_eq!(callers, own);
}
