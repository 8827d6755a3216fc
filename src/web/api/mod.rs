//! The management API, `/api/v1`: thin handlers around the use cases that the pages call.

pub mod idempotency;
