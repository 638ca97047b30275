//! How the administration commands reach an environment: an environment file, the configuration, or
//! the demo environment of this machine.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, bail};
use clap::Args;
use pingone::management::Client;
use pingone::{
    ClientAuthentication, ClientSecret, Credentials, Endpoints, EnvironmentId, Retries, Transport,
    TransportBuilder,
};

use super::{Place, directory};
use crate::config::Settings;
use crate::env_file::{EnvironmentFile, KEPT_ENV_FILE};

/// How long one of many calls takes at most, with its retries.
const LONGEST_CALL: Duration = Duration::from_mins(4);

/// Which environment, and with whose rights.
///
/// The first of these that is there: --env-file; [portal.pingone] of the configuration; the demo
/// environment that `latchkey up` keeps in the data directory.
#[derive(Args, Debug)]
pub(super) struct Connection {
    #[command(flatten)]
    place: Place,
    /// An environment file as `latchkey up --env-file` writes it.
    #[arg(long, value_name = "FILE", env = "LATCHKEY_ENV_FILE")]
    env_file: Option<PathBuf>,
}

/// A worker application of an environment.
struct Worker {
    auth_url: String,
    api_url: String,
    environment: EnvironmentId,
    client_id: String,
    client_secret: String,
    ca_pem: Option<String>,
    connect_to: Option<url::Url>,
    /// Where this came from, for messages.
    source: String,
}

impl Connection {
    /// As if these had been typed.
    pub(super) fn new(place: Place, env_file: Option<PathBuf>) -> Self {
        Self { place, env_file }
    }

    /// A client of the management API.
    pub(super) fn client(&self) -> anyhow::Result<Client> {
        self.client_over(Transport::builder())
    }

    /// A client for thousands of calls, which rather waits than stops half-way.
    pub(super) fn patient_client(&self) -> anyhow::Result<Client> {
        let patient = Transport::builder()
            .retries(Retries::PATIENT)
            .total_timeout(LONGEST_CALL);
        self.client_over(patient)
    }

    fn client_over(&self, transport: TransportBuilder) -> anyhow::Result<Client> {
        let worker = self.worker()?;
        let source = worker.source.clone();
        worker
            .client(transport)
            .with_context(|| format!("the environment given by {source} is unusable"))
    }

    fn worker(&self) -> anyhow::Result<Worker> {
        if let Some(path) = &self.env_file {
            return Worker::from_file(path);
        }
        let settings = self.place.settings()?;
        if let Some(worker) = Worker::from_settings(&settings) {
            return Ok(worker);
        }
        let kept = directory(&settings)?.join(KEPT_ENV_FILE);
        if kept.exists() {
            return Worker::from_file(&kept);
        }
        bail!(
            "there is no environment to administer; start one with `latchkey up`, or name one with \
             --env-file, or set environment_id, worker_client_id, worker_client_secret and region \
             in [portal.pingone]"
        )
    }
}

impl Worker {
    fn from_file(path: &Path) -> anyhow::Result<Self> {
        let name = path.display();
        let text = fs::read_to_string(path).with_context(|| format!("reading {name} failed"))?;
        let file = EnvironmentFile::parse(&text)
            .with_context(|| format!("{name} is no environment file"))?;
        if file.environment_id.is_empty() || file.worker_client_id.is_empty() {
            bail!("{name} names no environment and worker (ENVIRONMENT_ID, WORKER_CLIENT_ID)");
        }
        Ok(Self {
            auth_url: file.auth_url,
            api_url: file.api_url,
            environment: EnvironmentId::parse(&file.environment_id)
                .with_context(|| format!("ENVIRONMENT_ID in {name} is no id"))?,
            client_id: file.worker_client_id,
            client_secret: file.worker_client_secret,
            ca_pem: (!file.ca_file.is_empty())
                .then(|| {
                    fs::read_to_string(&file.ca_file)
                        .with_context(|| format!("reading {} (CA_FILE) failed", file.ca_file))
                })
                .transpose()?,
            connect_to: None,
            source: name.to_string(),
        })
    }

    fn from_settings(settings: &Settings) -> Option<Self> {
        let worker = settings.portal.settings.management.as_ref()?;
        let outgoing = &settings.portal.settings.outgoing;
        Some(Self {
            auth_url: worker.auth_url.to_string(),
            api_url: worker.api_url.to_string(),
            environment: worker.environment,
            client_id: worker.worker_client_id.clone(),
            client_secret: worker.worker_client_secret.expose().to_owned(),
            ca_pem: outgoing.ca_pem.clone(),
            connect_to: outgoing.back_channel_url.clone(),
            source: "[portal.pingone]".to_owned(),
        })
    }

    fn client(self, mut transport: TransportBuilder) -> anyhow::Result<Client> {
        if let Some(pem) = &self.ca_pem {
            transport = transport.only_trust(pem.as_bytes());
        }
        let mut endpoints = Endpoints::new(&self.auth_url, &self.api_url)?;
        if let Some(base) = self.connect_to {
            endpoints = endpoints.connect_to(base);
        }
        let secret = ClientSecret::new(self.client_secret);
        let worker = Credentials::new(
            self.client_id,
            ClientAuthentication::ClientSecretBasic(secret),
        );
        Ok(Client::new(
            &endpoints,
            self.environment,
            worker,
            transport.build()?,
        ))
    }
}

/// Runs one conversation with an environment.
pub(super) fn converse<T>(talk: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("starting a runtime failed")?
        .block_on(talk)
}
