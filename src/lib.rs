//! Keyward: a self-hosted console for API keys. This is the map of its modules; each imports
//! only from those below it.
//!
//! | module | what it is for |
//! |---|---|
//! | [`cli`] | the command line |
//! | [`startup`] | puts an instance together |
//! | [`upkeep`] | what an instance does beside serving |
//! | [`web`] | the console's pages |
//! | [`verify`] | decides whether a presented key may pass |
//! | [`domain`] | what people can do, one file per use case, and who may do it |
//! | [`http`] | what the console and verification share of HTTP |
//! | [`config`], [`instance_secret`] | settings, and the instance's secret |
//! | [`db`] | the only place that names Diesel |
//! | [`key`] | what a key is; pure |
//! | [`network`] | addresses and networks as people write them |
//! | [`clock`] | the time |

pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod domain;
pub mod http;
pub mod instance_secret;
pub mod key;
pub mod network;
pub mod startup;
pub mod upkeep;
pub mod verify;
pub mod web;
