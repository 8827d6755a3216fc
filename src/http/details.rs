//! Serde's messages about wrong fields, as sentences that name JSON's types and never repeat a
//! value that was sent: it may be a secret in the wrong field.

/// What is wrong with a field, from serde's message about it.
pub fn sentence(message: &str) -> String {
    if message.starts_with("invalid type: null") {
        return "It can't be null.".into();
    }
    if message.starts_with("missing field") {
        let field = quoted(message).next().unwrap_or_default();
        return format!("Its field {field} is missing.");
    }
    if message.starts_with("unknown field") {
        let field = quoted(message).next().unwrap_or_default();
        return match list(quoted(message).skip(1)) {
            Some(known) => format!("Unknown field `{field}`. There are {known}."),
            None => format!("Unknown field `{field}`."),
        };
    }
    if message.starts_with("unknown variant") {
        return match list(quoted(message).skip(1)) {
            Some(known) => format!("Expected one of {known}."),
            None => "There is no such word.".into(),
        };
    }
    // How numbers in a query fail.
    if message.starts_with("invalid digit") || message.starts_with("number too") {
        return "Expected a whole number.".into();
    }
    match message.strip_prefix("invalid ") {
        Some(rest) => match rest.rsplit_once(", expected ") {
            Some((_, expected)) => format!("Expected {}.", in_json(expected)),
            None => "It is not valid.".into(),
        },
        None => capitalised(message),
    }
}

/// The name in serde's message about a field that does not exist.
pub fn unknown_field(detail: &str) -> String {
    detail.split('`').nth(1).unwrap_or_default().to_owned()
}

/// The JSON type that serde calls `expected`.
fn in_json(expected: &str) -> &str {
    match expected {
        "a sequence" => "an array",
        "a map" => "an object",
        "a boolean" => "true or false",
        "i64" | "u64" | "i32" | "u32" | "u16" | "u8" | "usize" => "a whole number",
        "f64" | "f32" => "a number",
        _ if expected.starts_with("struct ") => "an object",
        _ if expected.starts_with("tuple ") => "an array",
        _ if expected.starts_with("IP ") || expected.contains("IPv4") => "an address",
        _ => expected,
    }
}

/// The words in backquotes.
fn quoted(message: &str) -> impl Iterator<Item = &str> {
    message.split('`').skip(1).step_by(2)
}

fn list<'a>(words: impl Iterator<Item = &'a str>) -> Option<String> {
    let words: Vec<&str> = words.collect();
    (!words.is_empty()).then(|| words.join(", "))
}

fn capitalised(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(char::to_uppercase);
    let first: String = first.into_iter().flatten().collect();
    format!("{first}{}.", characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_called_as_in_json() {
        for (message, expected) in [
            ("invalid type: null, expected a string", "It can't be null."),
            (
                "invalid type: string \"x, expected y\", expected struct RateLimitJson",
                "Expected an object.",
            ),
            (
                "invalid type: map, expected a sequence",
                "Expected an array.",
            ),
            (
                "invalid value: integer `-1`, expected u64",
                "Expected a whole number.",
            ),
            ("missing field `seconds`", "Its field seconds is missing."),
            (
                "unknown variant `mk_live_secret`, expected `live` or `test`",
                "Expected one of live, test.",
            ),
            (
                "unknown field `x`, expected one of `a`, `b`",
                "Unknown field `x`. There are a, b.",
            ),
            (
                "unknown field `x`, there are no fields",
                "Unknown field `x`.",
            ),
            ("a time looks like this", "A time looks like this."),
        ] {
            assert_eq!(sentence(message), expected);
        }
    }
}
