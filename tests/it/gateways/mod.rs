//! The gateways of `examples/gateways`, each actually run between clients and an API.

mod browsers;
mod echo;
mod gateway;
mod hostile;
mod load;
mod questions;
mod restarts;
mod sockets;
mod statuses;
mod tokens;
mod upgrades;

use crate::app::{Browser, TestDatabase};
use crate::program::Program;
use gateway::Gateway;

/// One of the examples.
struct Example {
    /// The command that runs it in a copy of the folder.
    command: &'static [&'static str],
    /// Whether it passes the `RateLimit` of a 200 on.
    tells_limits: bool,
    /// Whether a token in `Authorization` reaches the API beside a key in `X-API-Key`.
    passes_tokens: bool,
}

const NGINX: Example = Example {
    command: &["nginx", "-p", "$PWD", "-c", "nginx.conf"],
    tells_limits: true,
    passes_tokens: true,
};

const CADDY: Example = Example {
    command: &[
        "caddy",
        "run",
        "--config",
        "Caddyfile",
        "--adapter",
        "caddyfile",
    ],
    tells_limits: true,
    passes_tokens: true,
};

const HAPROXY: Example = Example {
    command: &["haproxy", "-db", "-f", "haproxy.cfg"],
    tells_limits: true,
    passes_tokens: true,
};

const APACHE: Example = Example {
    command: &[
        "apache2",
        "-d",
        "$PWD",
        "-f",
        "apache.conf",
        "-D",
        "FOREGROUND",
    ],
    tells_limits: true,
    passes_tokens: true,
};

const ENVOY: Example = Example {
    command: &[
        "envoy",
        "-c",
        "envoy.yaml",
        "--disable-hot-restart",
        "-l",
        "warn",
    ],
    tells_limits: true,
    passes_tokens: true,
};

const TRAEFIK: Example = Example {
    command: &["traefik", "--configFile=traefik.yaml"],
    tells_limits: false,
    passes_tokens: false,
};

/// A test for each gateway.
macro_rules! at_every_gateway {
    ($check:ident) => {
        crate::gateways::at_gateways!($check, nginx NGINX, caddy CADDY, haproxy HAPROXY,
            apache APACHE, envoy ENVOY, traefik TRAEFIK);
    };
}

/// A test for each of these gateways.
macro_rules! at_gateways {
    ($check:ident, $($name:ident $example:ident),+) => {
        mod $check {
            $(
                #[test]
                fn $name() {
                    super::$check(&crate::gateways::$example);
                }
            )+
        }
    };
}

use at_every_gateway;
use at_gateways;

/// A Keyward that trusts gateways on this machine, and its owner.
struct Keyward {
    program: Program,
    owner: Browser,
    database: TestDatabase,
}

impl Keyward {
    fn start() -> Self {
        Self::listening(&["127.0.0.1:0"])
    }

    fn listening(addresses: &[&str]) -> Self {
        let database = TestDatabase::with_owner();
        let program = Program::serve_gateways(&database, addresses);
        let owner = Browser::new(&program.url).signed_in("owner@example.com");
        Keyward {
            program,
            owner,
            database,
        }
    }

    fn url(&self) -> &str {
        &self.program.url
    }

    /// A key that may read and change assets, but not read analytics.
    fn key(&self) -> String {
        let scopes = [("scopes", "read:assets"), ("scopes", "write:assets")];
        self.owner.new_key(&scopes).1
    }
}
