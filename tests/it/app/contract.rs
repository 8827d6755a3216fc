//! Every call of the suite is held against the OpenAPI document: what an operation answers must be
//! among the answers that the document gives it.

use std::sync::LazyLock;

use serde_json::Value;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(keyward::web::api::openapi::json()).expect("a document of ours")
});

/// Fails if the document does not know that this call can be answered so. Failures of the service
/// are `default` there, and calls of what is not in the document have nothing to keep to.
pub fn assert_documented(method: &str, path: &str, status: u16) {
    let path = path.split('?').next().unwrap_or_default();
    let long = format!("/projects/default{path}");
    let Some(operations) = find(path).or_else(|| find(&long)) else {
        return;
    };
    let operation = &operations[method.to_lowercase()];
    if operation.is_null() || status >= 500 || status == 304 {
        return;
    }
    assert!(
        !operation["responses"][status.to_string()].is_null(),
        "{method} {path} answered {status}, and the document does not say that it can"
    );
}

/// The operations at the template that `path` fits, the most literal one first.
fn find(path: &str) -> Option<&'static Value> {
    let paths = DOCUMENT["paths"].as_object().expect("an object");
    let fitting = paths.iter().filter(|(template, _)| fits(template, path));
    let found = fitting.min_by_key(|(template, _)| template.matches('{').count())?;
    Some(found.1)
}

fn fits(template: &str, path: &str) -> bool {
    let (mut template, mut path) = (template.split('/'), path.split('/'));
    loop {
        match (template.next(), path.next()) {
            (None, None) => return true,
            (Some(expected), Some(given)) if expected == given => {}
            (Some(expected), Some(given)) if expected.starts_with('{') && !given.is_empty() => {}
            _ => return false,
        }
    }
}
