//! Keys: finding, creating, editing, revoking, rotating and importing them.

mod draft;
mod edit;
mod find;
mod import;
mod line;
mod list;
mod mint;
mod pasted;
mod replace;
mod reveal;
mod revoke;
mod rotate;
mod usage;
mod write;

pub use draft::KeyDraft;
pub use edit::{EditForm, edit, edit_form};
pub use find::{find, find_in, find_to, history, read, read_to};
pub use import::{BATCH, Checked, ImportError, check_lines, import};
pub use line::{CheckedKey, WrongLine};
pub use list::{Attention, KeyPage, Slice, list, needing_attention};
pub use mint::{MintForm, mint, mint_at_once, mint_form};
pub use pasted::{Pasted, may_hold_secret, pasted};
pub use replace::replace;
pub use reveal::{RevealForm, is_waiting, reveal, reveal_form};
pub use revoke::{RevocationForm, RevokeRequest, revocation_form, revoke};
pub use rotate::{MAX_OVERLAP, RotationForm, rotate, rotate_at_once, rotation_form};
pub use usage::{DAYS, DayUsage, KeyUsage, UsageGap, usage};
