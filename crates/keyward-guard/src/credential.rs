//! The one credential of a request.

use actix_web::http::header::{self, HeaderMap, HeaderName};

const X_API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// What a request carries to identify itself.
#[derive(Debug, PartialEq, Eq)]
pub enum Credential<'a> {
    /// The key, as it was sent.
    One(&'a str),
    /// There is none.
    Missing,
    /// Two different keys, a repeated header, or something that others could read as a credential.
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
/// let two = request.insert_header(("Authorization", "Bearer mk_live_y")).to_http_request();
/// assert_eq!(credential::read(two.headers()), Credential::Ambiguous);
/// ```
pub fn read(headers: &HeaderMap) -> Credential<'_> {
    let looks_alike = headers
        .keys()
        .any(|name| name.as_str().contains('_') && is_credential(name));
    let mut own = headers.get_all(X_API_KEY);
    let mut authorizations = headers.get_all(header::AUTHORIZATION);
    let (own, authorization) = match (own.next(), own.next(), authorizations.next()) {
        _ if looks_alike => return Credential::Ambiguous,
        (_, Some(_), _) => return Credential::Ambiguous,
        _ if authorizations.next().is_some() => return Credential::Ambiguous,
        (own, None, authorization) => (own, authorization),
    };
    // A key is always text; other bytes count as a malformed key.
    let own = own
        .map(|value| value.to_str().unwrap_or("?").trim())
        .filter(|key| !key.is_empty());
    let bearer = authorization.and_then(|value| bearer(value.to_str().ok()?));
    match (own, bearer) {
        (Some(own), Some(bearer)) if own != bearer => Credential::Ambiguous,
        (Some(key), _) | (None, Some(key)) if key.contains(',') => Credential::Ambiguous,
        (Some(key), _) | (None, Some(key)) => Credential::One(key),
        (None, None) => Credential::Missing,
    }
}

/// Whether a header of this name carries a credential, or could be mistaken for one that does.
pub fn is_credential(name: &HeaderName) -> bool {
    let name = name.as_str();
    match name.contains('_') {
        false => matches!(name, "x-api-key" | "authorization"),
        true => matches!(&*name.replace('_', "-"), "x-api-key" | "authorization"),
    }
}

/// The token of a bearer authorization; `None` for other schemes.
fn bearer(value: &str) -> Option<&str> {
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then_some(token)
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
    fn more_than_one_is_ambiguous() {
        for lines in [
            &[("X-API-Key", "mk_a"), ("X-API-Key", "mk_b")][..],
            &[("X-API-Key", "mk_a"), ("X-API-Key", "mk_a")],
            &[("X-API-Key", "mk_a"), ("Authorization", "Bearer mk_b")],
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
