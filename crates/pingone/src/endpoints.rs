//! Where an environment is: one of PingOne's regions, or explicit addresses.

use protocol::id::EnvironmentId;
use protocol::oauth::Issuer;
use protocol::pingone::Region;
use url::{Host, Url};

use crate::Error;

/// The hosts of an environment: one issues tokens, the other serves the management API.
///
/// ```
/// use pingone::{Endpoints, Region};
///
/// let cloud = Endpoints::region(Region::Europe);
/// assert_eq!(cloud.auth().as_str(), "https://auth.pingone.eu/");
///
/// // The embedded environment, or a proxy in front of PingOne.
/// let local = Endpoints::new("https://localhost:9443/", "https://localhost:9443/v1/")?;
/// assert_eq!(local.api().as_str(), "https://localhost:9443/");
/// # Ok::<(), pingone::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoints {
    auth: Url,
    api: Url,
    connect_to: Option<Url>,
    /// Whether the authentication host is one environment's own.
    is_custom_domain: bool,
}

impl Endpoints {
    /// The hosts of a PingOne region.
    #[expect(
        clippy::missing_panics_doc,
        reason = "the six regions are tested, all of them"
    )]
    pub fn region(region: Region) -> Self {
        let domain = region.top_level_domain();
        let host = |name: &str| {
            Url::parse(&format!("https://{name}.pingone.{domain}/"))
                .expect("a region's host name makes an address")
        };
        Self {
            auth: host("auth"),
            api: host("api"),
            connect_to: None,
            is_custom_domain: false,
        }
    }

    /// Explicit addresses: of the authentication host without `/v1`, and of the management API
    /// with `/v1` or without.
    ///
    /// # Errors
    ///
    /// An [`Error`] of the kind [`SetUp`](crate::ErrorKind::SetUp) when one of them is no address
    /// that begins with `https://` or `http://`, or has a query, a fragment or credentials.
    pub fn new(auth: &str, api: &str) -> Result<Self, Error> {
        let auth = base("the authentication host's address", auth)?;
        let mut api = base("the management API's address", api)?;
        let path = api
            .path()
            .trim_end_matches('/')
            .trim_end_matches("/v1")
            .to_owned()
            + "/";
        api.set_path(&path);
        Ok(Self {
            auth,
            api,
            connect_to: None,
            is_custom_domain: false,
        })
    }

    /// An environment that issues tokens under a domain of its own, without its id in the address
    /// (PingOne, "Custom domains"). The management API stays where it is.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    ///
    /// ```
    /// use pingone::{Endpoints, EnvironmentId, Region};
    ///
    /// let shop = Endpoints::region(Region::Europe).custom_domain("https://auth.shop.example")?;
    /// let environment = EnvironmentId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap();
    /// assert_eq!(shop.issuer(environment).as_str(), "https://auth.shop.example/as");
    /// # Ok::<(), pingone::Error>(())
    /// ```
    pub fn custom_domain(mut self, auth: &str) -> Result<Self, Error> {
        self.auth = base("the custom domain", auth)?;
        self.is_custom_domain = true;
        Ok(self)
    }

    /// Opens the connections to `base` instead, while tokens and links keep the public addresses.
    ///
    /// For containers, where the browser reaches the environment under another name than the
    /// application does. Scheme, host and port of `base` count; the certificate must be good for
    /// that host.
    #[must_use]
    pub fn connect_to(mut self, base: Url) -> Self {
        self.connect_to = Some(base);
        self
    }

    /// The authentication host.
    pub fn auth(&self) -> &Url {
        &self.auth
    }

    /// The management API, without `v1`.
    pub fn api(&self) -> &Url {
        &self.api
    }

    /// The issuer of an environment on these hosts: `{auth}/{environment}/as`, or `{auth}/as` on a
    /// custom domain.
    #[expect(
        clippy::missing_panics_doc,
        reason = "an address with an id appended is one"
    )]
    pub fn issuer(&self, environment: EnvironmentId) -> Issuer {
        let auth = self.auth.as_str().trim_end_matches('/');
        let issuer = if self.is_custom_domain {
            format!("{auth}/as")
        } else {
            format!("{auth}/{environment}/as")
        };
        Issuer::parse(&issuer).expect("a base address and an id make an issuer")
    }

    pub(crate) fn reroute(&self) -> Reroute {
        match &self.connect_to {
            Some(to) => Reroute {
                from: vec![self.auth.clone(), self.api.clone()],
                to: Some(to.clone()),
            },
            None => Reroute::default(),
        }
    }
}

fn base(what: &str, text: &str) -> Result<Url, Error> {
    let refuse = |problem: &str| Error::set_up(format!("{what} `{text}` {problem}"));
    let mut url = Url::parse(text)
        .map_err(|_| refuse("is no absolute address; it looks like https://localhost:9443/"))?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(refuse("does not begin with https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Error::set_up(format!(
            "{what} holds a user name or password; remove it"
        )));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("has a query or a fragment; remove it"));
    }
    if !url.path().ends_with('/') {
        let path = format!("{}/", url.path());
        url.set_path(&path);
    }
    Ok(url)
}

/// Sends connections for some public addresses elsewhere.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reroute {
    from: Vec<Url>,
    to: Option<Url>,
}

impl Reroute {
    /// Connections to the origin of `from` go to the origin of `to`.
    pub(crate) fn new(from: &Url, to: Url) -> Self {
        Self {
            from: vec![from.clone()],
            to: Some(to),
        }
    }

    /// The address to connect to for the public address `url`.
    pub(crate) fn apply(&self, url: &Url) -> Url {
        let Some(to) = &self.to else {
            return url.clone();
        };
        if !self.from.iter().any(|from| from.origin() == url.origin()) {
            return url.clone();
        }
        let mut moved = url.clone();
        let is_moved = moved.set_scheme(to.scheme()).is_ok()
            && moved.set_host(to.host_str()).is_ok()
            && moved.set_port(to.port()).is_ok();
        if is_moved { moved } else { url.clone() }
    }
}

/// Whether an address is on this machine, where plain HTTP reaches nobody else.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    #[test]
    fn every_region_has_its_own_hosts() {
        for (region, auth, api) in [
            (
                Region::NorthAmerica,
                "https://auth.pingone.com/",
                "https://api.pingone.com/",
            ),
            (
                Region::Canada,
                "https://auth.pingone.ca/",
                "https://api.pingone.ca/",
            ),
            (
                Region::Europe,
                "https://auth.pingone.eu/",
                "https://api.pingone.eu/",
            ),
            (
                Region::Australia,
                "https://auth.pingone.com.au/",
                "https://api.pingone.com.au/",
            ),
            (
                Region::Singapore,
                "https://auth.pingone.sg/",
                "https://api.pingone.sg/",
            ),
            (
                Region::AsiaPacific,
                "https://auth.pingone.asia/",
                "https://api.pingone.asia/",
            ),
        ] {
            let endpoints = Endpoints::region(region);
            assert_eq!(
                (endpoints.auth().as_str(), endpoints.api().as_str()),
                (auth, api)
            );
        }
    }

    #[test]
    fn the_issuer_has_no_trailing_slash() {
        let environment = EnvironmentId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").unwrap();
        assert_eq!(
            Endpoints::region(Region::Europe)
                .issuer(environment)
                .as_str(),
            "https://auth.pingone.eu/7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1/as"
        );
    }

    #[test]
    fn the_api_is_found_with_v1_and_without() {
        for api in [
            "https://a.example",
            "https://a.example/v1",
            "https://a.example/v1/",
        ] {
            let endpoints = Endpoints::new("https://b.example", api).unwrap();
            assert_eq!(endpoints.api().as_str(), "https://a.example/", "{api}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_a_reason() {
        for (text, reason) in [
            ("auth.pingone.eu", "no absolute address"),
            ("ftp://auth.pingone.eu", "does not begin with https"),
            ("https://a.example/?x=1", "query"),
            ("https://me:secret@a.example/", "user name or password"),
        ] {
            let error = Endpoints::new(text, "https://a.example")
                .unwrap_err()
                .to_string();
            assert!(
                error.contains(reason) && !error.contains("secret"),
                "{error}"
            );
        }
    }

    #[test]
    fn only_connections_to_the_named_hosts_go_elsewhere() {
        let reroute = Endpoints::new("https://localhost:9443", "https://localhost:9443/v1")
            .unwrap()
            .connect_to(url("https://idp:8443"))
            .reroute();
        assert_eq!(
            reroute
                .apply(&url("https://localhost:9443/v1/roles?limit=2"))
                .as_str(),
            "https://idp:8443/v1/roles?limit=2"
        );
        let elsewhere = url("https://other.example/token");
        assert_eq!(reroute.apply(&elsewhere), elsewhere);
    }

    #[test]
    fn loopback_is_this_machine_only() {
        assert!(is_loopback(&url("http://localhost:1/")) && is_loopback(&url("http://[::1]/")));
        assert!(!is_loopback(&url("http://localhost.example/")));
        assert!(!is_loopback(&url("http://192.168.0.1/")));
    }
}
