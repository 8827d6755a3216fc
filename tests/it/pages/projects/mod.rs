mod archival;
mod findings;
pub mod grants;
mod new;
mod scope_use;
mod scopes;
mod settings;
mod usage;
