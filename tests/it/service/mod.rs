//! What holds when things go wrong around the service.

mod audit_chain;
mod endings;
mod failover;
mod kill;
mod outage;
mod own_postgres;
mod restored_backup;
mod revocations;
mod rollbacks;
mod secrets;
mod start;
mod trips;
