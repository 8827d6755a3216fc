use keyward_key::verdict::Outcome;

use super::*;
use crate::verify::ledger::Missed;

const NOW: i64 = 1_795_000_000_000_000;

fn row(key: i64, caller: u64, later: i64) -> Row {
    Row::new(key, caller, Outcome::Valid, NOW + later)
}

/// Takes these rows in, and returns what was missed.
fn take_in(waiting: &mut Waiting, rows: impl IntoIterator<Item = Row>) -> Missed {
    let mut missed = MissedByHour::default();
    waiting.fresh.extend(rows);
    waiting.take_in(&mut missed);
    missed.total()
}

fn requests(waiting: &Waiting) -> u32 {
    waiting.rows.iter().map(|row| row.requests).sum()
}

#[test]
fn rows_stay_sorted_and_like_ones_are_added_up() {
    let mut waiting = Waiting::default();
    for start in [5, 0, 3] {
        let keys = (start..10).rev();
        let rows = keys.flat_map(|key| [row(key, 1, 0), row(key, 2, 0)]);
        assert_eq!(take_in(&mut waiting, rows), Missed::default());
    }
    assert!(waiting.rows.is_sorted_by_key(Row::name));
    assert_eq!(
        (waiting.rows.len(), requests(&waiting)),
        (20, 2 * (5 + 10 + 7))
    );
}

#[test]
fn a_flood_of_callers_keeps_the_latest_sources_and_every_count() {
    let mut waiting = Waiting::default();
    let flood = (1..=1_000).map(|caller| row(7, caller, caller.cast_signed()));
    let missed = take_in(&mut waiting, flood.chain([row(8, 1, 0)]));
    assert_eq!(missed, Missed::default(), "the database keeps no more");
    assert_eq!(waiting.rows.len(), KEPT_SOURCES + 2);
    assert_eq!(requests(&waiting), 1_001);
    assert_eq!(
        (waiting.rows[0].caller, waiting.rows[0].requests),
        (NO_SOURCE, 900)
    );
    let latest = &waiting.rows[1..=KEPT_SOURCES];
    assert!(latest.iter().all(|row| row.caller > 900));
}

#[test]
fn at_the_limit_sources_make_room_for_counts_and_known_keys_count_on() {
    let mut waiting = Waiting::with_limit(100);
    let sources = (1..=100_u64).map(|caller| row(i64::from(caller % 2 == 0), caller, 0));
    assert_eq!(take_in(&mut waiting, sources), Missed::default());
    let missed = take_in(&mut waiting, (2..50).map(|key| row(key, 1, 0)));
    assert_eq!((missed.requests, missed.sources), (0, 90));
    let missed = take_in(&mut waiting, (50..150).map(|key| row(key, 1, 0)));
    assert_eq!(waiting.rows.len(), 100);
    assert_eq!((missed.requests, missed.sources), (60, 40));
    let late = [row(2, 1, 0), row(149, 1, 0), row(0, 777, 0)];
    let missed = take_in(&mut waiting, late);
    assert_eq!(missed.requests, 1, "149 alone has no row");
    assert_eq!(requests(&waiting), 100 + 48 + 40 + 2);
}

/// Writes batches until the database is away, which it is after `batches` of them.
fn write(waiting: &mut Waiting, batches: usize) -> Vec<Vec<i64>> {
    let mut written: Vec<Vec<i64>> = Vec::new();
    let result = waiting.write_out(Duration::MAX, |rows| {
        if written.len() == batches {
            return Err(DbError::BrokenTransactionManager);
        }
        written.push(rows.iter().map(|row| row.key).collect());
        Ok(())
    });
    assert_eq!(result.is_ok(), waiting.rows.is_empty());
    written
}

#[test]
fn every_key_has_its_turn_before_any_has_a_second_one() {
    let mut waiting = Waiting::default();
    let all: Vec<i64> = (0..1_000).collect();
    take_in(&mut waiting, all.iter().map(|key| row(*key, 1, 0)));
    let mut written = Vec::new();
    while written.len() < 1_000 {
        written.extend(write(&mut waiting, 1).concat());
        // The first ones are used all the time.
        take_in(&mut waiting, (0..100).map(|key| row(key, 1, 0)));
    }
    assert_eq!(written[..1_000], all);
}

#[test]
fn a_batch_has_all_rows_of_its_keys_however_many_they_are() {
    let mut waiting = Waiting::default();
    let crowded = (1..=150).flat_map(|caller| {
        let refused = Row::new(1, caller, Outcome::Revoked, NOW);
        [row(1, caller, 0), refused, row(0, 1, 0), row(2, caller, 0)]
    });
    take_in(&mut waiting, crowded);
    let batches = write(&mut waiting, 10);
    let batches: Vec<(i64, usize)> = batches.iter().map(|keys| (keys[0], keys.len())).collect();
    assert_eq!(batches, [(0, 1), (1, 300), (2, 150)]);
}

#[test]
fn a_key_that_can_not_be_written_is_dropped_alone() {
    let mut waiting = Waiting::default();
    take_in(&mut waiting, (0..10).map(|key| row(key, 1, 0)));
    let mut written = Vec::new();
    let result = waiting.write_out(Duration::MAX, |rows| {
        if rows.iter().any(|row| row.key == 4) {
            return Err(DbError::NotFound);
        }
        written.extend(rows.iter().map(|row| row.key));
        Ok(())
    });
    assert!(result.is_ok() && waiting.rows.is_empty());
    assert_eq!(written, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
}

#[test]
fn with_no_time_nothing_is_written_and_nothing_lost() {
    let mut waiting = Waiting::default();
    take_in(&mut waiting, [row(1, 1, 0)]);
    let written = waiting.write_out(Duration::ZERO, |_| panic!("there is no time"));
    assert!(written.is_ok());
    assert_eq!(requests(&waiting), 1);
}
