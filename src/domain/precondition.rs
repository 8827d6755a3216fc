//! What must still be so for a change to be made.

use super::DomainError;

type Test<T> = Box<dyn Fn(&T) -> bool + Send>;

/// What must still be so for a change to be made: a form's version, or HTTP's `If-Match`
/// (RFC 9110, section 13.1.1).
pub struct Precondition<T>(Expected<T>);

enum Expected<T> {
    Anything,
    Nothing,
    That(Test<T>),
}

impl<T> Precondition<T> {
    /// Whatever there is, is fine.
    pub fn none() -> Self {
        Precondition(Expected::Anything)
    }

    /// There must be nothing yet.
    pub fn absent() -> Self {
        Precondition(Expected::Nothing)
    }

    /// What there is must pass `test`.
    pub fn that(test: impl Fn(&T) -> bool + Send + 'static) -> Self {
        Precondition(Expected::That(Box::new(test)))
    }

    /// Whether what there is, if anything, is as expected.
    ///
    /// # Errors
    /// [`DomainError::Stale`]: it is not.
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
