//! The first steps of a new instance: scopes, a key, a verification.

use crate::domain::overview::Steps;

/// The steps, each with whether it is done and where it is taken.
pub struct StepsView {
    pub steps: Vec<Step>,
    /// Where the next key is created.
    pub create: String,
}

/// One step.
pub struct Step {
    pub title: &'static str,
    pub words: &'static str,
    pub path: String,
    pub is_done: bool,
}

impl StepsView {
    pub fn new(steps: Steps) -> Self {
        let project = format!("/projects/{}", steps.project.slug);
        let create = format!("{project}/keys/new");
        let verify = match steps.key {
            Some(id) => format!("{project}/keys/{id}"),
            None => "/docs#verify".into(),
        };
        let step = |title, words, path: String, is_done| Step {
            title,
            words,
            path,
            is_done,
        };
        StepsView {
            steps: vec![
                step(
                    "Describe your scopes",
                    "What keys can be allowed to do, in your API’s own words.",
                    format!("{project}/scopes"),
                    steps.has_scopes,
                ),
                step(
                    "Create the first key",
                    "Its secret is shown once. Store it where the calling service reads it.",
                    create.clone(),
                    steps.key.is_some(),
                ),
                step(
                    "Verify it",
                    "Call /verify from your service or gateway. The first answer completes this step.",
                    verify,
                    false,
                ),
            ],
            create,
        }
    }
}
