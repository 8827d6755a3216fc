//! HTTP code that the verify endpoints and the console share.

pub mod body;
pub mod client;
pub mod details;
pub mod places;
pub mod request_id;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use client::TrustedProxies;
pub use request_id::request_id;

/// Percent-encodes `text` for a header, whatever it contains (RFC 3986, section 2.1). Allocates no
/// more than needed, because an instance keeps one for each key.
pub fn percent_encoded(text: &str) -> String {
    let parts = || utf8_percent_encode(text, NON_ALPHANUMERIC);
    let mut encoded = String::with_capacity(parts().map(str::len).sum());
    encoded.extend(parts());
    encoded
}
