//! `/docs`: the page. It is made on the server, because the viewers that exist need inline
//! styles, which the console's policy forbids.

use std::sync::LazyLock;

use actix_web::HttpResponse;
use actix_web::web::Bytes;
use askama::Template;
use serde_json::Value;

use super::document::{entries, is_open, items, plain, resolved, text};
use super::sample;
use crate::web::api::base::error::ErrorCode;
use crate::web::api::openapi;

#[derive(Template)]
#[template(path = "docs.html")]
struct DocsPage<'a> {
    title: &'a str,
    description: &'a [Piece],
    groups: &'a [Group],
    codes: &'static [ErrorCode],
}

/// A piece of a description: plain text, or code.
struct Piece {
    text: String,
    is_code: bool,
}

/// The operations with one tag.
struct Group {
    name: String,
    description: String,
    operations: Vec<Operation>,
}

/// One method of one path.
struct Operation {
    /// The anchor for links to it.
    id: String,
    method: String,
    path: String,
    summary: String,
    description: Vec<Piece>,
    parameters: Vec<Field>,
    fields: Vec<Field>,
    /// How to call it from a shell.
    call: String,
    answers: Vec<Answer>,
    is_open: bool,
}

/// A parameter, or a field of a body.
struct Field {
    /// A nested member is "rate_limit.requests", one inside a list "days[].day".
    name: String,
    /// "in the path", or what type it is.
    kind: String,
    required: bool,
    description: Vec<Piece>,
}

/// A successful answer.
struct Answer {
    status: String,
    description: String,
    /// As it is sent, indented.
    example: Option<String>,
    fields: Vec<Field>,
}

struct Docs {
    title: String,
    description: Vec<Piece>,
    groups: Vec<Group>,
}

/// The page is the same for everybody, so it is made once.
static PAGE: LazyLock<Bytes> = LazyLock::new(|| {
    let document = serde_json::from_str(openapi::json()).expect("a document of ours");
    let docs = Docs::read(&document);
    let page = DocsPage {
        title: &docs.title,
        description: &docs.description,
        groups: &docs.groups,
        codes: ErrorCode::ALL,
    };
    page.render().expect("a page of ours").into()
});

/// The page, which anybody may see.
pub async fn show() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .body(PAGE.clone())
}

impl Docs {
    fn read(document: &Value) -> Self {
        let mut groups: Vec<Group> = items(&document["tags"])
            .map(|tag| Group {
                name: text(&tag["name"]),
                description: text(&tag["description"]),
                operations: Vec::new(),
            })
            .collect();
        for (path, methods) in entries(&document["paths"]) {
            for (method, operation) in entries(methods) {
                let tag = text(&operation["tags"][0]);
                if let Some(group) = groups.iter_mut().find(|group| group.name == tag) {
                    let read = Operation::read(document, path, method, operation);
                    group.operations.push(read);
                }
            }
        }
        Docs {
            title: text(&document["info"]["title"]),
            description: prose(&document["info"]["description"]),
            groups,
        }
    }
}

impl Operation {
    fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Self {
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        let body = (!schema.is_null()).then(|| sample::of(document, schema, false));
        let id =
            text(&operation["operationId"]).replace(['_', '/'], "-") + "-" + slug(path).as_str();
        let path = format!("{}{path}", text(&document["servers"][0]["url"]));
        let ends = method == "delete" || path.ends_with("/archival");
        let answers = entries(&operation["responses"])
            .filter(|(status, _)| status.starts_with('2'))
            .map(|(status, answer)| Answer::read(document, status, answer, ends));
        Operation {
            id,
            method: method.to_uppercase(),
            summary: text(&operation["summary"]),
            description: prose(&operation["description"]),
            parameters: items(&operation["parameters"]).map(parameter).collect(),
            fields: fields_of(document, schema, ""),
            call: sample::call(method, &path, operation, body.as_ref()),
            answers: answers.collect(),
            is_open: is_open(operation),
            path,
        }
    }
}

impl Answer {
    /// With `ended`, the example is of something that was revoked or archived.
    fn read(document: &Value, status: &str, answer: &Value, ended: bool) -> Self {
        let schema = &answer["content"]["application/json"]["schema"];
        let example = (!schema.is_null()).then(|| sample::of(document, schema, ended));
        Answer {
            status: status.to_owned(),
            description: text(&answer["description"]),
            example: example.map(|example| format!("{example:#}")),
            fields: record_fields(document, schema),
        }
    }
}

fn parameter(parameter: &Value) -> Field {
    let place = match text(&parameter["in"]).as_str() {
        "path" => "in the path",
        "header" => "header",
        _ => "query",
    };
    Field {
        name: text(&parameter["name"]),
        kind: place.into(),
        required: parameter["required"] == true,
        description: prose(&parameter["description"]),
    }
}

/// The fields inside an answer's wrapper: of `data`, or of one item of `value`. None is marked as
/// required: nearly all of them are always present.
fn record_fields(document: &Value, schema: &Value) -> Vec<Field> {
    let wrapper = resolved(document, schema);
    let properties = &wrapper["properties"];
    let inner = match properties.get("data") {
        Some(data) => data,
        None => &properties["value"]["items"],
    };
    let mut fields = fields_of(document, inner, "");
    for field in &mut fields {
        field.required = false;
    }
    fields
}

/// The fields of an object's schema, even one that combines several. Each is followed by its own
/// fields. `under` is what their names begin with.
fn fields_of(document: &Value, schema: &Value, under: &str) -> Vec<Field> {
    let schema = plain(document, schema);
    let parts = items(&schema["allOf"]);
    let mut fields: Vec<Field> = parts
        .flat_map(|part| fields_of(document, part, under))
        .collect();
    for (short, property) in entries(&schema["properties"]) {
        let name = format!("{under}{short}");
        let (inner, below) = match plain(document, property) {
            list if list["items"].is_object() => (&list["items"], format!("{name}[].")),
            other => (other, format!("{name}.")),
        };
        fields.push(Field {
            name,
            kind: kind(document, property),
            required: is_required(schema, short, property),
            description: description(document, property),
        });
        fields.extend(fields_of(document, inner, &below));
    }
    fields
}

/// A field also counts as required if leaving it out means null, and it must not be null.
fn is_required(schema: &Value, name: &str, property: &Value) -> bool {
    let is_null_without = property.get("default").is_some_and(Value::is_null);
    items(&schema["required"]).any(|one| one == name)
        || (is_null_without && property["type"].is_string())
}

fn description(document: &Value, property: &Value) -> Vec<Piece> {
    let inner = items(&property["oneOf"]).find_map(|one| one.get("description"));
    match property.get("description").or(inner) {
        Some(own) => prose(own),
        None => prose(&resolved(document, property)["description"]),
    }
}

/// Splits text at its backticks into plain text and code.
fn prose(value: &Value) -> Vec<Piece> {
    let text = text(value);
    let pieces = text.split('`').zip([false, true].into_iter().cycle());
    pieces
        .filter(|(text, _)| !text.is_empty())
        .map(|(text, is_code)| Piece {
            text: text.to_owned(),
            is_code,
        })
        .collect()
}

/// "text", "time or null", "list of text", "one of: live, test".
fn kind(document: &Value, schema: &Value) -> String {
    let several = items(&schema["oneOf"]).chain(items(&schema["anyOf"]));
    let several: Vec<String> = several.map(|one| kind(document, one)).collect();
    if !several.is_empty() {
        let (null, mut others): (Vec<String>, Vec<String>) =
            several.into_iter().partition(|kind| kind == "null");
        others.extend(null);
        return others.join(" or ");
    }
    let schema = resolved(document, schema);
    let choices: Vec<&str> = items(&schema["enum"])
        .map(|choice| choice.as_str().unwrap_or("null"))
        .collect();
    if !choices.is_empty() {
        return format!("one of: {}", choices.join(", "));
    }
    let format = text(&schema["format"]);
    let one = |word: &str| match (word, format.as_str()) {
        ("string", "date-time") => "time".to_owned(),
        ("string", "date") => "date".to_owned(),
        ("string", _) => "text".to_owned(),
        ("integer" | "number", _) => "number".to_owned(),
        ("boolean", _) => "true or false".to_owned(),
        ("array", _) => format!("list of {}", kind(document, &schema["items"])),
        ("object", _) => "object".to_owned(),
        (other, _) => other.to_owned(),
    };
    match &schema["type"] {
        Value::String(word) => one(word),
        Value::Array(words) => {
            let words = words.iter().filter_map(Value::as_str).map(one);
            words.collect::<Vec<_>>().join(" or ")
        }
        _ => "object".into(),
    }
}

fn slug(path: &str) -> String {
    path.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use actix_web::body::MessageBody;

    use super::*;

    /// Where in memory the answer to a request begins.
    async fn place() -> *const u8 {
        let mut body = show().await.into_body();
        match Pin::new(&mut body).poll_next(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Ok(slice))) => slice.as_ptr(),
            _ => panic!("the page begins at once"),
        }
    }

    #[actix_web::test]
    async fn everybody_gets_the_same_page_and_nobody_a_copy() {
        assert_eq!(place().await, place().await);
    }
}
