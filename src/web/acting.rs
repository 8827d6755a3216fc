//! Running a use case as somebody: pages and the management API alike.

use actix_web::web;

use super::AppState;
use crate::clock::UtcTime;
use crate::db::Connection;
use crate::domain::error::Denial;
use crate::domain::{Actor, DomainError, denial};

/// Runs a use case as `actor`, as they are by then. A denial goes into the audit log.
///
/// # Errors
/// What the use case fails with.
pub async fn act<T: Send + 'static>(
    state: &web::Data<AppState>,
    actor: &Actor,
    now: UtcTime,
    use_case: impl FnOnce(&mut Connection, &Actor, UtcTime) -> Result<T, DomainError> + Send + 'static,
) -> Result<T, DomainError> {
    let own = actor.clone();
    let running = state.run(move |conn| {
        let actor = own.again(conn, now)?;
        use_case(conn, &actor, now)
    });
    let result = running.await;
    if let Err(DomainError::Denied(denial)) = &result {
        let recording = record(state.clone(), actor.clone(), now, *denial);
        match denial.hidden {
            // A hidden project must not differ from a missing one, not even in time.
            true => drop(actix_web::rt::spawn(recording)),
            false => recording.await,
        }
    }
    result
}

/// Writes a denial into the audit log. The answer does not depend on it.
async fn record(state: web::Data<AppState>, actor: Actor, now: UtcTime, denial: Denial) {
    let recording = state.run(move |conn| denial::record(conn, &actor, denial, now));
    if let Err(error) = recording.await {
        tracing::error!(%error, ?denial, "a denial could not be recorded");
    }
}
