//! How the portal reaches the environment in the same process: at its own listener, whatever stands
//! in front of both.
//!
//! A public address leads out of the machine and back in by a proxy, a balancer or a router, and
//! through each of them nobody could sign on while it is away. So the portal connects to the
//! listener, unless the configuration says where to connect. Trust stays what it was: over TLS the
//! certificate must be good for the *public* name, since only where the name is changes, not the name;
//! and plain HTTP goes over loopback alone.

use std::net::SocketAddr;

use url::Url;

use super::reserved::Reserved;
use crate::config::Settings;
use crate::config::settings::Tls;

/// Where the environment of this process listens, and the addresses that lead there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OwnListener {
    address: SocketAddr,
    is_tls: bool,
    public: Vec<Url>,
}

impl OwnListener {
    /// The one that was reserved, where both servers are.
    pub(super) fn of(settings: &Settings, reserved: &Reserved) -> Option<Self> {
        let (bound, url) = reserved.idp.as_ref().zip(reserved.idp_url.as_ref())?;
        reserved.portal.as_ref()?;
        let further = settings.idp.settings.further_addresses();
        Some(Self {
            address: bound.address().from_here(),
            is_tls: settings.tls != Tls::Off,
            public: std::iter::once(url).chain(further).cloned().collect(),
        })
    }

    /// Lets a portal connect here, if everything that it asks is this environment's, and nothing
    /// else was said.
    pub(super) fn connect(&self, settings: &mut portal::Settings) {
        if settings.outgoing.back_channel_url.is_some() || !self.is_asked_alone(settings) {
            return;
        }
        if !self.is_tls {
            settings.outgoing.back_channel_url = self.plain();
        } else if self.public.iter().all(|url| self.has_port(url)) {
            let hosts = self.public.iter().filter_map(Url::domain);
            let hosts = hosts.map(|host| (host.to_owned(), self.address));
            settings.outgoing.resolved = hosts.collect();
        }
    }

    /// Whether the portal asks nobody but this environment.
    fn is_asked_alone(&self, settings: &portal::Settings) -> bool {
        let is_ours = |url: &Url| self.public.iter().any(|own| own.origin() == url.origin());
        let provider = settings.sign_on.provider.as_ref();
        let signs_on = provider.is_none_or(|provider| is_ours(provider.issuer.as_url()));
        let management = settings.management.as_ref();
        signs_on && management.is_none_or(|to| is_ours(&to.auth_url) && is_ours(&to.api_url))
    }

    /// The listener without TLS; secrets go to nobody but this machine.
    fn plain(&self) -> Option<Url> {
        let is_here = self.address.ip().is_loopback();
        let url = format!("http://{}/", self.address);
        is_here.then(|| Url::parse(&url).ok()).flatten()
    }

    /// Whether connections for an address end at the listener's port: one that it names is kept.
    fn has_port(&self, url: &Url) -> bool {
        url.port().is_none_or(|port| port == self.address.port())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).unwrap()
    }

    fn listener(address: &str, is_tls: bool, public: &str) -> OwnListener {
        OwnListener {
            address: address.parse().unwrap(),
            is_tls,
            public: vec![url(public)],
        }
    }

    fn connected(
        own: &OwnListener,
        auth_url: &str,
        said: Option<&str>,
    ) -> portal::OutgoingSettings {
        let sources = crate::config::Sources::default();
        let settings = crate::config::Loaded::read(&sources).settings().unwrap();
        let mut settings = settings.portal.settings;
        settings.management = Some(portal::ManagementSettings {
            auth_url: url(auth_url),
            api_url: url(auth_url),
            environment: protocol::id::EnvironmentId::random(&protocol::SystemRandom),
            worker_client_id: "worker".to_owned(),
            worker_client_secret: protocol::secret::ClientSecret::new("secret"),
        });
        settings.outgoing.back_channel_url = said.map(url);
        own.connect(&mut settings);
        settings.outgoing
    }

    #[test]
    fn without_tls_the_portal_connects_over_loopback_alone() {
        let public = "https://auth.example.com/";
        let own = listener("127.0.0.1:9443", false, public);
        let outgoing = connected(&own, public, None);
        assert_eq!(
            outgoing.back_channel_url,
            Some(url("http://127.0.0.1:9443/"))
        );
        assert_eq!(outgoing.resolved, []);

        let elsewhere = listener("10.1.2.3:9443", false, public);
        assert_eq!(connected(&elsewhere, public, None).back_channel_url, None);
    }

    #[test]
    fn with_tls_only_where_the_name_is_changes() {
        let public = "https://auth.example.com/";
        let own = listener("127.0.0.1:9443", true, public);
        let outgoing = connected(&own, public, None);
        assert_eq!(outgoing.back_channel_url, None);
        let expected = ("auth.example.com".to_owned(), own.address);
        assert_eq!(outgoing.resolved, [expected]);

        let other_port = "https://auth.example.com:8443/";
        let own = listener("127.0.0.1:9443", true, other_port);
        assert_eq!(connected(&own, other_port, None).resolved, []);
    }

    #[test]
    fn what_is_said_and_what_is_elsewhere_stay() {
        let public = "https://auth.example.com/";
        let own = listener("127.0.0.1:9443", true, public);
        let said = connected(&own, public, Some(public));
        assert_eq!(said.back_channel_url, Some(url(public)));
        assert_eq!(said.resolved, []);
        let pingone = connected(&own, "https://auth.pingone.eu/", None);
        assert_eq!(pingone.resolved, []);
    }
}
