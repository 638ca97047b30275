//! Starting the portal: the configuration as its settings, completed by the demo environment.

use platform::Parts;
use portal::Portal;
use ui::Mode;
use url::Url;

use super::StartError;
use super::environment::Environment;
use super::own_listener::OwnListener;
use crate::config::Settings;
use crate::front;

/// What the portal is made from.
pub(super) struct Pages<'a> {
    pub(super) settings: &'a Settings,
    pub(super) url: &'a Url,
    /// The embedded environment, when it runs in this process.
    pub(super) environment: Option<&'a Environment>,
    /// Authorities that outgoing connections trust beside the system's.
    pub(super) ca_pem: Option<String>,
    /// Where the environment of this process listens.
    pub(super) own: Option<&'a OwnListener>,
}

impl Pages<'_> {
    /// Starts the portal.
    pub(super) async fn start(self, parts: Parts) -> Result<Portal, StartError> {
        Portal::new(self.portal_settings(), parts)
            .await
            .map_err(|error| StartError::Portal(Box::new(error)))
    }

    /// What a banner says above every page in development: what is relaxed here.
    fn notice(&self) -> String {
        let has = |what: fn(&Environment) -> bool| self.environment.is_some_and(what);
        let relaxed = match (
            has(Environment::has_demo_data),
            has(Environment::has_mailbox),
        ) {
            (true, true) => "known passwords, and mails go to the mailbox",
            (true, false) => "known passwords",
            (false, true) => "mails go to the mailbox",
            (false, false) => "error pages show their causes",
        };
        let networks = front::listed(&self.settings.server.development_networks);
        if networks.is_empty() {
            format!("Development mode: {relaxed}.")
        } else {
            format!("Development mode, open to {networks}: {relaxed}.")
        }
    }

    fn portal_settings(&self) -> portal::Settings {
        let mut settings = self.settings.portal.settings.clone();
        settings.public_url = self.url.clone();
        settings.notice = (settings.mode == Mode::Development).then(|| self.notice());
        settings.outgoing.ca_pem.clone_from(&self.ca_pem);
        if let Some(environment) = self.environment {
            let provider = &mut settings.sign_on.provider;
            *provider = provider.take().or_else(|| environment.provider());
            settings.management = settings.management.or_else(|| environment.worker());
        }
        if let Some(own) = self.own {
            own.connect(&mut settings);
        }
        settings
    }
}
