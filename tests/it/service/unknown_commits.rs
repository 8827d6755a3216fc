//! A disk that fails at the end of a change: nobody is told that nothing was changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use reqwest::Method;
use serde_json::json;

use crate::app::{Api, PASSWORD, TestDatabase, eventually};
use crate::program::Program;

/// Stands in for a disk that reports failure as long as there is a file of this name.
const FAILING_DISK: &str = r#"
#include <errno.h>
#include <unistd.h>
static int failing(void) {
    if (access("disk-fails", F_OK) == 0) { errno = EIO; return 1; }
    return 0;
}
int fsync(int file) { (void)file; return failing() ? -1 : 0; }
int fdatasync(int file) { (void)file; return failing() ? -1 : 0; }
"#;

/// The library that makes the disk fail.
fn failing_disk(folder: &Path) -> PathBuf {
    let (source, library) = (folder.join("disk.c"), folder.join("disk.so"));
    std::fs::write(&source, FAILING_DISK).unwrap();
    let compiled = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(compiled.unwrap().success());
    library
}

#[test]
fn a_change_that_the_disk_failed_to_keep_may_be_in_force() {
    let database = TestDatabase::new();
    if database.is_postgres() {
        return;
    }
    let library = failing_disk(database.folder());
    let preload = format!("export LD_PRELOAD={}", library.display());
    let program = Program::serve_after(&database, &preload, &[]);
    let owner = program.owner(&database);
    let (first, _) = owner.new_key(&[]);
    let (second, _) = owner.new_key(&[]);
    let session = json!({"email": "owner@example.com", "password": PASSWORD});
    let session = Api::new(&program.url, "").post("/session", &session);
    let token = session.json()["data"]["token"].as_str().unwrap().to_owned();
    let api = Api::new(&program.url, &token);

    let fails = database.folder().join("disk-fails");
    std::fs::write(&fails, "").unwrap();
    let page = owner.revoke(first);
    assert_eq!(page.status, 503, "{}", page.body);
    assert!(
        page.body.contains("Check whether it was saved"),
        "{}",
        page.body
    );
    let path = format!("/projects/default/keys/{second}");
    let answer = api.send(Method::DELETE, &path, None, &[]);
    assert_eq!((answer.status, answer.code().as_str()), (503, "UNKNOWN"));
    let key = json!({"name": "Third"});
    let answer = api.send(Method::POST, "/projects/default/keys", Some(&key), &[]);
    assert_eq!((answer.status, answer.code().as_str()), (503, "UNKNOWN"));

    std::fs::remove_file(&fails).unwrap();
    eventually(|| (owner.revoke(first).status != 503).then_some(()));
    assert_eq!(api.delete(&path).status, 200);
}
