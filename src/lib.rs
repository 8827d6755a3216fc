//! Keyward: a self-hosted console for API keys. This is the map of its modules; each imports
//! only from those below it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`startup`] | puts an instance together |
//! | [`server`] | listeners, connections and their limits |
//! | `maintenance` | what an instance does besides serving |
//! | [`web`] | the console's pages and the management API |
//! | [`verify`] | decides whether a presented key may pass |
//! | `http` | HTTP code that the console and verification share |
//! | [`domain`] | what people can do, one file per use case |
//! | `json` | JSON as programs get it |
//! | [`config`], `instance_secret` | settings, and the instance's secret |
//! | [`db`] | the only place that names Diesel |
//! | [`access`] | who may do what |
//! | [`records`] | plain records of what is stored |
//! | `network` | addresses and networks as people write them |
//! | [`clock`] | the time |

pub mod access;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub(crate) mod http;
pub(crate) mod instance_secret;
pub(crate) mod json;
pub(crate) mod maintenance;
pub(crate) mod network;
pub mod records;
pub mod server;
pub mod startup;
pub mod verify;
pub mod web;
