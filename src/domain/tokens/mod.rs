//! The bearer tokens of people's programs: personal tokens and short-lived ones.

mod bearer;
mod create;
mod find;
mod hs256;
mod jwt;
mod reveal;
mod revoke;

pub use bearer::{actor_with_token, who_verifies};
pub use create::{MintedToken, TokenDraft, create, create_at_once};
pub use find::{find, list};
pub use jwt::JwtKeys;
pub use reveal::{is_waiting, reveal, waiting_until};
pub use revoke::{revocation_form, revoke};
