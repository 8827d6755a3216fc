//! The integration suite: a real instance on a fresh database for every test. On SQLite by
//! default; on Postgres where `KEYWARD_TEST_POSTGRES` names a server.

mod api;
mod app;
mod architecture;
mod browser;
mod cli;
mod compression;
mod demo;
mod docs;
mod gateways;
mod http;
mod media;
mod pages;
mod past;
mod permissions;
mod program;
mod service;
mod verify;
