use keyward::db::connection::DatabaseUrl;
use keyward::startup;

use crate::app::TestDatabase;
use crate::program::{Program, command, create_owner};

#[test]
fn several_instances_start_on_one_empty_database() {
    let database = TestDatabase::new();
    std::thread::scope(|scope| {
        let starting: Vec<_> = (0..3)
            .map(|_| scope.spawn(|| Program::serve(&database, "info")))
            .collect();
        let programs: Vec<Program> = starting
            .into_iter()
            .map(|starting| starting.join().unwrap())
            .collect();
        create_owner(&database);
        for program in &programs {
            let browser = crate::app::Browser::new(&program.url);
            assert_eq!(browser.get("/readyz").status, 200);
            // A session on one is valid on all.
            browser.signed_in("owner@example.com");
        }
    });
}

#[test]
fn a_newer_schema_is_refused_in_one_sentence() {
    let database = TestDatabase::new();
    drop(startup::open_up_to_date(&DatabaseUrl::parse(&database.url).unwrap()).unwrap());
    database
        .execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')")
        .unwrap();
    let mut command = command(database.folder(), &["migrate"]);
    let output = command.env("DATABASE_URL", &database.url).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with("The database was made by a newer Keyward"),
        "{message}"
    );
    assert_eq!(message.trim().lines().count(), 1);
}

#[test]
fn a_term_signal_ends_it_cleanly_with_every_count_written() {
    let database = TestDatabase::new();
    let mut program = Program::serve(&database, "info");
    let owner = program.owner(&database);
    let (id, secret) = owner.new_key(&[]);
    for _ in 0..25 {
        assert_eq!(owner.verify(&secret).0, 200);
    }
    program.signal("TERM");
    assert_eq!(program.child.wait().unwrap().code(), Some(0));
    let sql = format!("SELECT requests AS number FROM key_usage WHERE key_id = {id}");
    assert_eq!(database.number(&sql), 25);
}

#[test]
fn a_start_on_an_existing_database_keeps_everything() {
    let database = TestDatabase::new();
    let mut program = Program::serve(&database, "info");
    let owner = program.owner(&database);
    let (_, secret) = owner.new_key(&[]);
    program.kill();
    let again = Program::serve(&database, "info");
    assert_eq!(crate::app::Browser::new(&again.url).verify(&secret).0, 200);
    assert!(!again.first_lines.contains("setup code"));
}
