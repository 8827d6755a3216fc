//! Statuses that say what is wrong, and to whom.

use super::echo::Echo;
use super::{Example, Gateway, Keyward};
use crate::app::Answer;

/// Too much in the head of a request is the client's fault, whoever finds it: a line that is too
/// long, or too many of them, with or without a key.
fn a_huge_head_is_the_clients_fault(example: &Example) {
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let key = format!("X-API-Key: {}", keyward.key());
    let check = |headers: &[&str]| {
        // On a busy machine, Keyward may be too slow once.
        let mut statuses = (0..3).map(|_| gateway.raw("/api/assets", headers));
        let answered = statuses.find(|status| status != "503");
        let status = answered.unwrap_or_else(|| "503".to_owned());
        let lines = headers.len();
        let length = headers.iter().map(|line| line.len()).max();
        let is_clients = status.starts_with('4') || status == "200";
        assert!(
            is_clients,
            "{lines} lines, {length:?} long: {status}\n{}",
            gateway.log()
        );
    };
    for length in [
        4_000, 8_100, 15_300, 16_300, 33_000, 70_000, 140_000, 300_000,
    ] {
        let filling = "a".repeat(length);
        check(&[&format!("X-API-Key: {filling}")]);
        check(&[&format!("Authorization: Bearer {filling}")]);
        check(&[&key, &format!("User-Agent: {filling}")]);
        check(&[&key, &format!("Cookie: {filling}")]);
        // Spread over lines that every gateway accepts.
        let line = format!("X-Filling: {}", "a".repeat(4_000));
        let lines = vec![line.as_str(); length / 4_000];
        check(&[&[key.as_str()], lines.as_slice()].concat());
    }
    for count in [60, 80, 90, 94, 96, 98, 100, 130, 300] {
        let names: Vec<_> = (0..count).map(|n| format!("X-Filling-{n}: a")).collect();
        let lines: Vec<_> = names.iter().map(String::as_str).collect();
        check(&[&[key.as_str()], lines.as_slice()].concat());
    }
    // None of that did any harm.
    assert_eq!(gateway.raw("/api/assets", &[&key]), "200");
}

fn a_gateway_without_keyward_says_when_to_come_back(example: &Example) {
    let mut keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let secret = keyward.key();
    let get = || -> Answer {
        let request = keyward.owner.client.get(gateway.url("/api/assets"));
        request.header("X-API-Key", &secret).send().unwrap().into()
    };
    assert_eq!(get().status, 200, "{}", gateway.log());
    keyward.program.kill();
    for _ in 0..3 {
        let answer = get();
        assert_eq!(answer.status, 503, "{}", gateway.log());
        assert_eq!(answer.header("retry-after"), "1");
    }
}

super::at_every_gateway!(a_huge_head_is_the_clients_fault);
super::at_every_gateway!(a_gateway_without_keyward_says_when_to_come_back);
