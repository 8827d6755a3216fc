//! One's own account: setting up, signing in and out, the password and the sessions.

mod change_password;
mod choose_password;
mod own;
mod sessions;
mod set_up;
mod sign_in;
mod sign_out;
mod times;

pub use change_password::change_password;
pub use choose_password::{choose_password, person_of};
pub use own::own_user;
pub use sessions::{end_other_sessions, end_session, list_sessions};
pub use set_up::{is_open, issue_code, set_up};
pub use sign_in::{is_known_network, is_possible, sign_in};
pub use sign_out::sign_out;
pub use times::{choose_times, has_local_times};
