//! Schemas that several JSON types share.

use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{ObjectBuilder, Type};

/// The schema of a word from `words`.
pub(super) fn one_of(
    words: impl IntoIterator<Item = &'static str>,
    description: &str,
) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words))
        .description(Some(description))
}

/// The schema of a word from `words`, or null.
pub(super) fn one_of_or_null(
    words: impl IntoIterator<Item = &'static str>,
    description: &str,
) -> ObjectBuilder {
    let null = [serde_json::Value::Null];
    let values = words.into_iter().map(serde_json::Value::from).chain(null);
    ObjectBuilder::new()
        .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
        .enum_values(Some(values))
        .description(Some(description))
}
