//! Answers wrap what they bring: `Data_Key` and `Collection_Key` around `Key`. utoipa writes the
//! inner schema out in each wrapper. Here it becomes a reference, so that generated clients have
//! one type for each thing.

use utoipa::Modify;
use utoipa::openapi::schema::ArrayItems;
use utoipa::openapi::{Ref, RefOr, Schema};

/// Makes wrappers refer to what they wrap.
pub(super) struct Wrappers;

impl Modify for Wrappers {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let schemas = &mut document.components.get_or_insert_default().schemas;
        for (name, schema) in schemas {
            let RefOr::T(Schema::Object(wrapper)) = schema else {
                continue;
            };
            let fields = &mut wrapper.properties;
            if let Some(inner) = name.strip_prefix("Data_") {
                let inner = Ref::from_schema_name(inner);
                fields.insert("data".into(), inner.into());
            } else if let Some(inner) = name.strip_prefix("Collection_")
                && let Some(RefOr::T(Schema::Array(items))) = fields.get_mut("value")
            {
                let inner = Ref::from_schema_name(inner).into();
                items.items = ArrayItems::RefOrSchema(Box::new(inner));
            }
        }
    }
}
