//! Links to this console, to be handed to people.

use actix_web::http::header;
use actix_web::{HttpRequest, web};

use super::AppState;
use crate::config::PublicUrl;

/// What a link to this console begins with.
pub struct LinkOrigin {
    /// Scheme and host.
    pub origin: String,
    /// Whether it was configured. Otherwise it is where the request was sent, which may be an
    /// address that nobody else can reach.
    pub is_configured: bool,
}

impl LinkOrigin {
    /// The configured address or, without one, the one the request was sent to; `None` if that is
    /// not an address.
    pub fn of(req: &HttpRequest) -> Option<Self> {
        let state = req.app_data::<web::Data<AppState>>().expect("set at start");
        if let Some(url) = &state.public_url {
            return Some(LinkOrigin {
                origin: url.origin.clone(),
                is_configured: true,
            });
        }
        let host = req.headers().get(header::HOST)?.to_str().ok()?;
        let url = PublicUrl::parse(&format!("http://{host}"))?;
        Some(LinkOrigin {
            origin: url.origin,
            is_configured: false,
        })
    }
}

/// `path` if it is one of this console. Browsers take `//host` and `/\\host` for another site.
pub fn own_path(path: &str) -> Option<&str> {
    let is_own = path.starts_with('/')
        && !path[1..].starts_with(['/', '\\'])
        && path.bytes().all(|byte| byte.is_ascii_graphic());
    is_own.then_some(path)
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn nothing_leads_to_another_site() {
        let own = "/projects/default/keys?q=a%20b";
        assert_eq!(own_path(own), Some(own));
        for next in [
            "",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a\nb",
        ] {
            assert_eq!(own_path(next), None, "{next:?}");
        }
    }
}
