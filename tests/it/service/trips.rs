//! How often a page goes to the connection pool.

use crate::app::TestDatabase;
use crate::program::Program;

#[test]
fn minting_from_the_page_takes_two_trips_to_the_pool() {
    let database = TestDatabase::new();
    let program = Program::serve(&database, "info,keyward::web=trace");
    let owner = program.owner(&database);
    let trips = || {
        let log = std::fs::read_to_string(database.folder().join("log")).unwrap();
        log.matches("a trip to the connection pool").count()
    };
    let before = trips();
    assert!(before > 0, "the log counts trips");
    owner.create_key(&[]);
    // One for the session, one for the work and the visitor it is for.
    assert_eq!(trips() - before, 2);
}
