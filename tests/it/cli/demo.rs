//! `keyward demo`.

use std::process::Stdio;

use crate::app::Browser;
use crate::demo::Demo;
use crate::program::command;
use crate::service::audit_chain::first_break;

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

#[test]
fn what_is_made_up_agrees_with_itself_whatever_the_seed() {
    // What no key may have, as a condition on keys `k`, their counts `u` and their sources `s`.
    let ended = "min(coalesce(k.revoked_at, k.expires_at), k.expires_at)";
    let counts = "keys k JOIN key_usage u ON u.key_id = k.id";
    let sources = "keys k JOIN key_sources s ON s.key_id = k.id";
    let wrong = [
        (
            "used after its end",
            "keys k",
            format!("k.last_used_at >= {ended}"),
        ),
        (
            "refused for an end to come",
            counts,
            format!(
                "u.outcome IN ('REVOKED', 'EXPIRED') AND u.hour < datetime({ended}, '-1 hour')"
            ),
        ),
        (
            "presented before it was there",
            sources,
            "s.first_seen < k.created_at".into(),
        ),
        (
            "used from where it may not",
            sources,
            "s.passed > 0 AND k.allowed_ips <> '' AND s.ip NOT LIKE '198.51.100.%'
             AND s.ip NOT LIKE '10.20.%'"
                .into(),
        ),
        (
            "over a limit that it does not have",
            counts,
            "u.outcome = 'RATE_LIMITED' AND k.rate_limit_requests IS NULL".into(),
        ),
        (
            "lacking a scope of all",
            counts,
            "u.outcome = 'INSUFFICIENT_SCOPE' AND k.scopes = '*'".into(),
        ),
        (
            "rotated into a key that nobody uses",
            "keys k",
            "k.replaces IS NOT NULL AND k.last_used_at IS NULL".into(),
        ),
    ];
    for seed in ["2", "9", "10"] {
        let demo = Demo::start(seed);
        let database = demo.database();
        for (what, tables, condition) in &wrong {
            let sql = format!("SELECT count(*) AS number FROM {tables} WHERE {condition}");
            assert_eq!(database.number(&sql), 0, "{what}, seed {seed}");
        }
        let keys = database.number("SELECT count(*) AS number FROM keys");
        assert!((60..=210).contains(&keys), "{keys}");
        assert_eq!(first_break(&database), None);
        let nobody = Browser::new(demo.url());
        assert_eq!(nobody.verify(demo.secret()).0, 200, "seed {seed}");
    }
}

#[test]
fn whoever_stops_it_before_it_is_ready_leaves_nothing_behind_either() {
    for signal in ["-INT", "-TERM"] {
        let temporary = tempfile::tempdir().unwrap();
        let count = || std::fs::read_dir(temporary.path()).unwrap().count();
        let mut child = command(temporary.path(), &["demo", "--listen", "127.0.0.1:0"])
            .env("TMPDIR", temporary.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        while count() == 0 {
            std::thread::yield_now();
        }
        let id = child.id().to_string();
        let kill = std::process::Command::new("kill")
            .args([signal, &id])
            .status();
        assert!(kill.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(0), "{signal}");
        assert_eq!(count(), 0, "{signal}");
    }
}
