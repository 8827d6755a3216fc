//! Keyward on a unix socket, for gateways that can ask there.

use std::os::unix::fs::PermissionsExt;

use super::echo::{Asked, Echo};
use super::gateway::Ask;
use super::{Example, Gateway, Keyward};
use crate::app::{Answer, eventually};

fn a_gateway_asks_over_the_socket(example: &Example) {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("keyward.sock");
    let listen = format!("unix:{}", socket.display());
    let mut keyward = Keyward::listening(&["127.0.0.1:0", &listen]);
    // The gateway may be another user.
    eventually(|| socket.exists().then_some(()));
    for (path, mode) in [(folder.path(), 0o755), (&socket, 0o666)] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    let echo = Echo::start();
    let gateway = Gateway::start_asking(example, &Ask::Socket(&socket), &echo.url);
    let get = |path: &str, secret: &str| -> Answer {
        let request = keyward.owner.client.get(gateway.url(path));
        let request = request.header("X-Forwarded-For", "203.0.113.7");
        request.header("X-API-Key", secret).send().unwrap().into()
    };
    let (id, secret) = keyward.owner.new_key(&[]);
    let passed = get("/api/assets", &secret);
    assert_eq!(passed.status, 200, "{}{}", passed.body, gateway.log());
    let reached = Asked::read(&passed.body);
    assert_eq!(reached.headers("x-keyward-key-id"), [id.to_string()]);
    assert_eq!(get("/api/analytics", &secret).status, 403);
    assert_eq!(get("/api/assets", "mk_live_wrong").status, 401);

    // The client's address is the one that the gateway sees.
    let (_, elsewhere) = keyward.owner.new_key(&[("allowed_ips", "203.0.113.0/24")]);
    assert_eq!(get("/api/assets", &elsewhere).status, 403);
    let own = reached
        .headers("x-forwarded-for")
        .last()
        .map(|own| (*own).to_owned());
    let (_, here) = keyward.owner.new_key(&[("allowed_ips", &own.unwrap())]);
    assert_eq!(get("/api/assets", &here).status, 200, "{}", gateway.log());

    let client = keyward.owner.client.clone();
    keyward.program.kill();
    let stopped = client.get(gateway.url("/api/assets"));
    let stopped = stopped.header("X-API-Key", &secret).send().unwrap();
    assert_eq!(stopped.status(), 503, "{}", gateway.log());
}

super::at_gateways!(a_gateway_asks_over_the_socket, nginx NGINX, caddy CADDY, haproxy HAPROXY,
    apache APACHE, envoy ENVOY);
