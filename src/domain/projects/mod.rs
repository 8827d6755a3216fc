//! Projects: finding, creating, editing and archiving them.

mod archive;
mod create;
mod draft;
mod edit;
mod find;
mod usage;

pub use archive::{archive, count_working_keys};
pub use create::{create, create_form};
pub use draft::{MAX_LIFETIME_DAYS, ProjectDraft};
pub use edit::{edit, edit_form};
pub use find::{all, find, find_or_own, list};
pub use usage::{Busiest, Busy, busiest, usage};
