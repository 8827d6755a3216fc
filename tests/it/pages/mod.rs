//! The same tree as `src/web/pages`.

mod account;
pub(crate) mod audit;
mod cross_site;
mod find;
mod forms;
mod kept;
mod keys;
mod login;
mod markup;
mod nav;
mod overview;
mod password;
mod past;
mod projects;
mod reviews;
mod rollbacks;
mod sessions;
mod setup;
mod times;
mod tokens;
mod users;
