//! The settings in force: the values that were found, parsed.

use std::fmt;
use std::time::Duration;

use ipnet::IpNet;
use zeroize::Zeroizing;

use super::{ConfigError, Found, ListenAddress, PublicUrl, SocketAccess};
use crate::db::connection::DatabaseUrl;
use crate::network;

/// The settings in force.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; at least one address.
    pub listen: Vec<ListenAddress>,
    /// Who may connect to unix sockets.
    pub socket_access: SocketAccess,
    /// The parsed `database_url`, with time limits added for Postgres.
    pub database: DatabaseUrl,
    /// How many connections to the database this instance has at most.
    pub database_connections: u32,
    /// How long a start waits for a database that is away.
    pub database_wait: Duration,
    /// Everything in it is made up, and every page says so. Not a setting: `keyward demo` sets it.
    pub is_demo: bool,
    /// At least 32 characters. `None` uses `keyward.secret` beside a SQLite database.
    pub secret: Option<SecretText>,
    /// The previous secret, as `keyward rotate-secret` prints it: `SECRET until TIME`.
    pub previous_secret: Option<SecretText>,
    /// The address that browsers use, if Keyward runs behind a proxy.
    pub public_url: Option<PublicUrl>,
    /// Proxies that may report a client's address; empty trusts none.
    pub trusted_proxies: Vec<IpNet>,
    /// Threads that serve requests.
    pub workers: usize,
    /// How many days usage and sources are kept.
    pub usage_retention_days: u16,
    /// How many days entries of the audit log are kept; `None` is for ever.
    pub audit_retention_days: Option<u16>,
    /// Whether keys are verified only for services that send a personal token.
    pub verify_requires_token: bool,
    /// The longest lifetime of a personal token, in days.
    pub max_token_days: u16,
    /// Requests per minute that the management API accepts from each token and each address.
    pub api_requests_per_minute: u32,
    /// A filter in the syntax of `tracing-subscriber`, for instance `info,keyward=debug`.
    pub log: String,
}

/// A secret setting. Never printed.
#[derive(Clone)]
pub struct SecretText(Zeroizing<String>);

impl SecretText {
    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretText(…)")
    }
}

impl Config {
    /// Parses the values that were found.
    ///
    /// # Errors
    /// A value is malformed or out of range.
    pub fn from_found(found: &[Found]) -> Result<Self, ConfigError> {
        let secret = value(found, "secret").map(|text| SecretText(Zeroizing::new(text.into())));
        if secret
            .as_ref()
            .is_some_and(|secret| secret.expose().chars().count() < 32)
        {
            return Err(ConfigError::ShortSecret);
        }
        Ok(Config {
            listen: parse(
                found,
                "listen",
                "an address and a port such as 127.0.0.1:8080, or unix: and a path, or several of \
                 them separated by commas",
                |text| {
                    let parts = text.split(',').map(|part| part.trim().parse().ok());
                    parts.collect()
                },
            )?
            .expect("has a default"),
            socket_access: SocketAccess {
                mode: parse(
                    found,
                    "socket_mode",
                    "the permissions of a file in octal, such as 0660",
                    |text| {
                        u32::from_str_radix(text, 8)
                            .ok()
                            .filter(|mode| *mode <= 0o777)
                    },
                )?
                .expect("has a default"),
                group: value(found, "socket_group").map(str::to_owned),
            },
            database: DatabaseUrl::parse(value(found, "database_url").unwrap_or_default())?,
            database_connections: parse(
                found,
                "database_connections",
                "a number of connections from 8 to 200",
                |text| {
                    text.parse()
                        .ok()
                        .filter(|number| (8..=200).contains(number))
                },
            )?
            .expect("has a default"),
            database_wait: parse(
                found,
                "database_wait",
                "a number of seconds from 0 to 3600",
                |text| text.parse().ok().filter(|seconds| *seconds <= 3_600),
            )?
            .map(Duration::from_secs)
            .expect("has a default"),
            is_demo: false,
            secret,
            previous_secret: value(found, "previous_secret")
                .map(|text| SecretText(Zeroizing::new(text.into()))),
            public_url: parse(
                found,
                "public_url",
                "an address such as https://keys.example.com, without a path",
                PublicUrl::parse,
            )?,
            trusted_proxies: parse(
                found,
                "trusted_proxies",
                "addresses or networks such as 10.0.0.0/8, separated by commas",
                networks,
            )?
            .unwrap_or_default(),
            workers: parse(
                found,
                "workers",
                "a number of threads from 1 to 256",
                |text| {
                    text.parse()
                        .ok()
                        .filter(|workers| (1..=256).contains(workers))
                },
            )?
            .expect("has a default"),
            usage_retention_days: parse(
                found,
                "usage_retention_days",
                "a number of days from 1 to 3650",
                |text| text.parse().ok().filter(|days| (1..=3_650).contains(days)),
            )?
            .expect("has a default"),
            audit_retention_days: parse(
                found,
                "audit_retention_days",
                "a number of days from 30 to 36500; without it, entries are kept for ever",
                |text| {
                    text.parse()
                        .ok()
                        .filter(|days| (30..=36_500).contains(days))
                },
            )?,
            verify_requires_token: parse(
                found,
                "verify_requires_token",
                "true or false",
                |text| text.parse().ok(),
            )?
            .expect("has a default"),
            max_token_days: parse(
                found,
                "max_token_days",
                "a number of days from 1 to 365",
                |text| text.parse().ok().filter(|days| (1..=365).contains(days)),
            )?
            .expect("has a default"),
            api_requests_per_minute: parse(
                found,
                "api_requests_per_minute",
                "a number of requests from 1 to 1000000",
                |text| {
                    let number = text.parse().ok();
                    number.filter(|number| (1..=1_000_000).contains(number))
                },
            )?
            .expect("has a default"),
            log: value(found, "log").unwrap_or_default().to_owned(),
        })
    }
}

fn value<'a>(found: &'a [Found], name: &str) -> Option<&'a str> {
    let found = found.iter().find(|found| found.setting.name == name)?;
    found.value.as_ref().map(|value| value.as_str())
}

fn parse<T>(
    found: &[Found],
    name: &'static str,
    expected: &'static str,
    read: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>, ConfigError> {
    let Some(found) = found.iter().find(|found| found.setting.name == name) else {
        return Ok(None);
    };
    let Some(text) = found.value.as_ref() else {
        return Ok(None);
    };
    read(text).map(Some).ok_or_else(|| ConfigError::Wrong {
        name,
        expected,
        value: text.as_str().to_owned(),
        origin: found.source.clone(),
    })
}

fn networks(text: &str) -> Option<Vec<IpNet>> {
    let parts = text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty());
    parts.map(network::parse).collect()
}
