//! WebSocket through a gateway: with a key, and not without.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::echo::Echo;
use super::{Example, Gateway, Keyward};

/// The head of the answer to an upgrade to `protocol`, and the connection.
fn upgrade(gateway: &Gateway, protocol: &str, secret: &str) -> (String, TcpStream) {
    let mut stream = gateway.connect();
    let head = format!(
        "GET /api/assets/live HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {secret}\r\n\
         Connection: Upgrade\r\nUpgrade: {protocol}\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    while !answer.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap() == 1 {
        answer.push(byte[0]);
    }
    (String::from_utf8(answer).unwrap(), stream)
}

fn an_upgrade_to_websocket_needs_a_key_and_then_passes(example: &Example) {
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let secret = keyward.key();
    for protocol in ["websocket", "WebSocket"] {
        let (head, mut stream) = upgrade(&gateway, protocol, &secret);
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}{}", gateway.log());
        for message in ["hello", "and again"] {
            stream.write_all(message.as_bytes()).unwrap();
            let mut returned = vec![0; message.len()];
            stream.read_exact(&mut returned).unwrap();
            assert_eq!(returned, message.as_bytes());
        }
    }
    for (secret, status) in [("mk_live_wrong", "401"), ("", "401")] {
        let (head, _) = upgrade(&gateway, "websocket", secret);
        assert_eq!(head.get(9..12), Some(status), "{head}");
    }
    let (_, analyst) = keyward.owner.new_key(&[("scopes", "read:analytics")]);
    let (head, _) = upgrade(&gateway, "websocket", &analyst);
    assert_eq!(head.get(9..12), Some("403"), "{head}");

    // Any other protocol would carry requests that nobody checks.
    let (head, _) = upgrade(&gateway, "h2c", &secret);
    assert_ne!(head.get(9..12), Some("101"), "{head}");
}

super::at_every_gateway!(an_upgrade_to_websocket_needs_a_key_and_then_passes);
