//! Signing in, for the login form and for programs alike: guessing is slowed the same way.

use std::net::IpAddr;

use actix_web::web;

use super::AppState;
use super::throttle::TooMany;
use crate::domain::passwords::Password;
use crate::domain::sign_in::{self, Recognised};
use crate::domain::{DomainError, Origin};
use crate::http::client::network;

/// Why nobody was let in.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("too many attempts")]
    TooMany(TooMany),
    #[error(transparent)]
    Domain(#[from] DomainError),
}

impl From<TooMany> for SignInError {
    fn from(told: TooMany) -> Self {
        SignInError::TooMany(told)
    }
}

/// Checks email and password; `None` if they don't belong together.
///
/// # Errors
/// There were too many attempts, or the database fails.
pub async fn sign_in(
    state: &web::Data<AppState>,
    address: Option<IpAddr>,
    origin: Origin,
    email: String,
    password: String,
) -> Result<Option<Recognised>, SignInError> {
    state.throttle.attempt_from(address)?;
    let (typed, network) = (email.clone(), address.map(network));
    let is_known = state
        .run(move |conn| match network {
            Some(network) => sign_in::is_known_network(conn, &typed, network),
            None => Ok(false),
        })
        .await?;
    state.throttle.attempt_on(&email, address, is_known)?;
    let now = state.clock.now();
    let recognised = state
        .run_hashing(move |conn| {
            sign_in::sign_in(conn, origin, &email, &Password::new(password), now)
        })
        .await?;
    Ok(recognised)
}
