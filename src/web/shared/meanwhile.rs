//! An edit that met a newer version: what somebody else saved, beside what was typed.
//!
//! Fields that only the other person changed take what is saved. Where both changed a field, the
//! form keeps what was typed, and the page shows what is saved beside it.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::records::AuditEntry;
use crate::web::shared::Viewer;
use crate::web::shared::times::Moment;

/// The fields of a form that edits something with versions.
pub trait Versioned: Serialize + DeserializeOwned {
    /// The fields that are compared, by name, each with its label.
    const FIELDS: &'static [(&'static str, &'static str)];

    /// A value of a field, as the page shows it.
    fn text(_name: &str, value: &str) -> String {
        value.replace('\n', ", ")
    }
}

/// What the page shows above the form.
pub struct Meanwhile {
    /// What was edited: "key".
    pub what: &'static str,
    /// Who saved the newer version, and when, if it is known.
    pub by: Option<(String, Moment)>,
    /// What they changed.
    pub rows: Vec<Row>,
}

impl Meanwhile {
    /// For things whose latest change isn't looked up.
    pub fn by_somebody(what: &'static str, rows: Vec<Row>) -> Self {
        let by = None;
        Meanwhile { what, by, rows }
    }
}

/// A field that somebody else changed.
pub struct Row {
    pub label: &'static str,
    /// What was typed instead; `None` if the field was left alone.
    pub yours: Option<String>,
    pub saved: String,
}

/// Who made this change, and when; a person's own change is "You".
pub fn author(entry: &AuditEntry, viewer: &Viewer) -> (String, Moment) {
    let who = match entry.actor == viewer.actor.name() {
        true => "You".into(),
        false => entry.actor.clone(),
    };
    (who, Moment::new(entry.at, viewer.now))
}

/// Brings what was typed (`mine`) onto what is `saved`. `opened` is what the form showed at first;
/// without it, everything typed is kept.
pub fn merge<T: Versioned>(mine: T, opened: Option<&T>, saved: &T) -> (T, Vec<Row>) {
    let (typed, now) = (pairs(&mine), pairs(saved));
    let before = opened.map(pairs);
    let (mut merged, mut rows) = (typed.clone(), Vec::new());
    for (name, label) in T::FIELDS {
        let yours = values(&typed, name);
        let saved = values(&now, name);
        let was = before.as_ref().map(|before| values(before, name));
        if yours == saved || was.as_ref() == Some(&saved) {
            continue;
        }
        let is_untouched = was.as_ref() == Some(&yours);
        if is_untouched {
            merged.retain(|(other, _)| other != name);
            merged.extend(now.iter().filter(|(other, _)| other == name).cloned());
        }
        rows.push(Row {
            label,
            yours: (!is_untouched).then(|| text::<T>(name, &yours)),
            saved: text::<T>(name, &saved),
        });
    }
    let merged = serde_html_form::to_string(&merged).unwrap_or_default();
    (serde_html_form::from_str(&merged).unwrap_or(mine), rows)
}

/// The fields as one line, for a hidden field; [`read`] reads it.
pub fn written(fields: &impl Serialize) -> String {
    serde_html_form::to_string(fields).unwrap_or_default()
}

/// What [`written`] gave; `None` if it is empty or can't be read.
pub fn read<T: Versioned>(text: &str) -> Option<T> {
    (!text.is_empty()).then(|| serde_html_form::from_str(text).ok())?
}

type Pairs = Vec<(String, String)>;

fn pairs(fields: &impl Serialize) -> Pairs {
    form_urlencoded::parse(written(fields).as_bytes())
        .into_owned()
        .collect()
}

/// The values of one field, in an order that doesn't depend on the form.
fn values(pairs: &Pairs, name: &str) -> Vec<String> {
    let named = pairs.iter().filter(|(other, _)| other == name);
    let mut values: Vec<String> = named
        .map(|(_, value)| value.replace("\r\n", "\n").trim().to_owned())
        .collect();
    values.sort();
    values
}

fn text<T: Versioned>(name: &str, values: &[String]) -> String {
    let texts: Vec<String> = values.iter().map(|value| T::text(name, value)).collect();
    match texts.join(", ") {
        text if text.is_empty() => "(empty)".into(),
        text => text,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default)]
    struct Fields {
        name: String,
        scopes: Vec<String>,
    }

    impl Versioned for Fields {
        const FIELDS: &'static [(&'static str, &'static str)] =
            &[("name", "Name"), ("scopes", "Scopes")];
    }

    fn fields(name: &str, scopes: &[&str]) -> Fields {
        Fields {
            name: name.into(),
            scopes: scopes.iter().map(ToString::to_string).collect(),
        }
    }

    #[test]
    fn each_field_takes_the_side_that_changed_it_and_mine_if_both_did() {
        let opened = fields("A", &["r"]);
        let saved = fields("B", &["r", "w"]);
        for (mine, merged, shown) in [
            (fields("A", &["r"]), fields("B", &["r", "w"]), "Name Scopes"),
            (
                fields("C", &["r"]),
                fields("C", &["r", "w"]),
                "Name! Scopes",
            ),
            (fields("A", &[]), fields("B", &[]), "Name Scopes!"),
            // Both made the same change.
            (fields("B", &["w", "r"]), fields("B", &["w", "r"]), ""),
        ] {
            let (result, rows) = merge(mine.clone(), Some(&opened), &saved);
            assert_eq!(result, merged, "{mine:?}");
            let rows = rows.iter().map(|row| match row.yours {
                Some(_) => format!("{}!", row.label),
                None => row.label.into(),
            });
            assert_eq!(rows.collect::<Vec<_>>().join(" "), shown, "{mine:?}");
        }
    }

    #[test]
    fn without_what_the_form_showed_everything_typed_is_kept() {
        let mine = fields("A", &[]);
        let (result, rows) = merge(mine.clone(), None, &fields("B", &["r"]));
        assert_eq!(result, mine);
        assert_eq!(rows[1].yours.as_deref(), Some("(empty)"));
        assert_eq!(rows[1].saved, "r");
    }

    #[test]
    fn a_text_of_several_lines_is_the_same_however_browsers_end_them() {
        let (_, rows) = merge(fields("a\r\nb", &[]), None, &fields("a\nb", &[]));
        assert!(rows.is_empty());
    }
}
