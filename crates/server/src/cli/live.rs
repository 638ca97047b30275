//! `latchkey config check --live`: whether what the configuration names can be reached from here.

use std::error::Error;
use std::time::Duration;

use anyhow::Context as _;
use db::{Db, Location};
use pingone::{ClientAuthentication, Credentials, Endpoints, Transport, auth, management};
use ui::chain_of_causes;

use crate::config::settings::Database;
use crate::config::{Servers, Settings};

/// Nobody waits longer for one of the answers.
const PATIENCE: Duration = Duration::from_secs(15);

/// One thing that was reached, or not.
#[derive(Debug)]
pub(super) struct Reached {
    /// What, as `database`.
    pub(super) what: &'static str,
    /// What was found; or why it was not reached, with the causes.
    pub(super) found: Result<String, String>,
}

/// Asks everything at once. Nothing is changed, nothing is mailed.
pub(super) async fn ask(settings: &Settings, served: Servers) -> Vec<Reached> {
    let (database, mail, provider, worker) = tokio::join!(
        patiently(database(settings)),
        patiently(mail(settings, served)),
        patiently(provider(settings, served)),
        patiently(worker(settings, served)),
    );
    let rows = [
        ("database", database),
        ("mail server", mail),
        ("provider", provider),
        ("management API", worker),
    ];
    rows.into_iter()
        .filter_map(|(what, found)| {
            Some(Reached {
                what,
                found: found?,
            })
        })
        .collect()
}

/// What was found; `None` when there is nothing to ask.
type Found = anyhow::Result<Option<String>>;

async fn patiently(asked: impl Future<Output = Found>) -> Option<Result<String, String>> {
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(Ok(found)) => found.map(Ok),
        Ok(Err(error)) => {
            let error: Box<dyn Error + Send + Sync> = error.into();
            Some(Err(in_words(&*error)))
        }
        Err(_) => Some(Err(format!(
            "no answer within {} seconds",
            PATIENCE.as_secs()
        ))),
    }
}

/// An error with its causes on one line, and what to do where the cause is known.
fn in_words(error: &(dyn Error + 'static)) -> String {
    let mut said = chain_of_causes(error).join(": ");
    if said.contains("CaUsedAsEndEntity") {
        said.push_str(
            "; the server's certificate is self-signed and its own authority (CA:TRUE): make one for \
             the server with CA:FALSE, or have an authority of its own sign one",
        );
    } else if said.contains("UnknownIssuer") {
        said.push_str(
            "; the server's certificate is signed by an authority that is not trusted here: name the \
             authority's file as ca_file",
        );
    }
    said
}

async fn database(settings: &Settings) -> Found {
    let Database::Postgres(postgres) = &settings.database else {
        return Ok(None);
    };
    let db = Db::open(&Location::Postgres(postgres.clone())).await?;
    let checked = db.check().await;
    db.close().await;
    checked?;
    Ok(Some("PostgreSQL answers".to_owned()))
}

async fn mail(settings: &Settings, served: Servers) -> Found {
    let Some(smtp) = &settings.idp.settings.smtp else {
        return Ok(None);
    };
    if !served.has_environment() {
        return Ok(None);
    }
    idp::check_mail_server(smtp).await?;
    Ok(Some(format!("{} takes mails from here", smtp.host)))
}

/// Whether an address is the embedded environment's that these settings would start.
fn is_own(settings: &Settings, served: Servers, address: &str) -> bool {
    served.has_environment() && address.starts_with(settings.idp_url().as_str())
}

const OWN: &str = "is this installation's own environment, which answers once it runs; not asked";

fn transport(settings: &Settings) -> Result<Transport, pingone::Error> {
    let outgoing = &settings.portal.settings.outgoing;
    let mut transport = Transport::builder().total_timeout(outgoing.total_timeout);
    if let Some(pem) = &outgoing.ca_pem {
        transport = transport.only_trust(pem.as_bytes());
    }
    transport.build()
}

async fn provider(settings: &Settings, served: Servers) -> Found {
    let portal = &settings.portal.settings;
    let Some(provider) = &portal.sign_on.provider else {
        return Ok(None);
    };
    let issuer = provider.issuer.as_str();
    if !served.has_portal() {
        return Ok(None);
    }
    if is_own(settings, served, issuer) {
        return Ok(Some(format!("{issuer} {OWN}")));
    }
    let credentials = Credentials::from_method(
        provider.client_id.clone(),
        portal.sign_on.token_endpoint_auth_method,
        provider.client_secret.clone(),
    )?;
    let mut client =
        auth::Client::builder(provider.issuer.clone(), credentials, transport(settings)?);
    if let Some(base) = &portal.outgoing.back_channel_url {
        client = client.connect_to(base.clone());
    }
    client
        .build()
        .metadata()
        .await
        .context("the discovery document of portal.sign_on.issuer was not read")?;
    Ok(Some(format!("{issuer} answers")))
}

async fn worker(settings: &Settings, served: Servers) -> Found {
    let portal = &settings.portal.settings;
    let Some(worker) = &portal.management else {
        return Ok(None);
    };
    if !served.has_portal() {
        return Ok(None);
    }
    if is_own(settings, served, worker.api_url.as_str()) {
        return Ok(Some(format!("{} {OWN}", worker.api_url)));
    }
    let mut endpoints = Endpoints::new(worker.auth_url.as_str(), worker.api_url.as_str())?;
    if let Some(base) = &portal.outgoing.back_channel_url {
        endpoints = endpoints.connect_to(base.clone());
    }
    let credentials = Credentials::new(
        worker.worker_client_id.clone(),
        ClientAuthentication::ClientSecretBasic(worker.worker_client_secret.clone()),
    );
    let client = management::Client::new(
        &endpoints,
        worker.environment,
        credentials,
        transport(settings)?,
    );
    let environment = client
        .environment()
        .await
        .context("the worker application could not read its environment")?;
    Ok(Some(format!("the worker reads {}", environment.name)))
}
