//! Scopes by the resource in their names.

use std::collections::BTreeMap;

/// What scopes allow, as their names say it.
const VERBS: [&str; 32] = [
    "read", "write", "list", "view", "get", "search", "create", "update", "edit", "delete",
    "remove", "purge", "manage", "admin", "upload", "download", "import", "export", "send",
    "publish", "invoke", "execute", "run", "use", "approve", "cancel", "revoke", "issue", "sign",
    "verify", "encrypt", "decrypt",
];

/// The resource that a scope named `resource:action` or `action:resource` is about, and the action;
/// `None` if the name has neither form.
pub fn parts(name: &str) -> Option<(&str, &str)> {
    let (first, second) = name.split_once(':')?;
    if second.is_empty() || second.contains(':') {
        return None;
    }
    match (VERBS.contains(&first), VERBS.contains(&second)) {
        (true, false) => Some((second, first)),
        _ => Some((first, second)),
    }
}

/// The scopes of each resource, both sorted; those of no resource come under "other".
pub fn by_resource(scopes: &[String]) -> Vec<(String, Vec<String>)> {
    let mut groups: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for scope in scopes {
        let resource = parts(scope).map_or("other", |(resource, _)| resource);
        groups.entry(resource).or_default().push(scope.clone());
    }
    let sorted = groups.into_iter().map(|(resource, mut scopes)| {
        scopes.sort();
        (resource.to_owned(), scopes)
    });
    sorted.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_name_a_resource() {
        assert_eq!(parts("read:assets"), Some(("assets", "read")));
        assert_eq!(parts("streams:write"), Some(("streams", "write")));
        assert_eq!(parts("billing:refund"), Some(("billing", "refund")));
        assert_eq!(parts("deploy"), None);
        assert_eq!(parts("a:b:c"), None);
        let scopes = ["write:assets", "deploy", "assets:read"].map(str::to_owned);
        let groups = by_resource(&scopes);
        assert_eq!(groups[0].0, "assets");
        assert_eq!(groups[0].1, ["assets:read", "write:assets"]);
        assert_eq!(groups[1], ("other".into(), vec!["deploy".into()]));
    }
}
