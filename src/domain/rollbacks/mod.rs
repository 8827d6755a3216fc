//! What happens when the database has lost its last changes.

mod acknowledge;
mod list;
mod record;

pub use acknowledge::acknowledge;
pub use list::{Notice, unacknowledged};
pub use record::{Undone, record};
