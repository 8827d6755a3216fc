//! Keys: finding, creating, editing, revoking, rotating and importing them.

mod across;
mod asked_scopes;
mod draft;
mod edit;
mod export;
mod find;
mod findings;
mod hand_over;
mod import;
mod line;
mod list;
mod mint;
mod owner;
mod pasted;
mod reveal;
mod revoke;
mod revoke_selected;
mod rotate;
mod traffic;
mod usage;
mod views;
mod write;

pub use across::{Group, across};
pub use asked_scopes::{AskedScopes, asked_scopes, asked_scopes_of_all, only_used};
pub use draft::KeyDraft;
pub use edit::{EditForm, edit, edit_form};
pub use export::{KeyExport, export};
pub use find::{find, find_in, find_to, read, read_to};
pub use findings::{findings, top_callers};
pub use hand_over::hand_over;
pub use import::{BATCH, Checked, ImportError, check_lines, import};
pub use line::{CheckedKey, WrongLine};
pub use list::{KeyPage, Slice, count, list};
pub use mint::{MintForm, mint, mint_at_once, mint_form, mint_made_up};
pub use owner::is_orphaned;
pub use pasted::{Pasted, may_hold_secret, note_look_up, pasted, secrets_in, without_secrets};
pub use reveal::{RevealForm, is_waiting, reveal, reveal_form};
pub(in crate::domain) use revoke::write_revocation;
pub use revoke::{RevocationForm, RevokeRequest, revocation_form, revoke};
pub use revoke_selected::{FEW, MOST, revoke_selected, selection};
pub use rotate::{
    MAX_OVERLAP, RotationForm, rotate, rotate_at_once, rotate_made_up, rotation_form,
};
pub use traffic::{TRAFFIC_DAYS, Traffic, traffic};
pub use usage::{AfterEnd, DAYS, DayUsage, KeyUsage, UsageGap, counts, gap_since, usage};
pub use views::{Views, views};
