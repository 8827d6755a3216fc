//! The same tree as `src/web/pages`.

mod audit;
mod forms;
mod keys;
mod login;
mod sessions;
mod setup;
