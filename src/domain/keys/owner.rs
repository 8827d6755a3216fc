//! Who answers for a key.

use super::draft::Rules;
use crate::access::Action;
use crate::db::users;
use crate::domain::{DomainError, Op, text};
use crate::records::{Key, Project};

/// The owner that a draft asks for with `wanted`: an email, an empty text for nobody, or nothing for the
/// creator or whoever it was.
///
/// # Errors
/// A sentence that says what is wrong.
pub(super) fn check(wanted: Option<&str>, rules: &Rules) -> Result<Option<String>, &'static str> {
    let otherwise = match rules.key {
        Some(key) => key.owner.as_deref(),
        None => rules.creator,
    };
    let email = match wanted.map(str::trim) {
        None => return Ok(otherwise.map(str::to_owned)),
        Some("") => return Ok(None),
        Some(email) => text::tidy_email(email)?,
    };
    match Some(&*email) == otherwise || rules.answerable.contains(&email) {
        true => Ok(Some(email)),
        false => Err("Enter the email of somebody who has a role in this project."),
    }
}

/// Whether the owner of `key` was disabled, or has no role in `project`, its project, any more.
///
/// # Errors
/// The actor may not see the project's keys.
pub fn is_orphaned(op: &mut Op, project: &Project, key: &Key) -> Result<bool, DomainError> {
    op.allow(Action::SeeKeys, project)?;
    let Some(owner) = &key.owner else {
        return Ok(false);
    };
    Ok(!users::answerable(op.conn(), project.id)?.contains(owner))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn somebody_with_a_role_answers_for_a_key_or_whoever_did_before() {
        let key = Key::example();
        let people = ["ben@example.com".to_owned()];
        let rules = |creator, key| Rules {
            catalogue: &[],
            max_lifetime_days: None,
            answerable: &people,
            creator,
            key,
        };
        let is = |email: &str| Ok(Some(email.to_owned()));
        let (fresh, edited) = (rules(None, None), rules(None, Some(&key)));
        assert_eq!(check(None, &fresh), Ok(None));
        let minted = rules(Some("ana@example.com"), None);
        assert_eq!(check(None, &minted), is("ana@example.com"));
        assert_eq!(check(None, &edited), is("ana@example.com"));
        assert_eq!(check(Some(" "), &edited), Ok(None));
        let ben = check(Some(" Ben@example.com "), &edited);
        assert_eq!(ben, is("ben@example.com"));
        assert_eq!(
            check(Some("ana@example.com"), &edited),
            is("ana@example.com")
        );
        assert!(check(Some("ana@example.com"), &fresh).is_err());
        assert!(check(Some("ben"), &fresh).is_err());
    }
}
