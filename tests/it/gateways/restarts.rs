//! Several Keywards behind a gateway, restarted one after the other.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::echo::Echo;
use super::gateway::{Ask, free_address};
use super::{Example, Gateway, Keyward};
use crate::app::{Browser, eventually};
use crate::program::Program;

/// Clients that ask all the time, until they are stopped.
#[derive(Default)]
struct Clients {
    asked: AtomicUsize,
    are_stopped: AtomicBool,
}

impl Clients {
    /// One of them: asks, and counts every answer by which a request was lost.
    fn ask(&self, url: &str, secret: &str) -> BTreeMap<String, usize> {
        let client = Browser::new(url).client;
        let mut lost = BTreeMap::new();
        while !self.are_stopped.load(Ordering::Relaxed) {
            let begin = Instant::now();
            let request = client.get(url).header("X-API-Key", secret);
            let answer = request.send().map(|answer| answer.status().as_u16());
            self.asked.fetch_add(1, Ordering::Relaxed);
            // A gateway that waits in vain doesn't say so at once. Then this machine is too busy.
            let is_late = begin.elapsed() >= Duration::from_secs(1);
            if !matches!((&answer, is_late), (Ok(200), _) | (Ok(503), true)) {
                *lost.entry(format!("{answer:?}")).or_insert(0) += 1;
            }
        }
        lost
    }

    /// Waits until they have asked for a while.
    fn go_on(&self) {
        let so_far = self.asked.load(Ordering::Relaxed);
        eventually(|| (self.asked.load(Ordering::Relaxed) > so_far + 200).then_some(()));
    }
}

/// Stops the clients, also when a test fails.
struct StopAtEnd<'a>(&'a Clients);

impl Drop for StopAtEnd<'_> {
    fn drop(&mut self) {
        self.0.are_stopped.store(true, Ordering::Relaxed);
    }
}

fn a_rolling_restart_loses_no_request(example: &Example) {
    let addresses = [free_address(), free_address()];
    let mut keyward = Keyward::listening(&[&addresses[0]]);
    let mut second = Program::serve_gateways(&keyward.database, &[&addresses[1]]);
    let secret = keyward.key();
    let echo = Echo::start();
    let ask = Ask::Either(&addresses[0], &addresses[1]);
    let gateway = Gateway::start_asking(example, &ask, &echo.url);
    let url = gateway.url("/api/assets");

    let clients = Clients::default();
    std::thread::scope(|scope| {
        let asking: Vec<_> = (0..4)
            .map(|_| scope.spawn(|| clients.ask(&url, &secret)))
            .collect();
        let stop = StopAtEnd(&clients);
        clients.go_on();
        for _ in 0..2 {
            let programs = [&mut keyward.program, &mut second];
            for (program, address) in programs.into_iter().zip(&addresses) {
                program.signal("TERM");
                program.child.wait().unwrap();
                clients.go_on();
                *program = Program::serve_gateways(&keyward.database, &[address]);
                clients.go_on();
            }
        }
        drop(stop);
        let lost: Vec<_> = asking
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        assert!(lost.is_empty(), "{lost:?}\n{}", gateway.log());
    });
}

super::at_every_gateway!(a_rolling_restart_loses_no_request);
