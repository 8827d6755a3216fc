//! `keyward admin`.

use super::told;
use crate::app::{PASSWORD, TestApp};
use crate::program::{command, run_with_input};

#[test]
fn people_are_added_and_get_another_password() {
    let app = TestApp::start();
    let url = app.database.url.clone();
    let admin = |arguments: &[&str], password: &str| {
        let mut all = vec!["admin"];
        all.extend_from_slice(arguments);
        all.extend_from_slice(&["--email", "ben@example.com", "--password-file", "-"]);
        let mut command = command(app.database.folder(), &all);
        told(&run_with_input(command.env("DATABASE_URL", &url), password))
    };
    let support = ["create", "--role", "support", "--project", "default"];
    let (code, text) = admin(&support, "password1234");
    assert_eq!(code, 1);
    assert!(text.contains("easy to guess"), "{text}");
    assert_eq!(
        admin(&support, PASSWORD),
        (
            0,
            "ben@example.com is support of the project default.\n".into()
        )
    );
    assert_eq!(admin(&support, PASSWORD).0, 1);
    assert_eq!(
        admin(
            &["create", "--role", "admin", "--project", "nope"],
            PASSWORD
        )
        .0,
        1
    );
    assert_eq!(
        admin(
            &["create", "--role", "owner", "--project", "default"],
            PASSWORD
        )
        .0,
        1
    );
    let ben = app.anonymous().signed_in("ben@example.com");
    assert_eq!(ben.get("/projects/default/keys/new").status, 403);
    assert_eq!(
        admin(&["reset-password"], "another long and odd phrase").0,
        0
    );
    assert_eq!(ben.get("/").status, 303);
    let again = app
        .anonymous()
        .sign_in("ben@example.com", "another long and odd phrase");
    assert_eq!(again.status, 303);
}
