//! Scopes: what a key carries, and whether that is enough for a request.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The scope that stands for every scope, including those added later.
pub const EVERY_SCOPE: &str = "*";

/// The longest scope name, in characters.
pub const MAX_LENGTH: usize = 64;

/// The scopes of a project, and what each of them comes to with all that it includes. Worked out
/// once for the catalogue, so that it costs little for each key.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Catalogue {
    places: HashMap<Box<str>, usize>,
    /// For each scope, a bit for every scope that it comes to.
    reach: Vec<Bits>,
}

type Bits = Box<[u64]>;

impl Catalogue {
    /// A catalogue of these scopes, each with those that it includes itself.
    pub fn new<'a>(scopes: impl Iterator<Item = (&'a str, Vec<&'a str>)>) -> Self {
        let scopes: Vec<(&str, Vec<&str>)> = scopes.collect();
        let mut places: HashMap<Box<str>, usize> = HashMap::new();
        let named = scopes.iter().flat_map(|(name, includes)| {
            let includes = includes.iter();
            [name].into_iter().chain(includes)
        });
        for name in named {
            let next = places.len();
            places.entry((*name).into()).or_insert(next);
        }
        let words = places.len().div_ceil(64);
        let mut reach: Vec<Bits> = vec![vec![0; words].into(); places.len()];
        for (place, bits) in reach.iter_mut().enumerate() {
            bits[place / 64] |= 1 << (place % 64);
        }
        // Each round follows one more step of inclusion; a circle adds nothing new at some point.
        let mut has_grown = true;
        while has_grown {
            has_grown = false;
            for (name, includes) in &scopes {
                let mut all = reach[places[*name]].clone();
                includes
                    .iter()
                    .for_each(|name| add(&mut all, &reach[places[*name]]));
                has_grown |= all != reach[places[*name]];
                reach[places[*name]] = all;
            }
        }
        Catalogue { places, reach }
    }

    /// The scopes of which a key must carry one to be let through where `wanted` is required:
    /// itself, those that include it, also through others, and `*`. In this order, and those that
    /// include it by name.
    pub fn granting<'a>(&'a self, wanted: &'a str) -> Vec<&'a str> {
        let place = self.places.get(wanted).copied();
        let includes_it =
            |other: usize| place.is_some_and(|place| is_set(&self.reach[other], place));
        let including = self.places.iter().filter(|(_, other)| includes_it(**other));
        let mut including: Vec<&str> = including.map(|(name, _)| &**name).collect();
        including.retain(|name| *name != wanted && *name != EVERY_SCOPE);
        including.sort_unstable();
        let every = (wanted != EVERY_SCOPE).then_some(EVERY_SCOPE);
        [wanted].into_iter().chain(including).chain(every).collect()
    }
}

fn is_set(bits: &Bits, place: usize) -> bool {
    bits[place / 64] >> (place % 64) & 1 == 1
}

fn add(all: &mut Bits, more: &Bits) {
    all.iter_mut()
        .zip(more)
        .for_each(|(all, more)| *all |= more);
}

/// Everything that a key's scopes come to: those it carries, and those they include. A question
/// about one scope is one look-up.
#[derive(Clone, Debug, Default)]
pub struct Granted {
    catalogue: Arc<Catalogue>,
    every: bool,
    in_catalogue: Bits,
    /// Scopes that the key carries and its project no longer has.
    others: HashSet<Box<str>>,
}

impl Granted {
    /// What a key with `held` scopes may do.
    pub fn resolve<'a>(held: impl Iterator<Item = &'a str>, catalogue: &Arc<Catalogue>) -> Self {
        let mut granted = Granted {
            catalogue: Arc::clone(catalogue),
            in_catalogue: vec![0; catalogue.places.len().div_ceil(64)].into(),
            ..Granted::default()
        };
        for scope in held {
            granted.every |= scope == EVERY_SCOPE;
            match catalogue.places.get(scope) {
                Some(place) => add(&mut granted.in_catalogue, &catalogue.reach[*place]),
                None => drop(granted.others.insert(scope.into())),
            }
        }
        granted
    }

    /// Whether it was worked out from this very catalogue.
    pub fn is_of(&self, catalogue: &Arc<Catalogue>) -> bool {
        Arc::ptr_eq(&self.catalogue, catalogue)
    }

    /// Whether that is enough where `wanted` is required.
    pub fn has(&self, wanted: &str) -> bool {
        let place = self.catalogue.places.get(wanted);
        self.every
            || place.is_some_and(|place| is_set(&self.in_catalogue, *place))
            || self.others.contains(wanted)
    }
}

impl Granted {
    /// Which scope a request used that asked for `wanted`: that one or, if only a key with every scope
    /// has it because the project does not know it, `*`. `None` if it is not granted.
    pub fn used<'a>(&self, wanted: &'a str) -> Option<&'a str> {
        match self.catalogue.places.get(wanted) {
            Some(place) => (self.every || is_set(&self.in_catalogue, *place)).then_some(wanted),
            None if self.others.contains(wanted) => Some(wanted),
            None => self.every.then_some(EVERY_SCOPE),
        }
    }
}

/// Whether `text` can be asked for: the name of a scope, or `*`.
pub fn can_be_required(text: &str) -> bool {
    text == EVERY_SCOPE || is_name(text)
}

/// Whether a scope can be named `text`.
pub fn is_name(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (1..=MAX_LENGTH).contains(&text.len())
        && text.bytes().next().is_some_and(plain)
        && text
            .bytes()
            .all(|byte| plain(byte) || b":._-/".contains(&byte))
}

/// Reads scopes as the database stores them: names separated by single spaces.
pub fn parts(joined: &str) -> impl Iterator<Item = &str> {
    joined.split(' ').filter(|name| !name.is_empty())
}

/// The same, as text of their own.
pub fn split(joined: &str) -> Vec<String> {
    parts(joined).map(str::to_owned).collect()
}

/// How much a scope allows, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breadth {
    /// [`EVERY_SCOPE`].
    Every,
    /// It allows changes, as far as its name says.
    Writes,
    /// One part of its name says that it only reads.
    Reads,
}

impl Breadth {
    /// The breadth of the scope with this name, for instance `read:assets` or `streams:write`.
    pub fn of(name: &str) -> Self {
        let is_read = |part: &str| matches!(part, "read" | "list" | "view" | "get");
        match name {
            EVERY_SCOPE => Breadth::Every,
            name if name.split([':', '.', '/']).any(is_read) => Breadth::Reads,
            _ => Breadth::Writes,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(held: &[&str]) -> Granted {
        let scopes = [
            ("streams:admin", vec!["streams:write"]),
            ("streams:write", vec!["streams:read"]),
            ("streams:read", vec![]),
            ("loop:a", vec!["loop:b"]),
            ("loop:b", vec!["loop:a"]),
        ];
        let catalogue = Arc::new(Catalogue::new(scopes.into_iter()));
        Granted::resolve(held.iter().copied(), &catalogue)
    }

    #[test]
    fn a_scope_includes_others_and_what_those_include() {
        assert!(granted(&["streams:write"]).has("streams:read"));
        assert!(granted(&["streams:admin"]).has("streams:read"));
        assert!(!granted(&["streams:read"]).has("streams:write"));
        assert!(granted(&["streams:read"]).has("streams:read"));
    }

    #[test]
    fn a_scope_that_the_project_no_longer_has_is_still_carried() {
        assert!(granted(&["old", "streams:write"]).has("old"));
        assert!(granted(&["old", "streams:write"]).has("streams:read"));
        assert!(!granted(&["old"]).has("streams:read"));
    }

    #[test]
    fn every_scope_of_a_large_catalogue_has_its_own_place() {
        let names: Vec<String> = (0..500).map(|number| format!("s{number}")).collect();
        // Each includes the two after it.
        let included = |at: usize| names.iter().skip(at + 1).take(2).map(String::as_str);
        let scopes = (0..500).map(|at| (names[at].as_str(), included(at).collect()));
        let catalogue = Arc::new(Catalogue::new(scopes));
        let granted = Granted::resolve(["s250"].into_iter(), &catalogue);
        let held = names.iter().filter(|name| granted.has(name)).count();
        assert_eq!(held, 250);
        assert!(!granted.has("s249") && granted.has("s250") && granted.has("s499"));
    }

    #[test]
    fn inclusions_that_run_in_a_circle_end() {
        assert!(granted(&["loop:a"]).has("loop:b"));
        assert!(!granted(&["loop:a"]).has("streams:read"));
    }

    #[test]
    fn the_star_is_every_scope() {
        assert!(granted(&["*"]).has("anything:at-all"));
        assert!(!granted(&[]).has("anything:at-all"));
    }

    #[test]
    fn the_scopes_that_grant_one_are_those_that_let_a_key_through() {
        let scopes = [
            ("all", vec!["write", "loop:a"]),
            ("write", vec!["read"]),
            ("read", vec![]),
            ("loop:a", vec!["loop:b"]),
            ("loop:b", vec!["loop:a", "unlisted"]),
        ];
        let catalogue = Arc::new(Catalogue::new(scopes.into_iter()));
        assert_eq!(catalogue.granting("read"), ["read", "all", "write", "*"]);
        assert_eq!(catalogue.granting("gone"), ["gone", "*"]);
        assert_eq!(catalogue.granting("*"), ["*"]);
        let names = [
            "all", "write", "read", "loop:a", "loop:b", "unlisted", "gone", "*",
        ];
        for wanted in names {
            let granting = catalogue.granting(wanted);
            for held in names {
                let granted = Granted::resolve([held].into_iter(), &catalogue);
                let expected = granting.contains(&held);
                assert_eq!(granted.has(wanted), expected, "{held} for {wanted}");
            }
        }
    }

    #[test]
    fn a_path_is_no_scope() {
        for text in ["", "/api/assets", "a?b", "Read", "read assets"] {
            assert!(!can_be_required(text), "{text}");
        }
        assert!(can_be_required("*") && can_be_required("read:assets"));
    }

    #[test]
    fn every_scope_is_wider_than_writes_and_these_than_reads() {
        let mut scopes = ["read:assets", "streams:write", "*", "assets.list", "deploy"];
        scopes.sort_by_key(|name| Breadth::of(name));
        let widest_first = ["*", "streams:write", "deploy", "read:assets", "assets.list"];
        assert_eq!(scopes, widest_first);
    }
}
