//! Common to every command: wrong usage, and a missing database.

use super::told;
use crate::program::{command, run, run_with_input};

#[test]
fn a_missing_database_is_never_made_by_looking_at_it() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["keys", "list"][..],
        &["keys", "revoke", "1"],
        &["projects", "list"],
        &["users", "list"],
    ] {
        let (code, text) = told(&run(folder.path(), arguments));
        assert_eq!(code, 1);
        assert!(
            text.contains("There is no database at keyward.db"),
            "{text}"
        );
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn wrong_usage_ends_with_two() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [
        &["frobnicate"][..],
        &["admin", "create", "--email", "a@example.com"],
        &[
            "admin",
            "create",
            "--email",
            "a@example.com",
            "--role",
            "king",
        ],
        &["keys", "revoke"],
        &["keys", "revoke", "1", "--reason", "mood"],
        &["keys", "rotate", "1", "--overlap", "soon"],
        &["keys", "import", "-"],
        &["projects", "create", "shop"],
        &["users", "invite", "a@example.com"],
    ] {
        assert_eq!(told(&run(folder.path(), arguments)).0, 2, "{arguments:?}");
    }
    assert_eq!(told(&run(folder.path(), &["migrate"])).0, 0);
    let without_password = [
        "admin",
        "create",
        "--email",
        "a@example.com",
        "--role",
        "owner",
    ];
    let mut command = command(folder.path(), &without_password);
    assert_eq!(run_with_input(&mut command, "").status.code(), Some(2));
}
