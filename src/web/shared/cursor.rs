//! Cursors: where a page of a list begins, as an opaque word in its URL.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use sha2::{Digest, Sha256};

use crate::clock::{from_micros, to_micros};
use crate::db::key_list::{Seek, SortBy, SortValue};

/// Binds `place` to a list: which list, its filter and its order, in a text. Rows are missing from
/// the pages of another one that begins there.
pub fn bind(list: &str, place: &str) -> String {
    format!("{}.{place}", binding(list))
}

/// The place in a cursor that was bound to this list; `None` if it belongs to another.
pub fn unbind<'a>(list: &str, cursor: &'a str) -> Option<&'a str> {
    let (bound, place) = cursor.split_once('.')?;
    (bound == binding(list)).then_some(place)
}

fn binding(list: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(&Sha256::digest(list)[..6])
}

/// The place in a list for a cursor.
pub fn encode(seek: &Seek) -> String {
    let value = match &seek.value {
        SortValue::Id => String::new(),
        SortValue::Text(text) => text.clone(),
        SortValue::Time(at) => to_micros(*at).to_string(),
    };
    BASE64_URL_SAFE_NO_PAD.encode(format!("{} {value}", seek.id))
}

/// The place that [`encode`] wrote, in a list sorted by `by`; `None` if it is none.
pub fn decode(cursor: &str, by: SortBy, backwards: bool) -> Option<Seek> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (id, value) = text
        .split_once(' ')
        .filter(|_| !text.contains(char::is_control))?;
    let value = match by {
        SortBy::Created => SortValue::Id,
        SortBy::Label | SortBy::Prefix => SortValue::Text(value.to_owned()),
        SortBy::Expires | SortBy::LastUsed | SortBy::LastTried | SortBy::End => {
            SortValue::Time(from_micros(value.parse().ok()?))
        }
    };
    Some(Seek {
        value,
        id: id.parse().ok()?,
        backwards,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn a_cursor_comes_back_as_it_went() {
        for (by, value) in [
            (SortBy::Created, SortValue::Id),
            (
                SortBy::Label,
                SortValue::Text("schlüssel mit leerzeichen".into()),
            ),
            (SortBy::Expires, SortValue::Time(datetime!(9999-12-31 0:00))),
            (
                SortBy::LastUsed,
                SortValue::Time(datetime!(2026-11-20 12:00:00.000001)),
            ),
        ] {
            let seek = Seek {
                value,
                id: 7,
                backwards: true,
            };
            assert_eq!(decode(&encode(&seek), by, true), Some(seek));
        }
    }

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let bound = bind("/keys?scope=a", "7 x");
        assert_eq!(unbind("/keys?scope=a", &bound), Some("7 x"));
        assert_eq!(unbind("/keys?scope=b", &bound), None);
        assert_eq!(unbind("/keys?scope=a", "7 x"), None);
    }

    #[test]
    fn an_invented_cursor_is_none() {
        for cursor in ["", "x", "!!", "NyA", "bm9wZQ"] {
            assert_eq!(decode(cursor, SortBy::Expires, false), None, "{cursor}");
        }
    }
}
