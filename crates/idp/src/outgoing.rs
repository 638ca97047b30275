//! Requests to addresses that administrators name: no redirects, time-outs, and in production no way
//! into the installation's own network.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::OnceLock;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

/// Who takes longer to answer is asked again later.
const TIME_OUT: Duration = Duration::from_secs(10);

/// Who takes longer to be reached.
const CONNECT_TIME_OUT: Duration = Duration::from_secs(5);

/// An address leads into the installation's own network.
#[derive(Debug, thiserror::Error)]
#[error("{0} has no public address")]
struct NotPublic(String);

/// What requests may reach besides the internet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reach {
    /// Whether they may lead into the installation's own network.
    pub(crate) own_network: bool,
    /// An authority that is trusted beside those that the machine trusts, as PEM.
    pub(crate) own_authority: Option<String>,
}

/// Clients for addresses that administrators name.
///
/// Each is made when it is needed first, and kept: the authorities that a machine trusts lie in
/// hundreds of files, and most environments of tests ask nobody.
#[derive(Debug, Default)]
pub(crate) struct Clients {
    reach: Reach,
    verifying: OnceLock<reqwest::Client>,
    trusting: OnceLock<reqwest::Client>,
}

impl Clients {
    pub(crate) fn new(reach: Reach) -> Self {
        Self {
            reach,
            ..Self::default()
        }
    }

    /// Whether requests may lead into the installation's own network.
    pub(crate) fn reach_own_network(&self) -> bool {
        self.reach.own_network
    }

    /// The client that verifies whom it asks.
    ///
    /// # Errors
    ///
    /// When TLS cannot be set up on this machine.
    pub(crate) fn verifying(&self) -> Result<reqwest::Client, reqwest::Error> {
        made_once(&self.verifying, || builder(true, &self.reach)?.build())
    }

    /// The client that takes any certificate.
    ///
    /// # Errors
    ///
    /// As [`verifying`](Self::verifying).
    pub(crate) fn trusting(&self) -> Result<reqwest::Client, reqwest::Error> {
        made_once(&self.trusting, || builder(false, &self.reach)?.build())
    }

    /// A new client that verifies, where those who are asked demand a certificate of whoever asks.
    ///
    /// `pem` holds the private key and the certificates, the own one first.
    ///
    /// # Errors
    ///
    /// When the key and the certificate do not go together, or TLS cannot be set up on this machine.
    pub(crate) fn with_certificate(&self, pem: &str) -> Result<reqwest::Client, reqwest::Error> {
        let identity = reqwest::Identity::from_pem(pem.as_bytes())?;
        builder(true, &self.reach)?.identity(identity).build()
    }
}

/// A client is cheap to clone. Of two that are made at once, one is kept.
fn made_once(
    place: &OnceLock<reqwest::Client>,
    make: impl FnOnce() -> Result<reqwest::Client, reqwest::Error>,
) -> Result<reqwest::Client, reqwest::Error> {
    match place.get() {
        Some(client) => Ok(client.clone()),
        None => make().map(|made| place.get_or_init(|| made).clone()),
    }
}

fn builder(
    verifies_certificates: bool,
    reach: &Reach,
) -> Result<reqwest::ClientBuilder, reqwest::Error> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Fails only when another thread was quicker, which is just as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    let own = match &reach.own_authority {
        Some(pem) => reqwest::Certificate::from_pem_bundle(pem.as_bytes())?,
        None => Vec::new(),
    };
    let builder = reqwest::Client::builder()
        .tls_certs_merge(own)
        .user_agent(concat!("Latchkey/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .no_proxy()
        .timeout(TIME_OUT)
        .connect_timeout(CONNECT_TIME_OUT)
        .tls_danger_accept_invalid_certs(!verifies_certificates);
    Ok(if reach.own_network {
        builder
    } else {
        builder.dns_resolver(PublicAddresses)
    })
}

/// Looks names up and gives the public ones of their addresses, so that what was checked is what is
/// connected to.
#[derive(Debug)]
struct PublicAddresses;

impl Resolve for PublicAddresses {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|address| is_public(address.ip())).collect();
            if public.is_empty() {
                return Err(NotPublic(name.as_str().to_owned()).into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

/// The address of a host that may be connected to.
///
/// # Errors
///
/// When its name stands for nothing, or for the own network alone.
pub(crate) async fn look_up(
    host: &str,
    port: u16,
    reaches_own_network: bool,
) -> Result<SocketAddr, Box<dyn std::error::Error + Send + Sync>> {
    let name = host.trim_matches(['[', ']']);
    let found = tokio::time::timeout(CONNECT_TIME_OUT, tokio::net::lookup_host((name, port)));
    let mut found = found.await??;
    let reached = found.find(|address| reaches_own_network || is_public(address.ip()));
    reached.ok_or_else(|| NotPublic(host.to_owned()).into())
}

/// Whether a URL can lead out of the installation's own network, as far as it tells. What a name
/// stands for is looked up when it is connected to.
pub(crate) fn may_be_public(url: &Url) -> bool {
    match url.host() {
        // Of a scheme that is not the web's, the address comes as a name.
        Some(Host::Domain(name)) => match name.trim_matches(['[', ']']).parse() {
            Ok(address) => is_public(address),
            Err(_) => name != "localhost" && !name.ends_with(".localhost"),
        },
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
        None => false,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Not among those that the registry of special addresses keeps from the internet (RFC 6890).
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || first == 0
        || first >= 240
        || first == 100 && (64..128).contains(&second)
        || first == 192 && second == 0 && third == 0
        || first == 198 && (18..20).contains(&second))
}

/// The same, and where an IPv4 address is inside, what that is.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, third, fourth, fifth, sixth, seventh, eighth] = address.segments();
    let inside = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_v4(Ipv4Addr::new(a, b, c, d))
    };
    match [first, second, third, fourth, fifth, sixth] {
        [0, 0, 0, 0, 0, 0xffff] | [0x64, 0xff9b, 0, 0, 0, 0] => inside(seventh, eighth),
        [0x2002, high, low, ..] => inside(high, low),
        _ => {
            first & 0xe000 == 0x2000
                && [first, second] != [0x2001, 0xdb8]
                && (first, second) != (0x2001, 0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_own_network_is_told_apart_from_the_internet() {
        for url in [
            "https://hooks.example/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "tcp://hooks.example:514",
        ] {
            assert!(may_be_public(&Url::parse(url).unwrap()), "{url}");
        }
        for url in [
            "https://localhost/",
            "https://db.localhost/",
            "https://127.0.0.1/",
            "https://0x7f.1/",
            "https://10.1.2.3/",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://[fe80::1]/",
            "https://[::ffff:192.168.1.1]/",
            "https://[64:ff9b::a00:1]/",
            "https://[2002:7f00:1::]/",
            "tcp://127.0.0.1:514",
            "tcp://[::1]:514",
        ] {
            assert!(!may_be_public(&Url::parse(url).unwrap()), "{url}");
        }
    }

    #[tokio::test]
    async fn a_name_that_stands_for_this_machine_is_not_connected_to() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let client = Clients::default().verifying().unwrap();
        let sent = client.get(format!("http://localhost:{port}/")).send().await;
        let error = sent.unwrap_err();
        let causes = ui::chain_of_causes(&error).join(": ");
        assert!(causes.contains("has no public address"), "{causes}");
    }
}
