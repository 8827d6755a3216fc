//! `/audit`: who did what, when, from where.

pub mod chain;
pub mod entry;
pub mod export;
pub mod list;
mod query;
mod words;

pub use entry::EntryView;
