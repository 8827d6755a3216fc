mod archival;
pub mod grants;
mod new;
mod scopes;
mod settings;
