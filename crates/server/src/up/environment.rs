//! Starting the embedded environment: the configuration as its settings, and the demo environment.

use axum::Router;
use idp::{Idp, PortalAddresses, bootstrap, demo};
use platform::Parts;
use portal::{GrantType, ManagementSettings, ProviderSettings, SignOnSettings};
use protocol::id::EnvironmentId;
use protocol::oauth::Issuer;
use protocol::pingone::{GrantTypeName, ResponseTypeName};
use protocol::secret::ClientSecret;
use ui::Notice;
use url::Url;

use super::StartError;
use crate::config::Settings;
use crate::env_file::EnvironmentFile;
use crate::seed::{self, Existing, People, Seed, SeededAccount};

/// The embedded environment, started.
#[derive(Clone)]
pub(super) struct Environment {
    idp: Idp,
    /// Who signed the certificates of both sides, as PEM.
    own_authority: Option<String>,
    /// The banner of its pages.
    notice: Option<Notice>,
    url: Url,
    /// Where the management API is reached, if not there.
    api_public_url: Option<Url>,
    founded: Option<Founded>,
    mailbox: bool,
}

/// What the portal works with, and who can sign on with a password that is known.
#[derive(Clone)]
struct Founded {
    environment: EnvironmentId,
    issuer: Issuer,
    client_id: String,
    client_secret: Option<ClientSecret>,
    worker: Option<(String, ClientSecret)>,
    people: People,
}

impl From<demo::Demo> for Founded {
    fn from(demo: demo::Demo) -> Self {
        let account = |account: demo::Account| SeededAccount {
            username: account.username.to_owned(),
            password: account.password,
        };
        Self {
            environment: demo.environment_id,
            issuer: demo.issuer,
            client_id: demo.client_id.to_string(),
            client_secret: Some(demo.client_secret),
            worker: Some((demo.worker_client_id.to_string(), demo.worker_client_secret)),
            people: People {
                user: Some(account(demo.user)),
                operator: Some(account(demo.operator)),
            },
        }
    }
}

/// Brings a seed up, with the portal's applications: the seed's own, or, where it names none, those
/// of the demo in its first environment.
async fn seeded(
    settings: &Settings,
    idp: &Idp,
    seed: &Seed,
    portal_url: &Url,
) -> Result<Option<Founded>, StartError> {
    let portal = portal_addresses(settings, portal_url);
    let seed = seed.clone().for_portal(&portal);
    seed::apply(idp, &seed, Existing::Replace).await?;
    let people = seed::people(&seed);
    if let Some(own) = seed::portal(idp, &seed).await? {
        return Ok(Some(Founded {
            environment: own.environment,
            issuer: own.issuer,
            client_id: own.client_id.to_string(),
            client_secret: own.client_secret,
            worker: own.worker.map(|(id, secret)| (id.to_string(), secret)),
            people,
        }));
    }
    let first = seed.environment_ids().first().copied();
    let Some(environment) = first.filter(|_| settings.idp.demo) else {
        return Ok(None);
    };
    let made = Box::pin(demo::portal_applications(idp, environment, &portal)).await;
    let made = made.map_err(|error| StartError::Environment(Box::new(error)))?;
    Ok(made.map(|made| Founded {
        environment,
        issuer: idp.issuer(environment),
        client_id: made.client_id.to_string(),
        client_secret: Some(made.client_secret),
        worker: Some((made.worker_client_id.to_string(), made.worker_client_secret)),
        people,
    }))
}

/// Starts it and brings up the seed, or, if configured, makes the demo environment, whose web
/// application is the portal at `portal_url`. `own_authority` signed the certificates of both, as PEM.
pub(super) async fn start(
    settings: &Settings,
    (url, portal_url): (&Url, &Url),
    own_authority: Option<String>,
    notice: Option<Notice>,
    parts: Parts,
    seed: Option<&Seed>,
) -> Result<Environment, StartError> {
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| StartError::Environment(error);
    let idp = start_idp(settings, url, own_authority.clone(), notice.clone(), parts).await?;
    let founded = if let Some(seed) = seed {
        seeded(settings, &idp, seed, portal_url).await?
    } else if settings.idp.demo {
        let made = Box::pin(demo::ensure(&idp, portal_addresses(settings, portal_url))).await;
        Some(made.map_err(|error| failed(Box::new(error)))?.into())
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
        own_authority,
        notice,
        url: url.clone(),
        api_public_url: settings.idp.settings.api_public_url.clone(),
        founded,
        mailbox: settings.idp.settings.mailbox,
    })
}

/// The embedded environment on this database, with nothing served.
pub(super) async fn start_idp(
    settings: &Settings,
    url: &Url,
    own_authority: Option<String>,
    notice: Option<Notice>,
    parts: Parts,
) -> Result<Idp, StartError> {
    let explained = settings.explain_keep > 0;
    let mut settings = settings.idp.settings.clone();
    settings.public_url = url.clone();
    settings.notice = notice;
    settings.explained = explained;
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
    settings
        .portal
        .settings
        .brand
        .name()
        .clone_into(&mut portal.name);
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
    /// The same environment on another copy of its database.
    pub(super) async fn again(
        &self,
        settings: &Settings,
        parts: Parts,
    ) -> Result<Self, StartError> {
        let (authority, notice) = (self.own_authority.clone(), self.notice.clone());
        Ok(Self {
            idp: start_idp(settings, &self.url, authority, notice, parts).await?,
            ..self.clone()
        })
    }

    /// The embedded environment itself.
    pub(super) fn idp(&self) -> Idp {
        self.idp.clone()
    }

    pub(super) fn router(&self) -> Router {
        self.idp.router()
    }

    /// Where it is reached.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Fills in what the environment file says of it.
    pub(super) fn describe(&self, env: &mut EnvironmentFile) {
        env.auth_url = self.url.to_string();
        env.api_url = self.api_url().to_string();
        if self.mailbox {
            env.mailbox_url = format!("{}mailbox", self.url);
        }
        let Some(founded) = &self.founded else {
            return;
        };
        env.environment_id = founded.environment.to_string();
        founded.issuer.as_str().clone_into(&mut env.issuer);
        env.client_id.clone_from(&founded.client_id);
        if let Some(secret) = &founded.client_secret {
            secret.expose().clone_into(&mut env.client_secret);
        }
        if let Some((id, secret)) = &founded.worker {
            env.worker_client_id.clone_from(id);
            secret.expose().clone_into(&mut env.worker_client_secret);
        }
        if let Some(user) = &founded.people.user {
            env.demo_username.clone_from(&user.username);
            user.password.expose().clone_into(&mut env.demo_password);
        }
        if let Some(operator) = &founded.people.operator {
            env.operator_username.clone_from(&operator.username);
            let password = operator.password.expose();
            password.clone_into(&mut env.operator_password);
        }
    }

    /// The environment with the portal's web application.
    pub(super) fn provider(&self) -> Option<ProviderSettings> {
        let founded = self.founded.as_ref()?;
        Some(ProviderSettings {
            issuer: founded.issuer.clone(),
            client_id: founded.client_id.clone(),
            client_secret: founded.client_secret.clone(),
        })
    }

    /// The portal's worker.
    pub(super) fn worker(&self) -> Option<ManagementSettings> {
        let founded = self.founded.as_ref()?;
        let (id, secret) = founded.worker.clone()?;
        Some(ManagementSettings {
            auth_url: self.url.clone(),
            api_url: self.api_url(),
            environment: founded.environment,
            worker_client_id: id,
            worker_client_secret: secret,
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
