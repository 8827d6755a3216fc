//! Small types that bodies and queries are made of.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::ToSchema;

use crate::clock::{UtcTime, parse_rfc3339, rfc3339};

/// A time in RFC 3339, with any offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, format = DateTime, example = "2027-01-31T00:00:00Z")]
pub struct Time(pub UtcTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&rfc3339(self.0))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        parse_rfc3339(&text).map(Time).ok_or_else(|| {
            serde::de::Error::custom("a time looks like 2027-01-31T00:00:00Z (RFC 3339)")
        })
    }
}

/// Reads a field that may be left out, and can't be null.
pub fn never_null<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(deserializer).map(Some)
}

/// Reads a list that may be left out, and that null empties.
pub fn null_is_empty<'de, T, D>(deserializer: D) -> Result<Option<Vec<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(|list| Some(list.unwrap_or_default()))
}

/// Distinguishes a field that is null, `Some(None)`, from a missing one, `None` (RFC 7396).
pub fn null_or<'de, T, D>(deserializer: D) -> Result<Option<Option<T>>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Some)
}
