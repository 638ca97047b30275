//! Starting the portal: the configuration as its settings, completed by the demo environment.

use explain::Explain;
use platform::Parts;
use portal::Portal;
use ui::Notice;
use url::Url;

use super::StartError;
use super::environment::Environment;
use super::own_listener::OwnListener;
use crate::config::Settings;
use crate::telemetry;

/// What the portal is made from.
pub(super) struct Pages<'a> {
    pub(super) settings: &'a Settings,
    pub(super) url: &'a Url,
    /// The banner.
    pub(super) notice: Option<&'a Notice>,
    /// The embedded environment, when it runs in this process.
    pub(super) environment: Option<&'a Environment>,
    /// Authorities that outgoing connections trust beside the system's.
    pub(super) ca_pem: Option<String>,
    /// What was checked while people signed on, if it is kept.
    pub(super) explain: Option<Explain>,
    /// Where the environment of this process listens.
    pub(super) own: Option<&'a OwnListener>,
    /// Whether requests are traced, so that what they ask of others belongs to their trace.
    pub(super) is_traced: bool,
}

impl Pages<'_> {
    /// Starts the portal.
    pub(super) async fn start(self, parts: Parts) -> Result<Portal, StartError> {
        Portal::new(self.portal_settings(), parts)
            .await
            .map_err(|error| StartError::Portal(Box::new(error)))
    }

    fn portal_settings(&self) -> portal::Settings {
        let mut settings = self.settings.portal.settings.clone();
        settings.public_url = self.url.clone();
        settings.notice = self.notice.cloned();
        settings.explain.clone_from(&self.explain);
        settings.outgoing.ca_pem.clone_from(&self.ca_pem);
        settings.outgoing.mark = self.is_traced.then_some(telemetry::pass_on);
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
