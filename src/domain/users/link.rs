//! One-time links for choosing a password, so that nobody else ever knows it.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use keyward_key::KeyDigest;
use zeroize::Zeroizing;

use crate::access::Action;
use crate::clock::UtcTime;
use crate::db::{Ending, Tx, password_links, users};
use crate::domain::{DomainError, Op, lifetimes};

/// A link that was just made, to be handed to the person.
pub struct PasswordLink {
    /// The person.
    pub user_id: i64,
    /// Their email.
    pub email: String,
    /// The secret part of the link, shown once.
    pub code: Zeroizing<String>,
    /// When the link stops working.
    pub expires_at: UtcTime,
}

impl PasswordLink {
    /// The path of the page where the password is chosen.
    pub fn path(&self) -> String {
        format!("/password?code={}", *self.code)
    }
}

/// A new link for a person who forgot their password, or did not use their last link. Their earlier
/// links stop working; their password works until they choose another.
///
/// # Errors
/// The actor is not allowed to or uses a personal token, there is no such person, or they are
/// disabled.
pub fn new_link(op: &mut Op, user: i64) -> Result<PasswordLink, DomainError> {
    let permit = op.require_on_all(Action::ManageUsers)?;
    // Anyone with the link can become the person.
    if op.actor().token().is_some() {
        let message = "A personal token can't create password links. Sign in instead.";
        return Err(DomainError::TokenCant(message));
    }
    let code = new_code()?;
    op.change(permit, |tx| {
        let user = users::by_id(tx.conn(), user)?.ok_or(DomainError::NotFound)?;
        if user.disabled_at.is_some() {
            let message = "This person is disabled. Enable them first.";
            return Err(DomainError::Conflict(message.into()));
        }
        let link = store(tx, user.id, &user.email, code)?;
        let entry = tx.entry("user.link_made", &user.email);
        Ok(Ending::Done(link, entry))
    })
}

/// The secret part of a new link: 256 random bits.
pub(super) fn new_code() -> Result<Zeroizing<String>, DomainError> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut())?;
    Ok(Zeroizing::new(
        BASE64_URL_SAFE_NO_PAD.encode(bytes.as_ref()),
    ))
}

/// Stores the digest of a link.
pub(super) fn store(
    tx: &mut Tx,
    user_id: i64,
    email: &str,
    code: Zeroizing<String>,
) -> Result<PasswordLink, DomainError> {
    let expires_at = tx.now() + lifetimes::PASSWORD_LINK;
    password_links::put(tx, user_id, &KeyDigest::of(&code), expires_at)?;
    Ok(PasswordLink {
        user_id,
        email: email.to_owned(),
        code,
        expires_at,
    })
}
