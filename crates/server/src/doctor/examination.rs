//! The clients that the checks ask by, and what earlier checks found for later ones.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use pingone::auth::{self, ProviderMetadata};
use pingone::{
    Application, ClientAuthentication, Credentials, Endpoints, Error, Retries, Transport,
    management,
};

use super::subject::Subject;
use super::wire::Wire;
use super::{Finding, Stop};

/// Nobody waits longer for one answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// An examination under way.
pub(super) struct Examination {
    pub(super) subject: Subject,
    pub(super) now: Timestamp,
    pub(super) wire: Wire,
    pub(super) provider: Option<auth::Client>,
    pub(super) worker: Option<Worker>,
    /// Whether the provider said that the worker holds no role.
    pub(super) is_without_roles: bool,
    pub(super) metadata: Option<Result<Arc<ProviderMetadata>, Error>>,
    pub(super) application: Option<Application>,
}

/// Why no connection can be made by these settings.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error(transparent)]
    Sdk(#[from] Error),
    #[error("TLS could not be set up with the authorities of portal.pingone.ca_file")]
    Wire(#[from] reqwest::Error),
}

/// The worker application, as what gets tokens and as what uses them.
#[derive(Clone)]
pub(super) struct Worker {
    pub(super) tokens: auth::Client,
    pub(super) management: management::Client,
}

impl Examination {
    pub(super) fn new(subject: Subject, now: Timestamp) -> Result<Self, Unusable> {
        let mut transport = Transport::builder()
            .retries(Retries::NONE)
            .total_timeout(PATIENCE)
            .clock(move || now);
        if let Some(pem) = &subject.portal.outgoing.ca_pem {
            transport = transport.only_trust(pem.as_bytes());
        }
        let transport = transport.build()?;
        let wire = Wire::new(&subject)?;
        Ok(Self {
            provider: provider(&subject, &transport)?,
            worker: worker(&subject, &transport)?,
            subject,
            now,
            wire,
            is_without_roles: false,
            metadata: None,
            application: None,
        })
    }

    pub(super) fn provider(&self) -> Result<auth::Client, Stop> {
        known(self.provider.clone(), "no provider is configured")
    }

    pub(super) fn metadata(&self) -> Result<Arc<ProviderMetadata>, Stop> {
        let metadata = self.metadata.clone().and_then(Result::ok);
        known(metadata, "the discovery document is not known")
    }

    pub(super) fn worker(&self) -> Result<Worker, Stop> {
        known(
            self.worker.clone(),
            "no worker is configured: environment_id, worker_client_id, worker_client_secret and \
             region in [portal.pingone]",
        )
    }

    pub(super) fn application(&self) -> Result<&Application, Stop> {
        known(self.application.as_ref(), "the application is not known")
    }
}

fn known<T>(fact: Option<T>, otherwise: &str) -> Result<T, Stop> {
    fact.ok_or_else(|| Stop::NotLookedAt(otherwise.to_owned()))
}

fn provider(subject: &Subject, transport: &Transport) -> Result<Option<auth::Client>, Error> {
    let sign_on = &subject.portal.sign_on;
    let Some(provider) = &sign_on.provider else {
        return Ok(None);
    };
    let credentials = Credentials::from_method(
        provider.client_id.clone(),
        sign_on.token_endpoint_auth_method,
        provider.client_secret.clone(),
    )?;
    let mut client = auth::Client::builder(provider.issuer.clone(), credentials, transport.clone());
    if let Some(base) = &subject.portal.outgoing.back_channel_url {
        client = client.connect_to(base.clone());
    }
    Ok(Some(client.build()))
}

fn worker(subject: &Subject, transport: &Transport) -> Result<Option<Worker>, Error> {
    let Some(settings) = &subject.portal.management else {
        return Ok(None);
    };
    let mut endpoints = Endpoints::new(settings.auth_url.as_str(), settings.api_url.as_str())?;
    let secret = settings.worker_client_secret.clone();
    let credentials = Credentials::new(
        settings.worker_client_id.clone(),
        ClientAuthentication::ClientSecretBasic(secret),
    );
    let issuer = endpoints.issuer(settings.environment);
    let mut tokens = auth::Client::builder(issuer, credentials.clone(), transport.clone());
    if let Some(base) = &subject.portal.outgoing.back_channel_url {
        endpoints = endpoints.connect_to(base.clone());
        tokens = tokens.connect_to(base.clone());
    }
    Ok(Some(Worker {
        tokens: tokens.build(),
        management: management::Client::new(
            &endpoints,
            settings.environment,
            credentials,
            transport.clone(),
        ),
    }))
}

/// What to make of a call that the worker's roles may forbid: then it is not looked at.
pub(super) fn allowed<T>(result: Result<T, Error>, what: &str) -> Result<T, Stop> {
    result.map_err(|error| {
        if error.is_forbidden() {
            return Stop::NotLookedAt(format!(
                "the worker may not read {what}; with the role Configuration Read Only it could"
            ));
        }
        unanswered(&error)
    })
}

/// A call failed that nothing in the configuration explains.
pub(super) fn unanswered(error: &Error) -> Stop {
    let remedy = "try again; if it stays, quote the id to PingOne's support";
    Stop::Failure(Box::new(Finding::new(error.to_string(), remedy)))
}
