//! What the outermost layer of a server knows about a request, handed inwards as extensions.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

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

/// Whether whoever asks may see what is for development only, such as the mailbox: they are on this
/// machine, or in a network that development was opened to. Of whom nothing was found out, they are
/// not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Insider(pub bool);

/// The id of a request: in the log, in error answers, and PingOne's `Correlation-Id`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub Uuid);

impl RequestId {
    /// A new id.
    pub fn random(random: &dyn Random) -> Self {
        Self(random.uuid())
    }
}

/// Which route answers a request, told to the outermost layer by the router inside, which alone knows.
#[derive(Clone, Debug, Default)]
pub struct RouteTaken(Arc<OnceLock<String>>);

impl RouteTaken {
    /// Notes a route by its template, such as `/users/{id}`; the first to do so is right.
    pub fn set(&self, template: &str) {
        self.0.get_or_init(|| template.to_owned());
    }

    /// The template; `None` where no route was chosen.
    pub fn template(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

/// Makes ids of requests, several at a time: the system's generator takes about as long for one as
/// for many, and as long as a fiftieth of a small answer.
#[derive(Debug)]
pub struct RequestIds {
    random: Arc<dyn Random>,
    stock: Mutex<Vec<RequestId>>,
}

/// Ids that are made at a time.
const STOCK: usize = 64;

impl RequestIds {
    /// Ids of this randomness.
    pub fn new(random: Arc<dyn Random>) -> Self {
        Self {
            random,
            stock: Mutex::default(),
        }
    }

    /// An id that nobody was given before.
    pub fn next(&self) -> RequestId {
        // Half a stock is as good as a whole one.
        let mut stock = self.stock.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = stock.pop() {
            return id;
        }
        let mut bytes = [0; 16 * STOCK];
        self.random.fill(&mut bytes);
        let (each, _) = bytes.as_chunks::<16>();
        let ids = each
            .iter()
            .map(|bytes| uuid::Builder::from_random_bytes(*bytes).into_uuid());
        stock.extend(ids.map(RequestId));
        stock
            .pop()
            .unwrap_or_else(|| RequestId::random(&*self.random))
    }
}

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0.as_hyphenated(), f)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use protocol::SystemRandom;

    use super::*;

    #[test]
    fn no_two_requests_have_one_id() {
        let ids = RequestIds::new(Arc::new(SystemRandom));
        let count = 3 * STOCK;
        let different: HashSet<Uuid> = (0..count).map(|_| ids.next().0).collect();
        assert_eq!(different.len(), count);
        assert!(different.iter().all(|id| id.get_version_num() == 4));
    }

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
