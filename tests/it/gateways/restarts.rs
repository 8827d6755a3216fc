//! Several Keywards behind a gateway, restarted one after the other.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::echo::Echo;
use super::gateway::{Ask, free_address};
use super::{Example, Gateway, Keyward};
use crate::app::{Browser, eventually};
use crate::program::Program;

fn a_rolling_restart_loses_no_request(example: &Example) {
    let addresses = [free_address(), free_address()];
    let mut keyward = Keyward::listening(&[&addresses[0]]);
    let mut second = Program::serve_gateways(&keyward.database, &[&addresses[1]]);
    let secret = keyward.key();
    let echo = Echo::start();
    let ask = Ask::Either(&addresses[0], &addresses[1]);
    let gateway = Gateway::start_asking(example, &ask, &echo.url);
    let url = gateway.url("/api/assets");
    let (asked, is_over) = (AtomicUsize::new(0), AtomicBool::new(false));

    std::thread::scope(|scope| {
        let client = || {
            let client = Browser::new(&url).client;
            let mut lost = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                let request = client.get(&url).header("X-API-Key", &secret);
                match request.send().map(|answer| answer.status().as_u16()) {
                    Ok(200) => {}
                    other => lost.push(format!("{other:?}")),
                }
                asked.fetch_add(1, Ordering::Relaxed);
            }
            lost
        };
        let clients: Vec<_> = (0..4).map(|_| scope.spawn(client)).collect();
        let some_more = || {
            let so_far = asked.load(Ordering::Relaxed);
            eventually(|| (asked.load(Ordering::Relaxed) > so_far + 200).then_some(()));
        };
        some_more();
        for _ in 0..2 {
            for (program, address) in [&mut keyward.program, &mut second]
                .into_iter()
                .zip(&addresses)
            {
                program.signal("TERM");
                program.child.wait().unwrap();
                some_more();
                *program = Program::serve_gateways(&keyward.database, &[address]);
                some_more();
            }
        }
        is_over.store(true, Ordering::Relaxed);
        let lost: Vec<_> = clients
            .into_iter()
            .flat_map(|client| client.join().unwrap())
            .collect();
        let asked = asked.load(Ordering::Relaxed);
        assert!(
            lost.is_empty(),
            "{} of {asked}: {lost:?}\n{}",
            lost.len(),
            gateway.log()
        );
    });
}

super::at_every_gateway!(a_rolling_restart_loses_no_request);
