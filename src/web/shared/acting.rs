//! Running a use case as somebody: pages and the management API alike.

use actix_web::web;

use super::AppState;
use super::turns::{Asker, Work};
use crate::access::{Actor, Denial, Origin};
use crate::clock::UtcTime;
use crate::domain::actors::Claim;
use crate::domain::{DomainError, Op, audit};

/// Runs a use case as the person of this claim, with the rights they have by then: while the
/// request's body arrives or it waits its turn, they may be disabled or lose a role. A denial goes
/// into the audit log.
///
/// # Errors
/// Whatever the use case fails with; [`DomainError::NoLonger`] if they may no longer act.
pub async fn act<T: Send + 'static>(
    state: &web::Data<AppState>,
    work: Work,
    claim: &Claim,
    now: UtcTime,
    use_case: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
) -> Result<T, DomainError> {
    let (own, asker) = (claim.clone(), Asker::Person(claim.user_id));
    let running = state.run(work, asker, move |conn| {
        let actor = own.check(conn, now)?;
        match use_case(&mut Op::new(conn, &actor, now)) {
            Err(DomainError::Denied(denial)) => Ok(Err((denial, actor))),
            result => result.map(Ok),
        }
    });
    let (denial, actor) = match running.await? {
        Ok(value) => return Ok(value),
        Err(denied) => denied,
    };
    let recording = record(state.clone(), work, actor, now, denial);
    match denial.hidden {
        // A hidden project must look like a missing one, even in response time.
        true => drop(actix_web::rt::spawn(recording)),
        false => recording.await,
    }
    Err(denial.into())
}

/// Writes a denial into the audit log. The answer does not depend on it.
async fn record(
    state: web::Data<AppState>,
    work: Work,
    actor: Actor,
    now: UtcTime,
    denial: Denial,
) {
    let asker = actor.id().map_or(Asker::Nobody, Asker::Person);
    let recording = state.run(work, asker, move |conn| {
        audit::deny(&mut Op::new(conn, &actor, now), denial)
    });
    if let Err(error) = recording.await {
        tracing::error!(%error, ?denial, "a denial could not be recorded");
    }
}

/// Runs a use case as somebody who has not signed in. All of them are short: looking something up,
/// or signing in.
///
/// # Errors
/// Whatever the use case fails with.
pub async fn act_as_nobody<T: Send + 'static>(
    state: &AppState,
    origin: Origin,
    use_case: impl FnOnce(&mut Op) -> Result<T, DomainError> + Send + 'static,
) -> Result<T, DomainError> {
    let now = state.clock.now();
    state
        .run(Work::Urgent, Asker::Nobody, move |conn| {
            use_case(&mut Op::new(conn, &Actor::nobody(origin), now))
        })
        .await
}
