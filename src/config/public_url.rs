//! The address of the console as browsers see it.

use url::Url;

/// Scheme, host and port of the console as browsers see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl {
    /// Whether the scheme is `https`. Cookies are then `Secure`.
    pub https: bool,
    /// The origin as browsers serialise it (the WHATWG's URL standard): `scheme://host[:port]`, the
    /// host in lower case and in ASCII, without the scheme's own port.
    pub origin: String,
}

impl PublicUrl {
    /// Reads an address without path, user, query or fragment. `None` if it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        // The standard drops line breaks and tabs wherever they are.
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return None;
        }
        let url = Url::parse(text).ok()?;
        let is_plain = url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.port() != Some(0);
        let https = match url.scheme() {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        is_plain.then(|| PublicUrl {
            https,
            origin: url.origin().ascii_serialization(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_browsers_write_origins() {
        for (text, origin) in [
            ("https://Keys.Example.com/", "https://keys.example.com"),
            ("https://keys.example.com:443", "https://keys.example.com"),
            ("http://keys.example.com:80", "http://keys.example.com"),
            ("http://keys.example.com:443", "http://keys.example.com:443"),
            (
                "HTTPS://b\u{fc}cher.example:8443",
                "https://xn--bcher-kva.example:8443",
            ),
            ("http://[2001:DB8::1]:8080", "http://[2001:db8::1]:8080"),
            ("http://127.1:8080", "http://127.0.0.1:8080"),
        ] {
            let url = PublicUrl::parse(text).expect(text);
            assert_eq!(url.origin, origin);
            assert_eq!(url.https, origin.starts_with("https"));
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "keys.example.com",
            "keys.example.com:8080",
            "ftp://keys.example.com",
            "https://",
            "https://keys.example.com:abc",
            "https://keys.example.com:0",
            "https://keys.example.com:99999",
            "https://keys.example.com/path",
            "https://keys.example.com?x",
            "https://keys.example.com#x",
            "https://ana@keys.example.com",
            "https://ana:b@keys.example.com",
            "https://keys.exa\nmple.com",
            "https://keys example.com",
            "https:\\\\keys.example.com",
        ] {
            assert_eq!(PublicUrl::parse(text), None, "{text:?}");
        }
    }
}
