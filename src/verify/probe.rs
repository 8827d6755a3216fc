//! What `/healthz` and `/readyz` answer, in the console and where there is no place for it.

use actix_web::http::StatusCode;

/// A question about this instance rather than about a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Probe {
    /// `/healthz`: does the process run?
    Health,
    /// `/readyz`: can it do its work?
    Readiness,
}

impl Probe {
    /// The probe at this path, if there is one.
    pub fn at(path: &str) -> Option<Self> {
        match path {
            "/healthz" => Some(Probe::Health),
            "/readyz" => Some(Probe::Readiness),
            _ => None,
        }
    }

    /// The probe that a request begins with, if it is `GET` or `HEAD` for one.
    pub fn in_request(sent: &[u8]) -> Option<Self> {
        let line = sent.split(|byte| *byte == b'\r').next()?;
        let mut words = str::from_utf8(line).ok()?.split(' ');
        let method = words.next()?;
        let target = words.next()?;
        let path = target.split('?').next()?;
        words.next()?;
        Probe::at(path).filter(|_| matches!(method, "GET" | "HEAD"))
    }

    /// The answer of an instance that is ready or not: a status, and a line of text.
    pub fn answer(self, is_ready: bool) -> (StatusCode, &'static str) {
        match (self, is_ready) {
            (Probe::Health, _) => (StatusCode::OK, "ok\n"),
            (Probe::Readiness, true) => (StatusCode::OK, "ready\n"),
            (Probe::Readiness, false) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "not ready: the database does not take changes\n",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_questions_for_a_probe_are_probes() {
        for (sent, probe) in [
            ("GET /readyz HTTP/1.1\r\n\r\n", Some(Probe::Readiness)),
            (
                "HEAD /healthz?x=1 HTTP/1.1\r\nhost: a\r\n\r\n",
                Some(Probe::Health),
            ),
            ("POST /readyz HTTP/1.1\r\n\r\n", None),
            ("GET /readyzz HTTP/1.1\r\n\r\n", None),
            ("GET /readyz", None),
            ("GET / HTTP/1.1\r\n\r\n", None),
            ("\u{fffd}", None),
            ("", None),
        ] {
            assert_eq!(Probe::in_request(sent.as_bytes()), probe, "{sent}");
        }
    }
}
