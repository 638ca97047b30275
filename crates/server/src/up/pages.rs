//! Starting the portal: the configuration as its settings, completed by the demo environment.

use std::sync::Arc;

use axum::Router;
use jiff::SignedDuration;
use portal::{
    GrantType, LimitSettings, ManagementSettings, OutgoingSettings, Parts, PopulationChoice,
    Portal, RegistrationSettings, SessionSettings, SignOnSettings,
};
use protocol::oauth::TokenEndpointAuthMethod;
use protocol::secret::ClientSecret;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::watch;
use tokio::task::JoinSet;
use ui::Brand;
use url::Url;

use super::environment::Environment;
use super::{Shared, StartError, stopped, ui_mode};
use crate::config::{Settings, settings};

/// What the portal is made from.
pub(super) struct Pages<'a> {
    pub(super) settings: &'a Settings,
    pub(super) url: &'a Url,
    pub(super) brand: &'a Arc<Brand>,
    /// The embedded environment, when it runs in this process.
    pub(super) environment: Option<&'a Environment>,
    /// Authorities that outgoing connections trust beside the system's.
    pub(super) ca_pem: Option<String>,
}

impl Pages<'_> {
    /// Starts the portal; its jobs run until `stop` says so.
    pub(super) async fn start(
        self,
        shared: Shared,
        jobs: &mut JoinSet<()>,
        stop: watch::Receiver<bool>,
    ) -> Result<Router, StartError> {
        let Shared {
            db,
            clock,
            random,
            keyring,
        } = shared;
        let parts = Parts {
            db,
            clock,
            random,
            keyring,
        };
        let portal = Portal::new(self.portal_settings(), parts)
            .await
            .map_err(|error| StartError::Portal(Box::new(error)))?;
        let router = portal.router();
        jobs.spawn(async move { portal.run_jobs(stopped(stop)).await });
        Ok(router)
    }

    fn portal_settings(&self) -> portal::Settings {
        let configured = &self.settings.portal;
        let mode = ui_mode(self.settings.mode);
        portal::Settings {
            public_url: self.url.clone(),
            brand: Brand::clone(self.brand),
            mode,
            notice: (mode == ui::Mode::Development).then(|| super::NOTICE.to_owned()),
            environment_name: None,
            session: SessionSettings {
                idle: SignedDuration::from_secs(configured.session_idle_seconds),
                absolute: SignedDuration::from_secs(configured.session_absolute_seconds),
            },
            sign_on: self.sign_on(),
            management: self.management(),
            outgoing: OutgoingSettings {
                ca_pem: self.ca_pem.clone(),
                back_channel_url: configured.pingone.back_channel_url.clone(),
                ..OutgoingSettings::default()
            },
            registration: registration(&configured.registration),
            operator_roles: configured.operator_roles.clone(),
            limits: LimitSettings {
                sign_on_per_minute: configured.limits.sign_on,
                registration_per_minute: configured.limits.registration,
                recovery_per_minute: configured.limits.recovery,
                ..LimitSettings::default()
            },
        }
    }

    /// The configured provider, or the demo environment's web application.
    fn sign_on(&self) -> Option<SignOnSettings> {
        let configured = &self.settings.portal.sign_on;
        let (issuer, client_id, client_secret) = match (&configured.issuer, &configured.client_id) {
            (Some(issuer), Some(client_id)) => (
                issuer.clone(),
                client_id.clone(),
                configured.client_secret.as_ref().map(client_secret),
            ),
            _ => self.environment?.web_application()?,
        };
        let is_public = configured.token_endpoint_auth_method == TokenEndpointAuthMethod::None;
        Some(SignOnSettings {
            issuer,
            client_id,
            client_secret: client_secret.filter(|_| !is_public),
            token_endpoint_auth_method: configured.token_endpoint_auth_method,
            algorithms: configured.algorithms.clone(),
            redirect_path: configured.redirect_path.clone(),
            grant_type: match configured.grant_type {
                settings::GrantType::AuthorizationCode => GrantType::AuthorizationCode,
                settings::GrantType::Implicit => GrantType::Implicit,
                settings::GrantType::ClientCredentials => GrantType::ClientCredentials,
            },
            response_type: configured.response_type,
            response_mode: configured.response_mode,
            scopes: configured.scopes.clone(),
            prompt: configured.prompt.clone(),
            max_age_seconds: configured.max_age_seconds,
            acr_values: configured.acr_values.clone(),
            post_sign_off_url: configured.post_sign_off_url.clone(),
        })
    }

    /// The configured environment and worker, or the demo environment's.
    fn management(&self) -> Option<ManagementSettings> {
        let pingone = &self.settings.portal.pingone;
        let configured = || {
            Some(ManagementSettings {
                auth_url: pingone.auth_url.clone()?,
                api_url: pingone.api_url.clone()?,
                environment: pingone.environment_id?,
                worker_client_id: pingone.worker_client_id.clone()?,
                worker_client_secret: client_secret(pingone.worker_client_secret.as_ref()?),
            })
        };
        configured().or_else(|| self.environment?.worker())
    }
}

fn client_secret(secret: &SecretString) -> ClientSecret {
    ClientSecret::new(secret.expose_secret())
}

fn registration(configured: &settings::Registration) -> RegistrationSettings {
    RegistrationSettings {
        enabled: configured.enabled,
        ask_given_name: configured.ask_given_name,
        ask_family_name: configured.ask_family_name,
        verify_email: configured.verify_email,
        population: match &configured.population {
            settings::PopulationChoice::Fixed(id) => PopulationChoice::Fixed(*id),
            settings::PopulationChoice::Choose(ids) => PopulationChoice::Choose(ids.clone()),
            settings::PopulationChoice::EmailDomain => PopulationChoice::EmailDomain,
        },
    }
}
