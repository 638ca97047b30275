//! Putting the portal together from its settings.

use std::sync::Arc;

use db::StoreError;
use pingone::{Credentials, Endpoints, Transport, auth, management};
use pingone_axum::{GrantType, InvalidSignOn, SignOn};
use platform::Parts;
use protocol::oauth::{InvalidUri, RedirectUri};
use ui::{Messages, Site};
use web::Background;

use crate::limits::Limits;
use crate::paths::Page;
use crate::settings::{ManagementSettings, ProviderSettings, Settings};
use crate::sign_on_pages::SignOnPages;
use crate::state::{Inner, Jobs, LedToSignOn, Portal, Services};
use crate::store::{COOKIE_PREFIX, MIGRATIONS, SET, Sessions, Tokens};
use crate::texts::TEXTS;
use crate::visit::FLASHES_FOR_SIGN_ON;

/// Why the portal did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The database does not answer, or its tables cannot be brought up to date.
    #[error("the portal's tables cannot be used")]
    Database(#[from] StoreError),
    /// Connections to the provider or PingOne cannot be made with these settings.
    #[error("connections to the OpenID provider or PingOne cannot be made")]
    Outgoing(#[from] pingone::Error),
    /// The redirect path is one that the portal has a page at.
    #[error("the redirect path `{0}` is a page of the portal; choose another one")]
    RedirectPath(String),
    /// The public address makes no redirect URI.
    #[error("the portal's public address and the redirect path make no redirect URI")]
    RedirectUri(#[from] InvalidUri),
    /// Settings of signing on cannot work.
    #[error("signing on cannot work")]
    SignOn(#[from] InvalidSignOn),
}

impl Portal {
    /// Brings the portal's tables up to date and puts everything together.
    ///
    /// Neither the OpenID provider nor PingOne is connected to: one that is down is no reason not
    /// to start.
    ///
    /// # Errors
    ///
    /// [`StartError`] when the database does not answer, or a setting cannot work.
    pub async fn new(settings: Settings, parts: Parts) -> Result<Self, StartError> {
        start(settings, parts).await
    }
}

async fn start(settings: Settings, parts: Parts) -> Result<Portal, StartError> {
    parts.db.migrate(SET, MIGRATIONS).await?;
    let site = site(&settings);
    let sessions = Sessions::new(
        parts.db.clone(),
        Arc::clone(&parts.clock),
        Arc::clone(&parts.random),
        Arc::clone(&parts.keyring),
        settings.session,
    );
    let transport = transport(&settings, &parts)?;
    let sign_on = settings
        .sign_on
        .provider
        .as_ref()
        .map(|provider| sign_on(provider, &settings, &parts, &site, &sessions, &transport))
        .transpose()?;
    let management = settings
        .management
        .as_ref()
        .map(|management| self::management(management, &settings, &transport))
        .transpose()?;
    let background = Background::default();
    let services = management
        .map(|management| Services::new(management, &settings, &parts.clock, background.clone()));
    let inner = Inner {
        limits: Limits::new(&settings.limits, Arc::clone(&parts.clock)),
        site,
        sessions,
        sign_on,
        services,
        background,
        led_to_sign_on: LedToSignOn::default(),
        jobs: Jobs::default(),
        settings,
        parts,
    };
    Ok(Portal {
        inner: Arc::new(inner),
    })
}

fn site(settings: &Settings) -> Site {
    let messages = Messages::english(&[TEXTS]);
    let site = Site::new(messages, Arc::new(settings.brand.clone()), settings.mode);
    let site = match &settings.notice {
        Some(notice) => site.with_notice(notice.clone()),
        None => site,
    };
    match &settings.explain {
        Some(_) => site.explaining(),
        None => site,
    }
}

fn transport(settings: &Settings, parts: &Parts) -> Result<Transport, pingone::Error> {
    let mut builder = Transport::builder()
        .total_timeout(settings.outgoing.total_timeout)
        .clock(platform::clock::as_function(Arc::clone(&parts.clock)))
        .random(Arc::clone(&parts.random));
    if let Some(mark) = settings.outgoing.mark {
        builder = builder.mark_requests(mark);
    }
    for (host, address) in &settings.outgoing.resolved {
        builder = builder.resolve(host.clone(), *address);
    }
    if let Some(pem) = &settings.outgoing.ca_pem {
        builder = builder.only_trust(pem.as_bytes());
    }
    builder.build()
}

fn sign_on(
    provider: &ProviderSettings,
    settings: &Settings,
    parts: &Parts,
    site: &Site,
    sessions: &Sessions,
    transport: &Transport,
) -> Result<SignOn, StartError> {
    let sign_on = &settings.sign_on;
    let redirect_path = sign_on.redirect_path.as_str();
    if Page::find(redirect_path).is_some() || redirect_path.starts_with(ui::assets::PREFIX) {
        return Err(StartError::RedirectPath(redirect_path.to_owned()));
    }
    let base = settings.public_url.as_str().trim_end_matches('/');
    let redirect_uri = RedirectUri::parse(&format!("{base}{redirect_path}"))?;
    let signed_off = sign_on
        .post_sign_off_url
        .as_ref()
        .unwrap_or(&settings.public_url);
    let mut how = pingone_axum::SignOnSettings::new(redirect_uri)
        .post_logout_redirect_uri(RedirectUri::parse(signed_off.as_str())?)
        .scopes(sign_on.scopes.clone())
        .grant_type(sign_on.grant_type)
        .response_type(sign_on.response_type)
        .acr_values(sign_on.acr_values.clone())
        .session_lifetime(settings.session.absolute)
        .cookie_prefix(COOKIE_PREFIX);
    if let (Some(mode), GrantType::AuthorizationCode | GrantType::Implicit) =
        (sign_on.response_mode, sign_on.grant_type)
    {
        how = how.response_mode(mode);
    }
    if let Some(prompt) = &sign_on.prompt {
        how = how.prompt(prompt.clone());
    }
    if let Some(seconds) = sign_on.max_age_seconds {
        how = how.max_age_seconds(seconds);
    }
    let credentials = Credentials::from_method(
        provider.client_id.clone(),
        sign_on.token_endpoint_auth_method,
        provider.client_secret.clone(),
    )?;
    let mut client = auth::Client::builder(provider.issuer.clone(), credentials, transport.clone())
        .algorithms(sign_on.algorithms.clone());
    if let Some(base) = &settings.outgoing.back_channel_url {
        client = client.connect_to(base.clone());
    }
    let tokens = Tokens::new(
        parts.db.clone(),
        Arc::clone(&parts.random),
        Arc::clone(&parts.keyring),
    );
    Ok(SignOn::builder(client.build(), how)
        .sessions(sessions.clone())
        .tokens(tokens)
        .pages(SignOnPages::new(site.clone(), settings))
        .keep(FLASHES_FOR_SIGN_ON)
        .build()?)
}

fn management(
    management: &ManagementSettings,
    settings: &Settings,
    transport: &Transport,
) -> Result<management::Client, pingone::Error> {
    let mut endpoints = Endpoints::new(management.auth_url.as_str(), management.api_url.as_str())?;
    if let Some(base) = &settings.outgoing.back_channel_url {
        endpoints = endpoints.connect_to(base.clone());
    }
    let worker = Credentials::new(
        management.worker_client_id.clone(),
        pingone::ClientAuthentication::ClientSecretBasic(management.worker_client_secret.clone()),
    );
    Ok(management::Client::new(
        &endpoints,
        management.environment,
        worker,
        transport.clone(),
    ))
}
