//! What the verify endpoints and the console share of HTTP.

pub mod body;
pub mod client;
pub mod request_id;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

pub use client::TrustedProxies;
pub use request_id::request_id;

/// `text` so that it fits into a header, whatever it holds (RFC 3986, section 2.1). It takes no
/// more room than it needs: an instance keeps one for each key.
pub fn percent_encoded(text: &str) -> String {
    let parts = || utf8_percent_encode(text, NON_ALPHANUMERIC);
    let mut encoded = String::with_capacity(parts().map(str::len).sum());
    encoded.extend(parts());
    encoded
}
