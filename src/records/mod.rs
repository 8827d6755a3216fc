//! Plain records of what Keyward stores: no database, no HTTP. `db` builds them from its rows.

pub mod audit;
pub mod audit_action;
pub mod checkpoint;
pub mod finding;
pub mod grant;
pub mod key;
pub mod project;
pub mod review;
pub mod rollback;
pub mod scope;
pub mod session;
pub mod source;
pub mod state_filter;
pub mod token;
pub mod user;

pub use audit::{AuditEntry, ChainedEntry};
pub use audit_action::ActionGroup;
pub use checkpoint::Checkpoint;
pub use finding::Finding;
pub use grant::{Grant, Role};
pub use key::{Key, KeyState, KeyTerms, LastUse, RateLimit, Revocation, RevokeReason};
pub use project::{Project, ProjectTerms};
pub use rollback::Rollback;
pub use scope::Scope;
pub use session::StoredSession;
pub use source::Source;
pub use state_filter::StateFilter;
pub use token::Token;
pub use user::{Person, User};
