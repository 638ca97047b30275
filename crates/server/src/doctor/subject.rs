//! What is examined: the portal's settings, complete with what an environment file says.

use idp::SmtpSettings;
use portal::{ManagementSettings, ProviderSettings};
use protocol::id::EnvironmentId;
use protocol::oauth::Issuer;
use protocol::secret::ClientSecret;
use ui::Mode;
use url::Url;

use crate::config::Settings;
use crate::env_file::EnvironmentFile;

/// The portal as it is set up, and where that is said.
#[derive(Clone, Debug)]
pub struct Subject {
    pub(super) portal: portal::Settings,
    /// The mail server of the environment, if the environment is this configuration's own.
    pub(super) smtp: Option<SmtpSettings>,
    /// Where the environment keeps mails instead of sending them, in development.
    pub(super) mailbox: Option<String>,
    pub(super) source: String,
}

/// Why an environment file leads nowhere.
#[derive(Debug, thiserror::Error)]
#[error("{key} in the environment file is no {what}")]
pub struct InvalidEntry {
    key: &'static str,
    what: &'static str,
}

impl Subject {
    /// What the configuration alone says.
    pub fn configured(settings: &Settings) -> Self {
        let portal = settings.portal.settings.clone();
        let own = settings.idp_url();
        let is_own = portal
            .sign_on
            .provider
            .as_ref()
            .is_some_and(|provider| provider.issuer.as_str().starts_with(own.as_str()));
        Self {
            smtp: settings.idp.settings.smtp.clone().filter(|_| is_own),
            mailbox: None,
            portal,
            source: "the configuration".to_owned(),
        }
    }

    /// The configuration with provider, application, worker and the portal's address from an
    /// environment file. `authority` is the text of the file that it names, `source` its path.
    ///
    /// # Errors
    ///
    /// [`InvalidEntry`] names the entry that cannot be read.
    pub fn from_env_file(
        settings: &Settings,
        file: &EnvironmentFile,
        authority: Option<String>,
        source: impl Into<String>,
    ) -> Result<Self, InvalidEntry> {
        let mut subject = Self {
            smtp: settings.idp.settings.smtp.clone(),
            mailbox: Some(file.mailbox_url.clone()).filter(|url| !url.is_empty()),
            source: source.into(),
            portal: settings.portal.settings.clone(),
        };
        let portal = &mut subject.portal;
        if !file.portal_url.is_empty() {
            portal.public_url = address("PORTAL_URL", &file.portal_url)?;
        }
        if !file.client_id.is_empty() {
            let what = "issuer";
            portal.sign_on.provider = Some(ProviderSettings {
                issuer: Issuer::parse(&file.issuer).map_err(|_| InvalidEntry {
                    key: "ISSUER",
                    what,
                })?,
                client_id: file.client_id.clone(),
                client_secret: secret(&file.client_secret),
            });
        }
        if let Some(worker_client_secret) = secret(&file.worker_client_secret) {
            let environment = EnvironmentId::parse(&file.environment_id);
            portal.management = Some(ManagementSettings {
                auth_url: address("AUTH_URL", &file.auth_url)?,
                api_url: address("API_URL", &file.api_url)?,
                environment: environment.map_err(|_| InvalidEntry {
                    key: "ENVIRONMENT_ID",
                    what: "id",
                })?,
                worker_client_id: file.worker_client_id.clone(),
                worker_client_secret,
            });
        }
        if authority.is_some() {
            portal.outgoing.ca_pem = authority;
        }
        Ok(subject)
    }

    pub(super) fn issuer(&self) -> Option<&str> {
        let provider = self.portal.sign_on.provider.as_ref();
        provider.map(|provider| provider.issuer.as_str())
    }

    /// Whether what is right for trying out is not right here.
    pub(super) fn is_production(&self) -> bool {
        self.portal.mode == Mode::Production
    }

    /// The redirect URI, as the portal sends it.
    pub(super) fn redirect_uri(&self) -> String {
        let base = self.portal.public_url.as_str().trim_end_matches('/');
        format!("{base}{}", self.portal.sign_on.redirect_path)
    }

    /// The address after signing off, as the portal sends it.
    pub(super) fn sign_off_uri(&self) -> &str {
        let address = self.portal.sign_on.post_sign_off_url.as_ref();
        address.unwrap_or(&self.portal.public_url).as_str()
    }
}

fn secret(text: &str) -> Option<ClientSecret> {
    (!text.is_empty()).then(|| ClientSecret::new(text))
}

fn address(key: &'static str, text: &str) -> Result<Url, InvalidEntry> {
    let what = "address";
    Url::parse(text).map_err(|_| InvalidEntry { key, what })
}
