//! The sidebar, which has the same shape on every page: the sections of one project, and those of
//! all projects.

use super::{Viewer, icons};
use crate::access::Action;
use crate::domain::audit;
use crate::records::Project;

/// A switcher with more projects than this has a search field.
const FEW: usize = 7;

/// The parts of the console that the sidebar leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    // Of one project.
    Project,
    Keys,
    Usage,
    Scopes,
    Members,
    Settings,
    // Of all projects.
    Overview,
    Find,
    People,
    Audit,
    Reviews,
    Account,
}

/// A section's name and icon, and the last part of its path.
type Entry = (Section, &'static str, &'static str, fn() -> String);

const OF_PROJECT: [Entry; 5] = [
    (Section::Keys, "Keys", "keys", icons::key),
    (Section::Usage, "Usage", "usage", icons::usage),
    (Section::Scopes, "Scopes", "scopes", icons::scopes),
    (Section::Members, "Members", "grants", icons::members),
    (Section::Settings, "Settings", "settings", icons::settings),
];

/// The sidebar around a page.
pub struct Shell {
    /// The project whose sections are linked: the page's, or else the last one visited.
    pub project: Option<Project>,
    /// The path of its overview.
    pub project_path: String,
    /// Whether the page is its overview.
    pub is_project_overview: bool,
    /// The sections of the project that the visitor may see.
    pub of_project: Vec<Link>,
    /// Those of all projects.
    pub of_all: Vec<Link>,
    /// The projects to switch to, each to the same section.
    pub choices: Vec<Choice>,
    /// Whether there are so many that one searches.
    pub has_many: bool,
    /// The page is the visitor's own account.
    pub is_account: bool,
    /// The page is about the project, and not only beside its sections.
    is_about_project: bool,
}

/// An entry of the sidebar.
pub struct Link {
    pub path: String,
    pub name: &'static str,
    pub icon: String,
    pub is_current: bool,
}

/// A project in the switcher.
pub struct Choice {
    pub path: String,
    pub name: String,
    pub is_archived: bool,
    pub is_current: bool,
}

impl Shell {
    /// The sidebar of a visitor's page in `section`, about `project`.
    pub fn new(viewer: &Viewer, section: Section, about: Option<&Project>) -> Self {
        let project = about.or_else(|| remembered(viewer));
        let of_project = project.map(|project| {
            let entries = entries(viewer, project);
            let links = entries.map(|(own, name, part, icon)| Link {
                path: format!("/projects/{}/{part}", project.slug),
                name,
                icon: icon(),
                is_current: own == section,
            });
            links.collect()
        });
        let choices = viewer.projects.iter().map(|choice| Choice {
            path: same_section(viewer, section, choice),
            name: choice.name.clone(),
            is_archived: choice.archived_at.is_some(),
            is_current: project.is_some_and(|project| project.id == choice.id),
        });
        Shell {
            project_path: project
                .map(|project| path(&project.slug))
                .unwrap_or_default(),
            is_project_overview: section == Section::Project,
            of_project: of_project.unwrap_or_default(),
            of_all: of_all(viewer, section),
            choices: choices.collect(),
            has_many: viewer.projects.len() > FEW,
            is_account: section == Section::Account,
            is_about_project: about.is_some(),
            project: project.cloned(),
        }
    }

    /// The project that the page is about.
    pub fn about(&self) -> Option<&Project> {
        self.project.as_ref().filter(|_| self.is_about_project)
    }
}

/// The path of a project's overview.
pub fn path(slug: &str) -> String {
    format!("/projects/{slug}")
}

/// The last project visited, if it still exists for the visitor, or else the first that is open.
fn remembered(viewer: &Viewer) -> Option<&Project> {
    let slug = viewer.last_project.as_deref();
    let mut all = viewer.projects.iter();
    let last = all.find(|project| Some(project.slug.as_str()) == slug);
    let mut all = viewer.projects.iter();
    let open = || all.find(|project| project.archived_at.is_none());
    last.or_else(open).or(viewer.projects.first())
}

/// The sections of `project` that the visitor may see.
fn entries(viewer: &Viewer, project: &Project) -> impl Iterator<Item = Entry> {
    let may_manage = viewer.actor.may(Action::ManageProject, Some(project.id));
    let entries = OF_PROJECT.into_iter();
    entries.filter(move |(section, ..)| {
        may_manage || !matches!(section, Section::Members | Section::Settings)
    })
}

/// The path of another project's page in the same section, or of its keys.
fn same_section(viewer: &Viewer, section: Section, project: &Project) -> String {
    if section == Section::Project {
        return path(&project.slug);
    }
    let mut entries = entries(viewer, project);
    let part = entries.find(|(own, ..)| *own == section);
    let part = part.map_or("keys", |(_, _, part, _)| part);
    format!("/projects/{}/{part}", project.slug)
}

fn of_all(viewer: &Viewer, section: Section) -> Vec<Link> {
    let may_manage_users = viewer.actor.may(Action::ManageUsers, None);
    let may_read_audit = audit::is_readable(&viewer.actor);
    let may_review = viewer.actor.may_anywhere(Action::OpenReviews);
    let all = [
        (
            Some(Section::Overview),
            "Overview",
            "/",
            icons::overview(),
            true,
        ),
        (
            Some(Section::Find),
            "Find a key",
            "/find",
            icons::find(),
            true,
        ),
        (
            Some(Section::People),
            "People",
            "/users",
            icons::people(),
            may_manage_users,
        ),
        (
            Some(Section::Audit),
            "Audit log",
            "/audit",
            icons::audit(),
            may_read_audit,
        ),
        (
            Some(Section::Reviews),
            "Access reviews",
            "/reviews",
            icons::reviews(),
            may_review,
        ),
        (None, "API", "/docs", icons::docs(), true),
    ];
    let shown = all.into_iter().filter(|(.., is_shown)| *is_shown);
    let links = shown.map(|(own, name, path, icon, _)| Link {
        path: path.to_owned(),
        name,
        icon,
        is_current: own == Some(section),
    });
    links.collect()
}
