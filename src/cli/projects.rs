//! `keyward projects`: list, create and archive projects.

use clap::Subcommand;

use super::{Arguments, Failure, in_json, print, print_lines};
use crate::access::Actor;
use crate::domain::projects::{self, ProjectDraft};
use crate::domain::scopes::Catalogue;
use crate::domain::{DomainError, Op};
use crate::json::ProjectJson;
use crate::records::Project;

#[derive(Subcommand)]
pub(super) enum Projects {
    /// List projects
    List {
        /// Print JSON, one project per line
        #[arg(long)]
        json: bool,
    },
    /// Create a project
    Create {
        /// The project's name in URLs
        slug: String,
        #[arg(long)]
        name: String,
        /// What its keys begin with: 2 to 12 of a-z and 0-9
        #[arg(long)]
        start: String,
        /// Leave the environment out of its keys, so that there is no test environment
        #[arg(long)]
        one_environment: bool,
        /// Start with a scope template: media or streaming
        #[arg(long)]
        catalogue: Option<Catalogue>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Archive a project: all its keys stop working, which cannot be undone
    Archive {
        slug: String,
        /// The project's name, so that nobody archives the wrong one
        #[arg(long)]
        name: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

impl Projects {
    pub(super) fn run(&self, arguments: &Arguments) -> Result<(), Failure> {
        let mut conn = arguments.connect()?;
        let actor = Actor::command_line();
        let mut op = Op::new(&mut conn, &actor, super::clock().now());
        match self {
            Projects::List { json } => {
                let projects = projects::list(&mut op)?;
                print_lines(projects.iter().map(|project| match json {
                    true => in_json(&ProjectJson::new(project)),
                    false => in_columns(project),
                }));
                Ok(())
            }
            Projects::Create {
                slug,
                name,
                start,
                one_environment,
                catalogue,
                json,
            } => {
                let draft = ProjectDraft {
                    name: name.clone(),
                    key_start: start.clone(),
                    environment_segment: !one_environment,
                    rate_limit: None,
                    default_lifetime_days: None,
                    max_lifetime_days: None,
                    unreadable: Vec::new(),
                };
                let project = projects::create(&mut op, slug, &draft, *catalogue)?;
                print(&match json {
                    true => in_json(&ProjectJson::new(&project)),
                    false => format!("Created the project {}.", project.slug),
                })
            }
            Projects::Archive { slug, name, json } => {
                let project = named_project(&mut op, slug)?;
                let project = projects::archive(&mut op, &project, name)?;
                print(&match json {
                    true => in_json(&ProjectJson::new(&project)),
                    false => format!(
                        "Archived the project {}. Its keys no longer work.",
                        project.slug
                    ),
                })
            }
        }
    }
}

fn in_columns(project: &Project) -> String {
    let state = match project.archived_at {
        None => "open",
        Some(_) => "archived",
    };
    format!(
        "{:<16} {:<9} {:<12} {:>8} keys  {}",
        project.slug, state, project.key_start, project.key_count, project.name
    )
}

/// The project with this slug.
pub(super) fn named_project(op: &mut Op, slug: &str) -> Result<Project, Failure> {
    projects::find(op, slug).map_err(|error| match error {
        DomainError::NotFound => Failure::Failed(format!("There is no project {slug}.")),
        error => error.into(),
    })
}
