//! The same tree as `src/web/pages`.

mod account;
mod audit;
mod cross_site;
mod forms;
mod keys;
mod login;
mod nav;
mod password;
mod projects;
mod rollbacks;
mod sessions;
mod setup;
mod tokens;
mod users;
