//! The rows that one thread counts in: a flat table without a pointer in it.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::row::Row;

/// What every table has, however little it is used.
const FEWEST: usize = 64;

/// How many places the tables of all threads may still add to what they have.
#[derive(Debug)]
pub struct Room(AtomicUsize);

impl Room {
    /// Room for this many places in all tables together.
    pub fn new(places: usize) -> Self {
        Room(AtomicUsize::new(places))
    }

    fn take(&self, places: usize) -> bool {
        let taking = |left: usize| left.checked_sub(places);
        let taken = self
            .0
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, taking);
        taken.is_ok()
    }

    fn give_back(&self, places: usize) {
        self.0.fetch_add(places, Ordering::Relaxed);
    }
}

/// A hash table with open addressing: a row is at the place that its hash names, or at one of the
/// next, with no empty place between.
#[derive(Debug)]
pub struct Table {
    /// A power of two. Never full.
    places: Box<[Row]>,
    used: usize,
    /// How many were used when they were last taken; sinks slowly.
    lately: usize,
}

impl Default for Table {
    fn default() -> Self {
        Table {
            places: empty(FEWEST),
            used: 0,
            lately: 0,
        }
    }
}

impl Table {
    /// Adds `row` to the row that is like it; false if there is none.
    pub fn add_to_known(&mut self, row: &Row) -> bool {
        let place = self.place_of(row);
        let known = &mut self.places[place];
        if known.requests == 0 {
            return false;
        }
        known.add(row);
        true
    }

    /// Adds a row that is not there yet. There must be [room](Self::has_room).
    pub fn insert(&mut self, row: Row) {
        let place = self.place_of(&row);
        self.places[place] = row;
        self.used += 1;
    }

    /// Whether another row fits. The last eighth stays empty, so that searches end soon.
    pub fn has_room(&self) -> bool {
        self.used < self.places.len() / 8 * 7
    }

    /// Whether a row fits that could be done without. Doubles the table where that is possible.
    pub fn has_plenty_of_room(&mut self, room: &Room) -> bool {
        if self.used < self.places.len() / 4 * 3 {
            return true;
        }
        let more = self.places.len();
        if !room.take(more) {
            return false;
        }
        self.resize(self.places.len() + more);
        true
    }

    /// Moves every row to `rows`. The table keeps its size, unless it was far too large lately.
    pub fn take(&mut self, rows: &mut Vec<Row>, room: &Room) {
        if self.used > 0 {
            for place in &mut self.places {
                if place.requests > 0 {
                    rows.push(std::mem::take(place));
                }
            }
        }
        self.lately = self.used.max(self.lately - self.lately.div_ceil(8));
        self.used = 0;
        let enough = (self.lately * 4).next_power_of_two().max(FEWEST);
        if self.places.len() > enough {
            room.give_back(self.places.len() - enough);
            self.resize(enough);
        }
    }

    /// Moves the rows to a table of this size.
    fn resize(&mut self, size: usize) {
        let old = std::mem::replace(&mut self.places, empty(size));
        for row in old.iter().filter(|row| row.requests > 0) {
            let place = self.place_of(row);
            self.places[place] = *row;
        }
    }

    /// The place of the row that is like this one, or the empty place where it belongs.
    fn place_of(&self, row: &Row) -> usize {
        let last = self.places.len() - 1;
        // Callers' ids are random, and the multiplication spreads keys that follow each other.
        let mixed = (row.key.cast_unsigned() ^ row.caller).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut place = (mixed >> 32) as usize & last;
        while self.places[place].requests > 0 && !self.places[place].is_like(row) {
            place = (place + 1) & last;
        }
        place
    }
}

fn empty(places: usize) -> Box<[Row]> {
    vec![Row::default(); places].into_boxed_slice()
}

#[cfg(test)]
mod tests {
    use keyward_key::verdict::Outcome;

    use super::*;

    fn row(key: i64) -> Row {
        Row::new(key, 1, Outcome::Valid, 1_795_000_000_000_000)
    }

    /// Counts a request; false if there is no room for it.
    fn count(table: &mut Table, key: i64, room: &Room) -> bool {
        table.add_to_known(&row(key))
            || (table.has_plenty_of_room(room) || table.has_room()) && {
                table.insert(row(key));
                true
            }
    }

    #[test]
    fn a_table_grows_as_far_as_there_is_room_and_keeps_what_it_has() {
        let room = Room::new(64 + 128);
        let mut table = Table::default();
        let counted = (0..1_000)
            .filter(|key| count(&mut table, *key, &room))
            .count();
        assert_eq!((table.places.len(), counted), (256, 224));
        assert!(count(&mut table, 0, &room), "a known key needs no room");
        let mut rows = Vec::new();
        table.take(&mut rows, &room);
        assert_eq!(rows.len(), counted);
        assert_eq!(rows.iter().map(|row| row.requests).sum::<u32>(), 225);
        assert!(!table.add_to_known(&row(0)), "nothing is left");
    }

    #[test]
    fn after_a_burst_the_room_is_given_back() {
        let room = Room::new(1 << 20);
        let mut table = Table::default();
        let mut rows = Vec::new();
        for key in 0..10_000 {
            assert!(count(&mut table, key, &room));
        }
        table.take(&mut rows, &room);
        assert_eq!(table.places.len(), 16_384, "the next second may be as busy");
        for _ in 0..100 {
            table.take(&mut rows, &room);
        }
        assert_eq!(table.places.len(), FEWEST);
        assert!(room.take(1 << 20), "all of it");
    }
}
