//! Addresses and networks as people write them.

use std::net::{IpAddr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};

/// The prefix length of IPv4-mapped IPv6 addresses (RFC 4291, 2.5.5.2).
const MAPPED_BITS: u8 = 96;

/// Parses an address, or a network in CIDR notation (RFC 4632, RFC 4291), and clears the bits
/// beyond its prefix. An IPv4-mapped IPv6 address becomes an IPv4 address, as it does for clients.
pub fn parse(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().ok().map(IpNet::from);
    let network = text.parse::<IpNet>().ok().or_else(address)?.trunc();
    match network {
        IpNet::V6(mapped) if mapped.prefix_len() >= MAPPED_BITS => {
            let plain = Ipv6Addr::to_ipv4_mapped(&mapped.addr());
            let bits = mapped.prefix_len() - MAPPED_BITS;
            let plain = plain.and_then(|plain| Ipv4Net::new(plain, bits).ok());
            Some(plain.map_or(network, IpNet::V4))
        }
        _ => Some(network),
    }
}

/// The network that callers at this address are counted by: /24 around an IPv4 address, /48 around an
/// IPv6 address, which is what a site usually has (RFC 6177).
pub fn around(ip: IpAddr) -> IpNet {
    let bits = match ip.to_canonical() {
        IpAddr::V4(_) => 24,
        IpAddr::V6(_) => 48,
    };
    let network = IpNet::new(ip.to_canonical(), bits);
    network.map_or(IpNet::from(ip), |network| network.trunc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_by_the_network_around_them() {
        for (ip, network) in [
            ("203.0.113.7", "203.0.113.0/24"),
            ("::ffff:203.0.113.7", "203.0.113.0/24"),
            ("2001:db8:1:2::7", "2001:db8:1::/48"),
        ] {
            assert_eq!(around(ip.parse().unwrap()).to_string(), network);
        }
    }

    #[test]
    fn addresses_are_networks_of_one_and_ipv4_is_ipv4() {
        for (written, read) in [
            ("203.0.113.7", "203.0.113.7/32"),
            ("10.1.2.3/8", "10.0.0.0/8"),
            ("2001:db8::7/32", "2001:db8::/32"),
            ("::ffff:203.0.113.7", "203.0.113.7/32"),
            ("::ffff:10.0.0.0/104", "10.0.0.0/8"),
        ] {
            assert_eq!(parse(written).unwrap().to_string(), read);
        }
        for wrong in ["", "localhost", "10.0.0.0/33", "10.0.0", "1.2.3.4:80"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
