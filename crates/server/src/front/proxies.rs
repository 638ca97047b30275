//! Who is believed about where a request came from: declared reverse proxies and nobody else.

use std::fmt;
use std::net::{IpAddr, SocketAddr};

use http::{HeaderMap, HeaderName, header::FORWARDED};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// More hops than any real chain has; what lies beyond is not looked at.
const MOST_HOPS: usize = 32;

/// A network: `10.0.0.0/8`, `2001:db8::/32`, or one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    prefix: u8,
}

/// A text that is no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("is neither an address nor a network in the form address/prefix")]
pub struct InvalidNetwork;

impl Network {
    /// Reads an address with or without the length of a prefix.
    ///
    /// # Errors
    ///
    /// [`InvalidNetwork`] when it is neither.
    pub fn parse(text: &str) -> Result<Self, InvalidNetwork> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidNetwork)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = match prefix {
            Some(digits) => digits.parse().map_err(|_| InvalidNetwork)?,
            None => longest,
        };
        if prefix > longest {
            return Err(InvalidNetwork);
        }
        Ok(Self { address, prefix })
    }

    /// Whether the network is larger than any that one operator's proxies stand in: a /8 of IPv4, a
    /// /16 of IPv6.
    pub fn is_too_wide(&self) -> bool {
        self.prefix < if self.address.is_ipv4() { 8 } else { 16 }
    }

    /// Whether an address lies in the network.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let differing = u32::from(network) ^ u32::from(address);
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let differing = u128::from(network) ^ u128::from(address);
                differing.leading_zeros() >= u32::from(self.prefix)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

/// The one header that the declared proxies set. The other one is never looked at: most proxies pass
/// on what the client wrote there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForwardedBy {
    /// The customary one.
    XForwardedFor,
    /// The standard one, [RFC 7239](https://www.rfc-editor.org/rfc/rfc7239).
    Forwarded,
}

/// The declared proxies.
#[derive(Clone, Debug)]
pub struct Proxies {
    trusted: Vec<Network>,
    header: ForwardedBy,
}

impl Proxies {
    /// These networks, and the header that they set.
    pub fn new(trusted: Vec<Network>, header: ForwardedBy) -> Self {
        Self { trusted, header }
    }

    /// Whether this address is a declared proxy's.
    pub fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(address))
    }

    /// The address that a request came from: the peer's, or, behind declared proxies, the rightmost
    /// hop that isn't one of them. What stands further left was written by whoever wanted to.
    pub fn remote_address(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut remote = peer.to_canonical();
        if !self.trusts(remote) {
            return remote;
        }
        for hop in self.hops(headers).into_iter().take(MOST_HOPS) {
            // A proxy that hides or garbles a hop ends what can be known.
            let Some(address) = hop else { return remote };
            remote = address;
            if !self.trusts(remote) {
                return remote;
            }
        }
        remote
    }

    /// Hops from the nearest to the farthest; `None` for one that is no address.
    fn hops(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        let (name, read): (_, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedBy::XForwardedFor => (X_FORWARDED_FOR, |hop| node(hop.trim())),
            ForwardedBy::Forwarded => (FORWARDED, forwarded_for),
        };
        let mut hops: Vec<_> = headers
            .get_all(name)
            .iter()
            .flat_map(|value| value.to_str().unwrap_or_default().split(','))
            .map(read)
            .collect();
        hops.reverse();
        hops
    }
}

/// The `for=` of one element of a `Forwarded` header.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        let value = value.trim().trim_matches('"');
        name.eq_ignore_ascii_case("for")
            .then(|| node(value))
            .flatten()
    })
}

/// An address, with or without a port.
fn node(text: &str) -> Option<IpAddr> {
    let address = text
        .parse::<IpAddr>()
        .ok()
        .or_else(|| text.parse::<SocketAddr>().ok().map(|address| address.ip()))
        .or_else(|| text.strip_prefix('[')?.strip_suffix(']')?.parse().ok())?;
    Some(address.to_canonical())
}

/// Takes away every header by which a client could pretend to be a proxy, so that nothing behind
/// this line can believe one.
pub(crate) fn strip(headers: &mut HeaderMap) {
    const NAMES: [&str; 8] = [
        "forwarded",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-forwarded-prefix",
        "x-forwarded-proto",
        "x-original-url",
        "x-real-ip",
    ];
    // Most requests have none of them: to look through the names that are there takes less than to
    // look for each.
    let is_one = |name: &&HeaderName| NAMES.contains(&name.as_str());
    while let Some(name) = headers.keys().find(is_one).cloned() {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proxies(header: ForwardedBy) -> Proxies {
        let networks = ["10.0.0.0/8", "127.0.0.1", "2001:db8::/32"];
        Proxies::new(
            networks.map(|text| Network::parse(text).unwrap()).to_vec(),
            header,
        )
    }

    fn check(header: ForwardedBy, peer: &str, name: &'static str, values: &[&str], expected: &str) {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(name, value.parse().unwrap());
        }
        let found = proxies(header).remote_address(peer.parse().unwrap(), &headers);
        assert_eq!(
            found,
            expected.parse::<IpAddr>().unwrap(),
            "{peer} {values:?}"
        );
    }

    #[test]
    fn only_declared_proxies_are_believed() {
        let check = |peer, values, expected| {
            check(
                ForwardedBy::XForwardedFor,
                peer,
                "x-forwarded-for",
                values,
                expected,
            );
        };
        check("192.0.2.1", &["1.2.3.4"], "192.0.2.1");
        check("10.0.0.1", &["1.2.3.4"], "1.2.3.4");
        check("10.0.0.1", &["6.6.6.6, 1.2.3.4"], "1.2.3.4");
        check("10.0.0.1", &["6.6.6.6, 1.2.3.4, 10.9.9.9"], "1.2.3.4");
        check("10.0.0.1", &["6.6.6.6", "1.2.3.4, 10.9.9.9"], "1.2.3.4");
        check("10.0.0.1", &["6.6.6.6, nonsense, 10.9.9.9"], "10.9.9.9");
        check("10.0.0.1", &[], "10.0.0.1");
        check("10.0.0.1", &["10.0.0.2"], "10.0.0.2");
        check("10.0.0.1", &["1.2.3.4:5678"], "1.2.3.4");
        check("10.0.0.1", &["[2001:db9::1]:5678"], "2001:db9::1");
        check("2001:db8::1", &["::ffff:1.2.3.4"], "1.2.3.4");
        check("::ffff:10.0.0.1", &["1.2.3.4"], "1.2.3.4");
    }

    #[test]
    fn the_standard_header_is_read_when_it_is_the_declared_one() {
        let check = |values, expected| {
            check(
                ForwardedBy::Forwarded,
                "127.0.0.1",
                "forwarded",
                values,
                expected,
            );
        };
        check(
            &["for=6.6.6.6, For=\"1.2.3.4:99\";proto=https;by=10.0.0.1"],
            "1.2.3.4",
        );
        check(&["for=\"[2001:db9::7]\""], "2001:db9::7");
        check(&["for=unknown"], "127.0.0.1");
        check(&["proto=https"], "127.0.0.1");
    }

    #[test]
    fn the_other_header_is_never_read() {
        check(
            ForwardedBy::XForwardedFor,
            "10.0.0.1",
            "forwarded",
            &["for=1.2.3.4"],
            "10.0.0.1",
        );
        check(
            ForwardedBy::Forwarded,
            "10.0.0.1",
            "x-forwarded-for",
            &["1.2.3.4"],
            "10.0.0.1",
        );
    }

    #[test]
    fn networks_are_read_exactly() {
        for text in [
            "10.0.0.0/33",
            "::/129",
            "10.0.0/8",
            "10.0.0.0/",
            "localhost",
            "",
        ] {
            assert_eq!(Network::parse(text), Err(InvalidNetwork), "{text}");
        }
        let network = Network::parse("192.168.4.0/22").unwrap();
        assert!(network.contains("192.168.7.255".parse().unwrap()));
        assert!(!network.contains("192.168.8.0".parse().unwrap()));
        assert!(
            Network::parse("0.0.0.0/0")
                .unwrap()
                .contains("1.2.3.4".parse().unwrap())
        );
    }
}
