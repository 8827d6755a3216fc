//! Turns at the database: who may use how many of the console's connections at once.
//!
//! Two kinds of work have turns of their own, so that reading, however slow, keeps nobody from
//! revoking a key or signing in. Of either kind, one person has at most half at once, with all of
//! their sessions and tokens together, so that others get on with theirs.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use actix_web::http::Method;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What a turn is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Looking at something, which may take its time.
    Reading,
    /// Changes of any kind, signing in, and finding out who asks: each is short.
    Urgent,
}

impl Work {
    /// What a person's request with this method is. `GET` and `HEAD` never change anything.
    pub fn of(method: &Method) -> Self {
        match method.is_safe() {
            true => Work::Reading,
            false => Work::Urgent,
        }
    }
}

/// Whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Asker {
    /// The person with this id.
    Person(i64),
    /// All who present a session or a token, until it is known whose.
    Bearer,
    /// All who have not signed in.
    Nobody,
}

/// The turns of one instance. Whoever waits for one holds no thread: threads are shared with
/// verifications.
pub struct Turns {
    reading: Lane,
    urgent: Lane,
}

/// A turn, until it is dropped.
pub struct Turn {
    _own: OwnedSemaphorePermit,
    _shared: OwnedSemaphorePermit,
}

impl Turns {
    /// So many for either kind of work, at least two. Each needs a connection.
    pub fn new(reading: usize, urgent: usize) -> Self {
        Turns {
            reading: Lane::new(reading),
            urgent: Lane::new(urgent),
        }
    }

    /// Waits for a turn.
    pub async fn take(&self, work: Work, asker: Asker) -> Turn {
        match work {
            Work::Reading => self.reading.take(asker).await,
            Work::Urgent => self.urgent.take(asker).await,
        }
    }
}

/// The turns for one kind of work.
struct Lane {
    all: Arc<Semaphore>,
    half: usize,
    /// Each asker's half. It ends with the last of their turns.
    halves: Mutex<HashMap<Asker, Weak<Semaphore>>>,
}

impl Lane {
    fn new(size: usize) -> Self {
        Lane {
            all: Arc::new(Semaphore::new(size)),
            half: size / 2,
            halves: Mutex::default(),
        }
    }

    /// The asker's own half comes first: so at most half of those who wait for the rest are one.
    async fn take(&self, asker: Asker) -> Turn {
        Turn {
            _own: taken(self.half_of(asker)).await,
            _shared: taken(Arc::clone(&self.all)).await,
        }
    }

    fn half_of(&self, asker: Asker) -> Arc<Semaphore> {
        let mut halves = self.halves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(half) = halves.get(&asker).and_then(Weak::upgrade) {
            return half;
        }
        halves.retain(|_, half| half.strong_count() > 0);
        let half = Arc::new(Semaphore::new(self.half));
        halves.insert(asker, Arc::downgrade(&half));
        half
    }
}

async fn taken(turns: Arc<Semaphore>) -> OwnedSemaphorePermit {
    turns.acquire_owned().await.expect("turns are never closed")
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    const READING: usize = 8;
    const URGENT: usize = 6;

    /// The turn, if it needs no waiting.
    fn at_once(turns: &Turns, work: Work, asker: Asker) -> Option<Turn> {
        let taking = pin!(turns.take(work, asker));
        match taking.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => Some(turn),
            Poll::Pending => None,
        }
    }

    fn as_many_as_there_are(turns: &Turns, work: Work, asker: Asker) -> Vec<Turn> {
        std::iter::from_fn(|| at_once(turns, work, asker)).collect()
    }

    #[test]
    fn one_person_has_at_most_half_of_the_turns() {
        let turns = Turns::new(READING, URGENT);
        for (work, half) in [(Work::Reading, READING / 2), (Work::Urgent, URGENT / 2)] {
            let mut held = as_many_as_there_are(&turns, work, Asker::Person(1));
            assert_eq!(held.len(), half);
            assert!(at_once(&turns, work, Asker::Person(2)).is_some());
            held.pop();
            assert!(at_once(&turns, work, Asker::Person(1)).is_some());
        }
    }

    #[test]
    fn readers_never_take_the_turns_of_changes() {
        let turns = Turns::new(READING, URGENT);
        let readers = (1..=3).map(Asker::Person);
        let held: Vec<Turn> = readers
            .flat_map(|reader| as_many_as_there_are(&turns, Work::Reading, reader))
            .collect();
        assert_eq!(held.len(), READING);
        assert!(at_once(&turns, Work::Urgent, Asker::Person(1)).is_some());
        assert!(at_once(&turns, Work::Urgent, Asker::Nobody).is_some());
    }

    #[test]
    fn nothing_is_kept_of_people_who_are_done() {
        let turns = Turns::new(READING, URGENT);
        for person in 0..100 {
            drop(at_once(&turns, Work::Reading, Asker::Person(person)));
        }
        assert_eq!(turns.reading.halves.lock().unwrap().len(), 1);
    }
}
