//! Parameters that may be left out are optional, and never null: utoipa writes both for an
//! `Option`.

use utoipa::Modify;
use utoipa::openapi::schema::SchemaType;
use utoipa::openapi::{RefOr, Schema, Type};

use super::operations;

/// Takes null out of what parameters can be.
pub(super) struct Parameters;

impl Modify for Parameters {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        for (_, operation) in operations(document) {
            for parameter in operation.parameters.iter_mut().flatten() {
                if let RefOr::T(parameter) = parameter
                    && let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
                    && let SchemaType::Array(types) = &schema.schema_type
                    && let [only] = without_null(types).as_slice()
                {
                    schema.schema_type = SchemaType::Type(only.clone());
                }
            }
        }
    }
}

fn without_null(types: &[Type]) -> Vec<Type> {
    let others = types.iter().filter(|one| **one != Type::Null);
    others.cloned().collect()
}
