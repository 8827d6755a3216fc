//! `/api/v1/audit`: the audit log, the state of its chain, and exports.

pub mod chain;
pub mod export;
pub mod log;
