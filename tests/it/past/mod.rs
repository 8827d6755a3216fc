//! The past, compared with a recorded history.

mod walk;
