//! What holds when things go wrong around the service.

mod audit_chain;
mod connections;
mod endings;
mod failover;
mod kill;
mod memory;
mod outage;
mod own_postgres;
mod refusals;
mod restored_backup;
mod revocations;
mod rollbacks;
mod secrets;
mod sockets;
mod start;
mod trips;
mod turns;
mod wrong_date;
