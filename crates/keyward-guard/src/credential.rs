//! The one credential of a request.

use actix_web::http::header::{HeaderMap, HeaderName};
use keyward_key::format;

/// What a request carries to identify itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The key, as it was sent.
    One(&'a str),
    /// The key in `X-API-Key`, beside a bearer that has not the form of a key. That belongs to the
    /// application behind, unless it is a key from another system, whose form nobody knows.
    OneBeside {
        /// The key, as it was sent.
        key: &'a str,
        /// The bearer.
        bearer: &'a str,
    },
    /// There is none.
    Missing,
    /// Two possible keys, a repeated header, or something that others could read as a credential.
    Ambiguous,
}

/// Reads `X-API-Key: <secret>` or `Authorization: Bearer <secret>` (RFC 6750).
///
/// Headers that gateways and frameworks are known to confuse with these (`X_API_Key`, two keys
/// joined by a comma) are refused, so that nobody reads a different key than the one checked here.
///
/// ```
/// use actix_web::test::TestRequest;
/// use keyward_guard::credential::{self, Credential};
///
/// let request = TestRequest::default().insert_header(("X-API-Key", "mk_live_x"));
/// let one = request.to_http_request();
/// assert_eq!(credential::read(one.headers()), Credential::One("mk_live_x"));
///
/// let request = TestRequest::default().insert_header(("X-API-Key", "mk_live_x"));
/// let other = format!("Bearer mk_live_{}", "y".repeat(38));
/// let two = request.insert_header(("Authorization", other)).to_http_request();
/// assert_eq!(credential::read(two.headers()), Credential::Ambiguous);
/// ```
pub fn read(headers: &HeaderMap) -> Credential<'_> {
    let lines = headers.iter();
    read_lines(lines.map(|(name, value)| (name.as_str(), value.as_bytes())))
}

/// Like [`read`], for names and values as they were sent.
pub fn read_lines<'a>(lines: impl Iterator<Item = (&'a str, &'a [u8])>) -> Credential<'a> {
    let (mut own, mut authorization) = (None, None);
    for (name, value) in lines {
        let place = match Carrier::of(name) {
            None => continue,
            Some(Carrier::LookAlike) => return Credential::Ambiguous,
            Some(Carrier::ApiKey) => &mut own,
            Some(Carrier::Authorization) => &mut authorization,
        };
        if place.replace(value).is_some() {
            return Credential::Ambiguous;
        }
    }
    // A key is always text; other bytes count as a malformed key.
    let own = own
        .map(|value| text(value).unwrap_or("?").trim())
        .filter(|key| !key.is_empty());
    let bearer = authorization.and_then(|value| bearer(text(value)?));
    match (own, bearer) {
        (None, None) => Credential::Missing,
        (Some(key), _) | (None, Some(key)) if key.contains(',') => Credential::Ambiguous,
        (Some(key), _) if authorization.is_some_and(|value| holds_another_key(value, key)) => {
            Credential::Ambiguous
        }
        (Some(key), Some(bearer)) if key != bearer => Credential::OneBeside { key, bearer },
        (Some(key), _) | (None, Some(key)) => Credential::One(key),
    }
}

/// Whether a header of this name carries a credential, or could be mistaken for one that does.
pub fn is_credential(name: &HeaderName) -> bool {
    Carrier::of(name.as_str()).is_some()
}

/// A header that carries a credential.
enum Carrier {
    ApiKey,
    Authorization,
    /// Some read it as one of the other two.
    LookAlike,
}

impl Carrier {
    fn of(name: &str) -> Option<Self> {
        // Their lengths tell most other headers apart.
        let (own, carrier) = match name.len() {
            9 => ("x-api-key", Carrier::ApiKey),
            13 => ("authorization", Carrier::Authorization),
            _ => return None,
        };
        if name.eq_ignore_ascii_case(own) {
            return Some(carrier);
        }
        let alike = |(sent, own): (u8, u8)| {
            sent.eq_ignore_ascii_case(&own) || (matches!(sent, b'_' | b'.') && own == b'-')
        };
        let is_alike = name.bytes().zip(own.bytes()).all(alike);
        is_alike.then_some(Carrier::LookAlike)
    }
}

/// A value of visible ASCII.
fn text(value: &[u8]) -> Option<&str> {
    let visible = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~');
    let text = std::str::from_utf8(value).ok()?;
    value.iter().all(visible).then_some(text)
}

/// The token of a bearer authorization; `None` for other schemes.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
}

/// Whether somebody could read a key in this authorization, of whatever scheme, that is not `key`.
fn holds_another_key(value: &[u8], key: &str) -> bool {
    let is_of_a_key = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
    let words = value.split(|byte| !is_of_a_key(byte));
    let mut words = words.filter_map(|word| std::str::from_utf8(word).ok());
    words.any(|word| word != key && format::has_shape(word))
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn read_from(lines: &[(&str, &str)]) -> String {
        let mut req = TestRequest::default();
        for line in lines {
            req = req.append_header(*line);
        }
        format!("{:?}", read(req.to_http_request().headers()))
    }

    #[test]
    fn either_header_carries_the_key() {
        for line in [
            ("X-API-Key", "mk_a"),
            ("x-api-key", " mk_a "),
            ("Authorization", "Bearer mk_a"),
            ("authorization", "bearer  mk_a"),
        ] {
            assert_eq!(read_from(&[line]), "One(\"mk_a\")", "{line:?}");
        }
        let same = [("X-API-Key", "mk_a"), ("Authorization", "Bearer mk_a")];
        assert_eq!(read_from(&same), "One(\"mk_a\")");
    }

    #[test]
    fn nothing_usable_is_missing() {
        for line in [
            ("X-API-Key", ""),
            ("Authorization", "Basic YTpi"),
            ("Authorization", "Bearer "),
            ("Authorization", "mk_a"),
            ("Cookie", "x-api-key=mk_a"),
        ] {
            assert_eq!(read_from(&[line]), "Missing", "{line:?}");
        }
    }

    #[test]
    fn a_bearer_that_is_no_key_is_the_applications_own() {
        for own in ["eyJhbGciOi.J9.x", "kwx", "a, b", "mk_live_short"] {
            let lines = [
                ("X-API-Key", "mk_a"),
                ("Authorization", &format!("Bearer {own}")),
            ];
            let read = read_from(&lines);
            let beside = format!("OneBeside {{ key: \"mk_a\", bearer: {own:?} }}");
            assert_eq!(read, beside);
        }
        let alone = [("Authorization", "Bearer eyJhbGciOi.J9.x")];
        assert_eq!(read_from(&alone), "One(\"eyJhbGciOi.J9.x\")");
    }

    #[test]
    fn more_than_one_is_ambiguous() {
        let possible = format!("Bearer mk_live_{}", "0".repeat(38));
        let hidden = format!("Bearer x, hkr_{}", "0".repeat(38));
        let bare = format!("mk_live_{}", "0".repeat(38));
        let quoted = format!("Token \"{bare}\"");
        for lines in [
            &[("X-API-Key", "mk_a"), ("X-API-Key", "mk_b")][..],
            &[("X-API-Key", "mk_a"), ("X-API-Key", "mk_a")],
            &[("X-API-Key", "mk_a"), ("Authorization", &possible)],
            &[("X-API-Key", "mk_a"), ("Authorization", &hidden)],
            &[("X-API-Key", "mk_a"), ("Authorization", &bare)],
            &[("X-API-Key", "mk_a"), ("Authorization", &quoted)],
            &[("X-API.Key", "mk_a")],
            &[
                ("Authorization", "Bearer mk_a"),
                ("Authorization", "Basic YTpi"),
            ],
            &[("X-API-Key", "mk_a, mk_b")],
            &[("X-API-Key", "mk_a"), ("X_API_Key", "mk_b")],
            &[("x_api-key", "mk_b")],
        ] {
            assert_eq!(read_from(lines), "Ambiguous", "{lines:?}");
        }
    }
}
