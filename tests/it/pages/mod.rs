//! The same tree as `src/web/pages`.

mod audit;
mod forms;
mod keys;
mod login;
mod projects;
mod sessions;
mod setup;
