//! Choosing scopes or permissions: a row for each resource, the rest as a list, full access apart, and
//! a sentence that says what is chosen. `parts/picker.html` shows it.

use std::collections::{BTreeMap, BTreeSet};

use super::scope_groups::parts;

/// How many resources a sentence names for each action before it only counts them.
const NAMED: usize = 4;

/// What can be chosen.
pub struct Picker {
    /// The name of the field.
    pub field: &'static str,
    /// A row for each resource that several are about, and one for each of the others.
    pub rows: Vec<Row>,
    /// Everything, also what is added later.
    pub every: Option<Choice>,
    pub selected: usize,
    /// "Can read assets and analytics, and write assets."
    pub sentence: String,
}

/// What can be chosen of one resource.
pub struct Row {
    /// The resource, or the only name there is.
    pub title: String,
    pub choices: Vec<Choice>,
}

/// A checkbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    pub name: String,
    pub description: String,
    /// The names of those that come with it. They may include others in turn.
    pub includes: Vec<String>,
    pub checked: bool,
}

impl Choice {
    /// The word beside the box in a row of a resource: "Read".
    pub fn word(&self) -> String {
        let action = parts(&self.name).map_or("use", |(_, action)| action);
        let mut letters = action.chars();
        let first = letters.next().map(|first| first.to_uppercase().to_string());
        first.unwrap_or_default() + letters.as_str()
    }

    /// The resource and the action in its name, for the sentence that a script keeps up to date.
    pub fn resource(&self) -> &str {
        parts(&self.name).map_or(&self.name, |(resource, _)| resource)
    }

    /// See [`resource`](Self::resource).
    pub fn action(&self) -> &str {
        parts(&self.name).map_or("use", |(_, action)| action)
    }
}

impl Picker {
    /// Choices for the field `field`.
    pub fn new(field: &'static str, choices: Vec<Choice>, every: Option<Choice>) -> Self {
        let has_all = every.as_ref().is_some_and(|every| every.checked);
        let checked = choices.iter().filter(|choice| choice.checked).count();
        let rows = rows(choices);
        Picker {
            field,
            selected: checked + usize::from(has_all),
            sentence: sentence(&rows, has_all),
            rows,
            every,
        }
    }
}

/// The choices by resource, in the order of their first one; within a resource, reading comes first
/// and writing second.
fn rows(choices: Vec<Choice>) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for choice in choices {
        let resource = choice.resource().to_owned();
        match rows.iter_mut().find(|row| row.title == resource) {
            Some(row) => row.choices.push(choice),
            None => rows.push(Row {
                title: resource,
                choices: vec![choice],
            }),
        }
    }
    for row in &mut rows {
        row.choices.sort_by_key(|choice| place(choice.action()));
    }
    rows
}

fn place(action: &str) -> u8 {
    match action {
        "read" => 0,
        "write" => 1,
        _ => 2,
    }
}

/// What somebody with the choices that are checked, and all that they include, can do.
fn sentence(rows: &[Row], has_all: bool) -> String {
    if has_all {
        return "Can do everything, and whatever is added later.".into();
    }
    let choices: Vec<&Choice> = rows.iter().flat_map(|row| &row.choices).collect();
    let allowed = allowed(&choices);
    let mut by_action: BTreeMap<(u8, &str), Vec<&str>> = BTreeMap::new();
    for choice in choices {
        let action = (place(choice.action()), choice.action());
        let resource = choice.resource();
        if allowed.contains(choice.name.as_str()) {
            let resources = by_action.entry(action).or_default();
            if !resources.contains(&resource) {
                resources.push(resource);
            }
        }
    }
    let doings = by_action.into_iter();
    let doings: Vec<String> = doings
        .map(|((_, action), resources)| format!("{action} {}", listed(&resources)))
        .collect();
    match doings.as_slice() {
        [] => "Nothing is selected yet.".into(),
        [only] => format!("Can {only}."),
        [first @ .., last] => format!("Can {}, and {last}.", first.join(", ")),
    }
}

/// The names of the choices that are checked, and of those that they include.
fn allowed<'a>(choices: &[&'a Choice]) -> BTreeSet<&'a str> {
    let checked = choices.iter().filter(|choice| choice.checked);
    let mut allowed: BTreeSet<&str> = checked.map(|choice| choice.name.as_str()).collect();
    loop {
        let known = allowed.len();
        let given = choices.iter().filter(|one| allowed.contains(&*one.name));
        let included: Vec<&str> = given
            .flat_map(|choice| choice.includes.iter().map(String::as_str))
            .collect();
        allowed.extend(included);
        if allowed.len() == known {
            return allowed;
        }
    }
}

/// "assets", "assets and analytics", "assets, analytics and streams", and after four names only how
/// many more there are.
fn listed(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] if first.len() <= NAMED => format!("{} and {last}", first.join(", ")),
        many => {
            let (named, more) = many.split_at(NAMED);
            format!("{} and {} more", named.join(", "), more.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choices(names: &[&str], checked: &[&str]) -> Vec<Choice> {
        let choice = |name: &&str| Choice {
            name: (*name).to_owned(),
            description: String::new(),
            includes: Vec::new(),
            checked: checked.contains(name),
        };
        names.iter().map(choice).collect()
    }

    #[test]
    fn a_resource_is_a_row_whichever_way_its_scopes_are_written() {
        let names = [
            "write:assets",
            "deploy",
            "read:assets",
            "streams:read",
            "assets:purge",
        ];
        let picker = Picker::new("scopes", choices(&names, &[]), None);
        let rows: Vec<(&str, Vec<String>)> = picker
            .rows
            .iter()
            .map(|row| {
                (
                    row.title.as_str(),
                    row.choices.iter().map(Choice::word).collect(),
                )
            })
            .collect();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        assert_eq!(
            rows,
            [
                ("assets", words(&["Read", "Write", "Purge"])),
                ("deploy", words(&["Use"])),
                ("streams", words(&["Read"])),
            ]
        );
        assert_eq!(
            (picker.selected, picker.sentence.as_str()),
            (0, "Nothing is selected yet.")
        );
    }

    #[test]
    fn the_sentence_says_what_is_selected() {
        let names = [
            "read:assets",
            "write:assets",
            "read:analytics",
            "read:streams",
            "deploy",
        ];
        let said =
            |checked: &[&str]| Picker::new("scopes", choices(&names, checked), None).sentence;
        assert_eq!(said(&names[..1]), "Can read assets.");
        assert_eq!(
            said(&names[..4]),
            "Can read assets, analytics and streams, and write assets."
        );
        assert_eq!(
            said(&["write:assets", "deploy"]),
            "Can write assets, and use deploy."
        );
        let every = choices(&["*"], &["*"]).pop();
        let all = Picker::new("scopes", choices(&names, &[]), every);
        assert_eq!(
            all.sentence,
            "Can do everything, and whatever is added later."
        );
        assert_eq!(all.selected, 1);
    }

    #[test]
    fn what_is_included_can_be_done_too_and_many_resources_are_counted() {
        let mut of_assets = choices(
            &["assets:read", "read:assets", "write:assets", "admin:assets"],
            &["admin:assets"],
        );
        of_assets[3].includes = vec!["write:assets".into()];
        of_assets[2].includes = vec!["assets:read".into(), "read:assets".into()];
        let picker = Picker::new("scopes", of_assets, None);
        assert_eq!(picker.selected, 1);
        assert_eq!(
            picker.sentence,
            "Can read assets, write assets, and admin assets."
        );
        let names = ["a", "b", "c", "d", "e", "f"].map(|resource| format!("{resource}:read"));
        let names = names.each_ref().map(String::as_str);
        let said =
            |count: usize| Picker::new("scopes", choices(&names, &names[..count]), None).sentence;
        assert_eq!(said(5), "Can read a, b, c, d and e.");
        assert_eq!(said(6), "Can read a, b, c, d and 2 more.");
    }
}
