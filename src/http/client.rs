//! The client's address and user agent.

use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use ipnet::IpNet;

const MAX_USER_AGENT: usize = 200;

/// The proxies that are trusted to report a client's address.
#[derive(Clone, Debug, Default)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Trusts these networks, and no others.
    pub fn new(networks: Vec<IpNet>) -> Self {
        TrustedProxies(networks)
    }

    /// The client's address: the peer's or, if the peer is a trusted proxy, that of the nearest hop
    /// that is not one. Hops come from `X-Forwarded-For` or, without that, from `Forwarded`
    /// (RFC 7239): most proxies write the first, and pass on a client's own second.
    ///
    /// A peer without an address is on a unix socket, and trusted because it may use that. `None`
    /// if such a peer names no hop.
    pub fn client_ip(&self, req: &HttpRequest) -> Option<IpAddr> {
        self.client_of(req.peer_addr(), header_lines(req.headers()))
    }

    /// Like [`client_ip`](Self::client_ip), for the parts of a request.
    pub fn client_of<'a>(
        &self,
        peer: Option<SocketAddr>,
        headers: impl Iterator<Item = HeaderLine<'a>> + Clone,
    ) -> Option<IpAddr> {
        let peer = peer.map(|peer| peer.ip().to_canonical());
        let mut nearest = peer;
        if !self.trust(nearest) {
            return nearest;
        }
        for hop in hops(headers).into_iter().rev() {
            if !self.trust(nearest) {
                break;
            }
            // An unreadable hop hides all hops behind it, so the proxy that sent it counts.
            let Some(hop) = hop else { break };
            nearest = Some(hop);
        }
        nearest
    }

    /// Whether this peer, or the one on a unix socket, is trusted.
    pub fn trust(&self, peer: Option<IpAddr>) -> bool {
        peer.is_none_or(|peer| self.0.iter().any(|network| network.contains(&peer)))
    }
}

/// The name and value of a header, as sent.
pub type HeaderLine<'a> = (&'a str, &'a [u8]);

/// The headers of a request, line by line.
pub fn header_lines(headers: &HeaderMap) -> impl Iterator<Item = HeaderLine<'_>> + Clone {
    let lines = headers.iter();
    let lines = lines.map(|(name, value)| (name.as_str(), value.as_bytes()));
    lines.collect::<Vec<_>>().into_iter()
}

/// The hops from the farthest to the nearest; `None` for one that names no address.
fn hops<'a>(headers: impl Iterator<Item = HeaderLine<'a>> + Clone) -> Vec<Option<IpAddr>> {
    let listed = |name: &str, read: fn(&str) -> Option<IpAddr>| {
        let mut hops = Vec::new();
        for (_, value) in headers
            .clone()
            .filter(|line| line.0.eq_ignore_ascii_case(name))
        {
            hops.extend(String::from_utf8_lossy(value).split(',').map(read));
        }
        hops
    };
    let hops = listed("x-forwarded-for", address);
    match hops.is_empty() {
        true => listed("forwarded", forwarded_for),
        false => hops,
    }
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for")
            .then(|| address(value))
            .flatten()
    })
}

/// Parses `203.0.113.7`, `203.0.113.7:4711`, `2001:db8::1` or `[2001:db8::1]:4711`, also in quotes.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_matches('"');
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    let parsed = IpAddr::from_str(bare).ok();
    parsed
        .or_else(|| Some(SocketAddr::from_str(text).ok()?.ip()))
        .map(|ip| ip.to_canonical())
}

/// The network of the client at this address: a single IPv4 address, or the /64 around an IPv6 one.
pub fn network(address: IpAddr) -> IpNet {
    let bits = if address.is_ipv4() { 32 } else { 64 };
    IpNet::new(address, bits)
        .expect("no more bits than there are")
        .trunc()
}

/// The client's `User-Agent`, cut to 200 characters and without control characters.
pub fn user_agent(req: &HttpRequest) -> Option<String> {
    let agent = req.headers().get(header::USER_AGENT)?;
    Some(tidy_user_agent(agent.as_bytes()))
}

/// Like [`user_agent`], for the bytes of the header.
pub fn tidy_user_agent(sent: &[u8]) -> String {
    let visible = |c: &char| !c.is_control();
    let agent = String::from_utf8_lossy(sent);
    agent.chars().filter(visible).take(MAX_USER_AGENT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        let proxies = TrustedProxies::new(vec!["10.0.0.0/8".parse().unwrap()]);
        let peer = SocketAddr::new(peer.parse().unwrap(), 4711);
        let mut req = TestRequest::default().peer_addr(peer);
        for header in headers {
            req = req.append_header(*header);
        }
        proxies
            .client_ip(&req.to_http_request())
            .unwrap()
            .to_string()
    }

    #[test]
    fn a_client_can_not_name_its_own_address() {
        assert_eq!(
            client("192.0.2.9", &[("x-forwarded-for", "203.0.113.7")]),
            "192.0.2.9"
        );
        assert_eq!(
            client("192.0.2.9", &[("forwarded", "for=203.0.113.7")]),
            "192.0.2.9"
        );
    }

    #[test]
    fn behind_trusted_proxies_the_nearest_untrusted_hop_counts() {
        let spoofed = "198.51.100.1, 203.0.113.7, 10.0.0.2";
        assert_eq!(
            client("10.0.0.1", &[("x-forwarded-for", spoofed)]),
            "203.0.113.7"
        );
        let forwarded = "for=198.51.100.1, for=\"[2001:db8::7]:4711\";proto=https";
        assert_eq!(
            client("10.0.0.1", &[("forwarded", forwarded)]),
            "2001:db8::7"
        );
        let two = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        assert_eq!(client("10.0.0.1", &two), "203.0.113.7");
        let own = [
            ("forwarded", "for=198.51.100.1"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        assert_eq!(client("10.0.0.1", &own), "203.0.113.7");
    }

    #[test]
    fn a_peer_on_a_unix_socket_is_trusted_to_name_the_client() {
        let proxies = TrustedProxies::default();
        let hops = [("X-Forwarded-For", &b"198.51.100.1, 203.0.113.7"[..])];
        let client = |hops: &[HeaderLine<'static>]| proxies.client_of(None, hops.iter().copied());
        assert_eq!(client(&hops), Some("203.0.113.7".parse().unwrap()));
        assert_eq!(client(&[]), None);
    }

    #[test]
    fn an_unreadable_hop_ends_the_chain() {
        assert_eq!(
            client("10.0.0.1", &[("x-forwarded-for", "203.0.113.7, junk")]),
            "10.0.0.1"
        );
        assert_eq!(
            client("10.0.0.1", &[("forwarded", "for=unknown")]),
            "10.0.0.1"
        );
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn an_ipv4_address_in_ipv6_clothes_is_an_ipv4_address() {
        assert_eq!(client("::ffff:192.0.2.9", &[]), "192.0.2.9");
    }
}
