//! Signing in, for the login form and for programs alike: guessing is slowed down the same way.

use std::net::IpAddr;

use super::throttle::TooMany;
use super::{AppState, acting};
use crate::access::Origin;
use crate::domain::DomainError;
use crate::domain::account;
use crate::domain::actors::Recognised;
use crate::domain::passwords::Password;
use crate::http::client::network;

/// Why a sign-in was refused.
#[derive(Debug, thiserror::Error)]
pub enum SignInError {
    #[error("too many attempts")]
    TooMany(TooMany),
    #[error(transparent)]
    Domain(#[from] DomainError),
}

impl From<TooMany> for SignInError {
    fn from(too_many: TooMany) -> Self {
        SignInError::TooMany(too_many)
    }
}

/// Checks email and password; `None` if they don't match.
///
/// # Errors
/// There were too many attempts, or the database fails.
pub async fn sign_in(
    state: &AppState,
    address: Option<IpAddr>,
    origin: Origin,
    email: String,
    password: String,
) -> Result<Option<Recognised>, SignInError> {
    state.throttle.attempt_from(address)?;
    let (typed, network) = (email.clone(), address.map(network));
    let asked = typed.clone();
    let asking = acting::act_as_nobody(state, origin.clone(), move |op| match network {
        Some(network) => account::is_known_network(op, &asked, network),
        None => Ok(false),
    });
    let is_known = asking.await?;
    state.throttle.attempt_on(&email, address, is_known)?;
    let _turn = state.hashing_turn().await?;
    let checking = acting::act_as_nobody(state, origin, move |op| {
        account::sign_in(op, &email, &Password::new(password))
    });
    let recognised = checking.await?;
    if recognised.is_some() {
        state.throttle.was_right_from(address);
        state.throttle.was_right_on(&typed, address, is_known);
    }
    Ok(recognised)
}
