//! Starting the embedded environment: the configuration as its settings, and the demo environment.

use axum::Router;
use idp::demo::{self, Demo};
use idp::{Idp, PortalAddresses, bootstrap};
use platform::Parts;
use portal::{GrantType, ManagementSettings, ProviderSettings, SignOnSettings};
use protocol::pingone::{GrantTypeName, ResponseTypeName};
use protocol::secret::ClientSecret;
use url::Url;

use super::StartError;
use crate::config::Settings;
use crate::env_file::EnvironmentFile;

/// The embedded environment, started.
pub(super) struct Environment {
    idp: Idp,
    url: Url,
    /// Where the management API is reached, if not there.
    api_public_url: Option<Url>,
    demo: Option<Demo>,
    mailbox: bool,
}

/// Starts it and, if configured, makes the demo environment, whose web application is the portal at
/// `portal_url`. `own_authority` signed the certificates of both, as PEM.
pub(super) async fn start(
    settings: &Settings,
    url: &Url,
    portal_url: &Url,
    own_authority: Option<String>,
    parts: Parts,
) -> Result<Environment, StartError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| StartError::Environment(error);
    let idp = start_idp(settings, url, own_authority, parts).await?;
    let demo = if settings.idp.demo {
        let made = Box::pin(demo::ensure(&idp, portal_addresses(settings, portal_url))).await;
        Some(made.map_err(|error| failed(Box::new(error)))?)
    } else {
        let some = bootstrap::has_environments(&idp).await;
        if !some.map_err(|error| failed(Box::new(error)))? {
            tracing::warn!(
                "there is no environment yet; `latchkey environment create NAME` makes one"
            );
        }
        None
    };
    Ok(Environment {
        idp,
        url: url.clone(),
        api_public_url: settings.idp.settings.api_public_url.clone(),
        demo,
        mailbox: settings.idp.settings.mailbox,
    })
}

/// The embedded environment on this database, with nothing served.
pub(super) async fn start_idp(
    settings: &Settings,
    url: &Url,
    own_authority: Option<String>,
    parts: Parts,
) -> Result<Idp, StartError> {
    let mut settings = settings.idp.settings.clone();
    settings.public_url = url.clone();
    settings.own_authority = own_authority;
    // It is too large for a caller's stack frame.
    Box::pin(Idp::start(settings, parts))
        .await
        .map_err(|error| StartError::Environment(Box::new(error)))
}

/// The portal at this address as the environment's web application sees it.
pub(super) fn portal_addresses(settings: &Settings, portal_url: &Url) -> PortalAddresses {
    let sign_on = &settings.portal.settings.sign_on;
    let mut portal = PortalAddresses::new(portal_url.clone());
    portal.redirect_path.clone_from(&sign_on.redirect_path);
    portal.token_endpoint_auth_method = sign_on.token_endpoint_auth_method;
    portal
        .post_sign_off_url
        .clone_from(&sign_on.post_sign_off_url);
    (portal.grant_types, portal.response_types) = grants(sign_on);
    portal
}

/// What the portal, as configured, gets its tokens by, and nothing more.
fn grants(sign_on: &SignOnSettings) -> (Vec<GrantTypeName>, Vec<ResponseTypeName>) {
    match sign_on.grant_type {
        GrantType::AuthorizationCode => (
            vec![
                GrantTypeName::AuthorizationCode,
                GrantTypeName::RefreshToken,
            ],
            vec![ResponseTypeName::Code],
        ),
        GrantType::Implicit => {
            let asked = sign_on.response_type;
            let token = asked.token.then_some(ResponseTypeName::Token);
            let id_token = asked.id_token.then_some(ResponseTypeName::IdToken);
            (
                vec![GrantTypeName::Implicit],
                token.into_iter().chain(id_token).collect(),
            )
        }
        GrantType::ClientCredentials => (vec![GrantTypeName::ClientCredentials], Vec::new()),
    }
}

impl Environment {
    pub(super) fn router(&self) -> Router {
        self.idp.router()
    }

    /// Whether it holds people whose passwords are known.
    pub(super) fn has_demo_data(&self) -> bool {
        self.demo.is_some()
    }

    /// Whether mails go to the mailbox page.
    pub(super) fn has_mailbox(&self) -> bool {
        self.mailbox
    }

    /// Fills in what the environment file says of it.
    pub(super) fn describe(&self, env: &mut EnvironmentFile) {
        env.auth_url = self.url.to_string();
        env.api_url = self.api_url().to_string();
        if self.mailbox {
            env.mailbox_url = format!("{}mailbox", self.url);
        }
        let Some(demo) = &self.demo else { return };
        env.environment_id = demo.environment_id.to_string();
        demo.issuer.as_str().clone_into(&mut env.issuer);
        env.client_id = demo.client_id.to_string();
        demo.client_secret
            .expose()
            .clone_into(&mut env.client_secret);
        env.worker_client_id = demo.worker_client_id.to_string();
        demo.worker_client_secret
            .expose()
            .clone_into(&mut env.worker_client_secret);
        demo.user.username.clone_into(&mut env.demo_username);
        demo.user
            .password
            .expose()
            .clone_into(&mut env.demo_password);
        demo.operator
            .username
            .clone_into(&mut env.operator_username);
        demo.operator
            .password
            .expose()
            .clone_into(&mut env.operator_password);
    }

    /// The demo environment, with its web application.
    pub(super) fn provider(&self) -> Option<ProviderSettings> {
        let demo = self.demo.as_ref()?;
        Some(ProviderSettings {
            issuer: demo.issuer.clone(),
            client_id: demo.client_id.to_string(),
            client_secret: Some(ClientSecret::new(demo.client_secret.expose())),
        })
    }

    /// The demo worker.
    pub(super) fn worker(&self) -> Option<ManagementSettings> {
        let demo = self.demo.as_ref()?;
        Some(ManagementSettings {
            auth_url: self.url.clone(),
            api_url: self.api_url(),
            environment: demo.environment_id,
            worker_client_id: demo.worker_client_id.to_string(),
            worker_client_secret: ClientSecret::new(demo.worker_client_secret.expose()),
        })
    }

    fn api_url(&self) -> Url {
        let mut url = self.api_public_url.as_ref().unwrap_or(&self.url).clone();
        url.set_path("/v1/");
        url
    }

    /// Background work until `stop` completes.
    pub(super) fn run_jobs(
        &self,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> impl Future<Output = ()> + Send + 'static {
        let idp = self.idp.clone();
        async move { idp.run_jobs(stop).await }
    }
}
