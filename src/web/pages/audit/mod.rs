//! `/audit`: who did what, when, from where.

pub mod list;
mod words;

pub use list::EntryView;
