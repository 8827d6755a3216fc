//! The names of cookies, and cookies that share a name.

use std::net::IpAddr;

use actix_web::cookie::{Cookie, time::Duration};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use sha2::{Digest, Sha256};

use crate::instance_secret::DerivedKey;

/// A host can have this many parent domains whose cookies are expired.
const MAX_PARENTS: usize = 4;

/// What the cookies of one Keyward are called. Browsers send a cookie to every port of a host: the
/// tag keeps several Keywards on one host apart.
#[derive(Clone, Debug)]
pub struct CookieNames {
    https: bool,
    tag: String,
}

impl CookieNames {
    /// The names for cookies that are signed with `key`, of the Keyward on the database with this
    /// installation id.
    pub fn new(key: &DerivedKey, installation: &str, https: bool) -> Self {
        let digest = Sha256::new()
            .chain_update(key.bytes.as_ref())
            .chain_update(installation)
            .finalize();
        let tag = digest.iter().take(4).map(|byte| format!("{byte:02x}"));
        CookieNames {
            https,
            tag: tag.collect(),
        }
    }

    /// The name of a cookie for the whole host. Over https, browsers let nobody but this host set a
    /// cookie with this prefix (RFC 6265bis, section 4.1.3.2).
    pub fn of_host(&self, name: &str) -> String {
        self.prefixed("__Host-", name)
    }

    /// The name of a cookie for one path, which the prefix `__Host-` would not allow.
    pub fn of_path(&self, name: &str) -> String {
        self.prefixed("__Secure-", name)
    }

    fn prefixed(&self, prefix: &str, name: &str) -> String {
        let prefix = if self.https { prefix } else { "" };
        format!("{prefix}keyward_{name}_{}", self.tag)
    }
}

/// The values of all cookies with this name, in the order in which the browser sent them. A cookie
/// for a longer path comes first, and may be somebody else's, or stale.
pub fn all_named(req: &HttpRequest, name: &str) -> Vec<String> {
    let Ok(cookies) = req.cookies() else {
        return Vec::new();
    };
    let named = cookies.iter().filter(|cookie| cookie.name() == name);
    named.map(|cookie| cookie.value().to_owned()).collect()
}

/// If the browser sent several cookies with this name, expires those of other paths and domains
/// that it could have: they would be sent again and again.
pub fn expire_twins(req: &HttpRequest, name: &str, response: &mut HttpResponse) {
    if all_named(req, name).len() < 2 {
        return;
    }
    let expired = |path: &str, domain: Option<&str>| {
        let mut cookie = Cookie::build(name, "").path(path).max_age(Duration::ZERO);
        if let Some(domain) = domain {
            cookie = cookie.domain(domain);
        }
        cookie.finish().to_string()
    };
    let host = req.headers().get(header::HOST);
    let host = host.and_then(|host| host.to_str().ok()).unwrap_or_default();
    let mut lines = vec![expired(req.path(), None)];
    for domain in domains(host) {
        lines.push(expired("/", Some(domain)));
        lines.push(expired(req.path(), Some(domain)));
    }
    for line in lines {
        if let Ok(line) = header::HeaderValue::from_str(&line) {
            response.headers_mut().append(header::SET_COOKIE, line);
        }
    }
}

/// The domains that a cookie of `host` can belong to: its own, and those above it.
fn domains(host: &str) -> Vec<&str> {
    let name = host.split(':').next().unwrap_or_default();
    if name.is_empty() || name.parse::<IpAddr>().is_ok() || host.starts_with('[') {
        return Vec::new();
    }
    let above = name.match_indices('.').map(|(at, _)| &name[at + 1..]);
    let above = above
        .filter(|domain| domain.contains('.'))
        .take(MAX_PARENTS);
    std::iter::once(name).chain(above).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_belong_to_the_host_and_the_domains_above() {
        assert_eq!(
            domains("keys.eu.example.com:8080"),
            ["keys.eu.example.com", "eu.example.com", "example.com"]
        );
        assert_eq!(domains("localhost:8080"), ["localhost"]);
        assert!(domains("127.0.0.1:8080").is_empty() && domains("[::1]:8080").is_empty());
    }
}
