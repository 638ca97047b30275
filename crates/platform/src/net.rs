//! What the outermost layer of a server knows about a request, handed inwards as extensions.

use std::net::{IpAddr, Ipv4Addr};

use uuid::Uuid;

use protocol::Random;

/// The address a request came from, after declared proxies have been taken into account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RemoteAddress(pub IpAddr);

impl Default for RemoteAddress {
    /// Loopback: what a router called without a server in front of it sees.
    fn default() -> Self {
        Self(IpAddr::V4(Ipv4Addr::LOCALHOST))
    }
}

impl RemoteAddress {
    /// What limits per address count by: the address itself for IPv4, its /64 for IPv6, since one
    /// household or attacker commands a whole /64.
    pub fn network(&self) -> IpAddr {
        match self.0 {
            IpAddr::V4(address) => IpAddr::V4(address),
            IpAddr::V6(address) => match address.to_ipv4_mapped() {
                Some(address) => IpAddr::V4(address),
                None => IpAddr::V6((u128::from(address) >> 64 << 64).into()),
            },
        }
    }
}

/// The id of a request: in the log, in error answers, and PingOne's `Correlation-Id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// A new id.
    pub fn random(random: &dyn Random) -> Self {
        Self(random.uuid())
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_neighbour_shares_the_limit() {
        let one = RemoteAddress("2001:db8:1:2:aaaa::1".parse().unwrap());
        let two = RemoteAddress("2001:db8:1:2:bbbb::2".parse().unwrap());
        let other = RemoteAddress("2001:db8:1:3::1".parse().unwrap());
        assert_eq!(one.network(), two.network());
        assert_ne!(one.network(), other.network());
        let mapped = RemoteAddress("::ffff:192.0.2.7".parse().unwrap());
        assert_eq!(mapped.network(), "192.0.2.7".parse::<IpAddr>().unwrap());
    }
}
