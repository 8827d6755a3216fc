//! What must still be true for a change to be made.

use super::DomainError;

type Test<T> = Box<dyn Fn(&T) -> bool + Send>;

/// What must still be true for a change to be made: a form's version, or HTTP's `If-Match`
/// (RFC 9110, section 13.1.1).
pub struct Precondition<T>(Expected<T>);

enum Expected<T> {
    Anything,
    Nothing,
    That(Test<T>),
}

impl<T> Precondition<T> {
    /// Always holds.
    pub fn none() -> Self {
        Precondition(Expected::Anything)
    }

    /// Requires that nothing exists yet.
    pub fn absent() -> Self {
        Precondition(Expected::Nothing)
    }

    /// Requires that something exists and passes `test`.
    pub fn that(test: impl Fn(&T) -> bool + Send + 'static) -> Self {
        Precondition(Expected::That(Box::new(test)))
    }

    /// Checks `present`, which is `None` if nothing exists.
    ///
    /// # Errors
    /// [`DomainError::Stale`] if the precondition does not hold.
    pub fn check(&self, present: Option<&T>) -> Result<(), DomainError> {
        let holds = match &self.0 {
            Expected::Anything => true,
            Expected::Nothing => present.is_none(),
            Expected::That(test) => present.is_some_and(test),
        };
        match holds {
            true => Ok(()),
            false => Err(DomainError::Stale),
        }
    }
}
