//! What holds when things go wrong around the service.

mod audit_chain;
mod endings;
mod kill;
mod memory;
mod outage;
mod own_postgres;
mod revocations;
mod secrets;
mod start;
mod trips;
