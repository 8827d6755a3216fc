//! `/account/tokens/new`: create a personal token.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use serde::Deserialize;
use time::macros::format_description;
use time::{Date, Duration};

use crate::access::Action;
use crate::clock::UtcTime;
use crate::domain::tokens::{self, TokenDraft};
use crate::domain::{DomainError, FieldError};
use crate::web::shared::form::{Errors, Form};
use crate::web::shared::page::{self, Layout, Section};
use crate::web::shared::picker::{self, Picker};
use crate::web::shared::{Viewer, Visitor, WebError, reveal};

/// The option that uses the date field next to it.
const DATE: &str = "date";
/// The lifetimes offered, in days, each cut to the longest that is allowed.
const LIFETIMES: [u16; 3] = [30, 90, 365];
const DEFAULT_LIFETIME: u16 = 90;

#[derive(Template)]
#[template(path = "account/tokens/new.html")]
struct NewPage {
    layout: Layout,
    fields: TokenFields,
    errors: Errors,
    picker: Picker,
    lifetimes: Vec<Choice>,
    projects: Vec<Choice>,
    /// The first and the last day a token may end on, as `<input type=date>` writes them.
    first_day: String,
    last_day: String,
}

struct Choice {
    value: String,
    title: String,
    selected: bool,
}

/// The fields, exactly as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct TokenFields {
    description: String,
    permissions: Vec<String>,
    expires: String,
    /// Only used with the option `date`.
    expires_on: String,
    /// A slug; empty is all projects.
    project: String,
}

impl TokenFields {
    /// The fields as a draft, for tokens that live at most `max_days`.
    fn draft(&self, max_days: u16, now: UtcTime) -> TokenDraft {
        let expiry = self.expiry(max_days, now);
        let unreadable = expiry.err();
        let unreadable = unreadable.map(|detail| FieldError::new("expires_at", detail));
        TokenDraft {
            description: self.description.clone(),
            expires_at: expiry.ok(),
            permissions: self.permissions.clone(),
            project: Some(self.project.clone()).filter(|slug| !slug.is_empty()),
            unreadable: unreadable.into_iter().collect(),
        }
    }

    fn expiry(&self, max_days: u16, now: UtcTime) -> Result<UtcTime, &'static str> {
        if self.expires == DATE {
            let format = format_description!("[year]-[month]-[day]");
            let date = Date::parse(self.expires_on.trim(), format);
            // The token works until the end of this day.
            let end = date.ok().and_then(Date::next_day);
            let end = end.ok_or("Choose a date, written like 2027-01-31.")?;
            return Ok(end.midnight());
        }
        let days: Option<u16> = self.expires.parse().ok();
        let days = days.filter(|days| lifetimes(max_days).contains(days));
        let days = days.ok_or("Choose one of these.")?;
        Ok(now + Duration::days(days.into()))
    }
}

pub async fn show(visitor: Visitor) -> Result<HttpResponse, WebError> {
    let max_days = visitor.state.max_token_days;
    let fields = TokenFields {
        expires: DEFAULT_LIFETIME.min(max_days).to_string(),
        ..TokenFields::default()
    };
    let (viewer, ()) = visitor.view(|_| Ok(())).await?;
    Ok(form(&viewer, StatusCode::OK, max_days, fields, vec![]))
}

/// Creates the token and leads to its reveal.
pub async fn submit(
    visitor: Visitor,
    Form(fields): Form<TokenFields>,
) -> Result<HttpResponse, WebError> {
    let max_days = visitor.state.max_token_days;
    let draft = fields.draft(max_days, visitor.now);
    let session = visitor.session.id.clone();
    let creating = visitor.act(move |op| tokens::create(op, &draft, max_days, &session));
    match creating.await {
        Ok(minted) => Ok(reveal::lead_to(&visitor, &super::path(minted.id), &minted)),
        Err(DomainError::Invalid(errors)) => {
            let (viewer, ()) = visitor.view(|_| Ok(())).await?;
            let status = StatusCode::UNPROCESSABLE_ENTITY;
            Ok(form(&viewer, status, max_days, fields, errors))
        }
        Err(error) => Err(error.into()),
    }
}

/// The lifetimes offered where tokens live at most `max_days`.
fn lifetimes(max_days: u16) -> Vec<u16> {
    let mut days = LIFETIMES.map(|days| days.min(max_days)).to_vec();
    days.dedup();
    days
}

fn form(
    viewer: &Viewer,
    status: StatusCode,
    max_days: u16,
    fields: TokenFields,
    errors: Vec<FieldError>,
) -> HttpResponse {
    let all_actions = Action::ALL.iter().copied();
    let allowed = all_actions.filter(|action| viewer.actor.may_anywhere(*action));
    let choices = allowed.map(|action| picker::Choice {
        name: action.permission().to_owned(),
        description: action.description().to_owned(),
        includes: Vec::new(),
        checked: fields
            .permissions
            .iter()
            .any(|chosen| chosen == action.permission()),
    });
    let all = Choice {
        value: String::new(),
        title: "All projects I can see".into(),
        selected: fields.project.is_empty(),
    };
    let projects = viewer.projects.iter().map(|project| Choice {
        value: project.slug.clone(),
        title: project.name.clone(),
        selected: fields.project == project.slug,
    });
    // The last day has to end before the longest lifetime does.
    let last_day = (viewer.now + Duration::days(max_days.into())).date() - Duration::DAY;
    let page = NewPage {
        layout: Layout::new(viewer, Section::Account, None, "Create token"),
        picker: Picker::new("permissions", choices.collect(), None),
        lifetimes: expiry_choices(&fields.expires, max_days, viewer.now),
        projects: [all].into_iter().chain(projects).collect(),
        first_day: viewer.now.date().to_string(),
        last_day: last_day.to_string(),
        errors: Errors(errors),
        fields,
    };
    page::full(status, &page)
}

fn expiry_choices(chosen: &str, max_days: u16, now: UtcTime) -> Vec<Choice> {
    let date = format_description!("[day padding:none] [month repr:long] [year]");
    let choice = |value: String, title: String| Choice {
        selected: chosen == value,
        value,
        title,
    };
    let days = lifetimes(max_days).into_iter().map(|days| {
        let day = now + Duration::days(days.into());
        let day = day.format(date).unwrap_or_default();
        choice(days.to_string(), format!("In {days} days ({day})"))
    });
    days.chain([choice(DATE.into(), "On a date".into())])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: UtcTime = datetime!(2026-11-20 12:00);

    fn expiry(expires: &str, on: &str, max_days: u16) -> Result<UtcTime, &'static str> {
        let fields = TokenFields {
            expires: expires.into(),
            expires_on: on.into(),
            ..TokenFields::default()
        };
        fields.expiry(max_days, NOW)
    }

    #[test]
    fn an_expiry_is_one_of_those_on_offer() {
        assert_eq!(expiry("30", "", 365), Ok(NOW + Duration::days(30)));
        assert_eq!(
            expiry("date", "2027-01-31", 365),
            Ok(datetime!(2027-02-01 0:00))
        );
        for (expires, on) in [
            ("", ""),
            ("31", ""),
            ("never", ""),
            ("date", ""),
            ("date", "31.1.2027"),
            ("date", "9999-12-31"),
        ] {
            assert!(expiry(expires, on, 365).is_err(), "{expires} {on}");
        }
    }

    #[test]
    fn lifetimes_stop_at_the_longest_that_is_allowed() {
        assert_eq!(lifetimes(1_000), [30, 90, 365]);
        assert_eq!(lifetimes(180), [30, 90, 180]);
        assert_eq!(lifetimes(7), [7]);
        assert_eq!(expiry("7", "", 7), Ok(NOW + Duration::days(7)));
        assert!(expiry("90", "", 7).is_err());
    }
}
