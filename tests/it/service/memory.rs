//! What bursts leave behind in memory: nothing to speak of.

use crate::app::{Browser, TestDatabase};
use crate::program::Program;

/// The memory of a program in RAM, in MiB.
fn resident_mib(program: &Program) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", program.child.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap() / 1_024
}

#[test]
fn the_memory_of_wrong_sign_ins_is_given_back() {
    let database = TestDatabase::new();
    let program = Program::serve(&database, "warn");
    let owner = program.owner(&database);
    let before = resident_mib(&program);
    // As many as one address may try at once, over several connections: each thread that hashed
    // would keep 19 MiB or more.
    std::thread::scope(|scope| {
        for turn in 0..6 {
            let url = &program.url;
            scope.spawn(move || {
                let browser = Browser::new(url);
                for attempt in 0..4 {
                    let email = format!("nobody{turn}{attempt}@example.com");
                    let answer = browser.sign_in(&email, "not the password, but long");
                    assert_eq!(answer.status, 422, "{}", answer.body);
                }
            });
        }
    });
    assert_eq!(owner.get("/").status, 200);
    let after = resident_mib(&program);
    assert!(after < before + 40, "from {before} to {after} MiB");
}
