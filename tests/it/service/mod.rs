//! What holds when things go wrong around the service.

pub(crate) mod audit_chain;
mod connections;
mod database_start;
mod endings;
mod failover;
mod kill;
mod memory;
mod outage;
mod own_postgres;
mod pgbouncer;
mod refusals;
mod restored_backup;
mod revocations;
mod rollbacks;
mod secrets;
mod sockets;
mod start;
mod stopping;
mod trips;
mod turns;
mod unfit;
mod unknown_commits;
mod wrong_date;
