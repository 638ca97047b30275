//! Putting the portal together from its settings.

use std::sync::Arc;

use db::StoreError;
use pingone::{Credentials, Endpoints, Transport, auth, management};
use pingone_axum::{GrantType, InvalidSignOn, SignOn};
use protocol::oauth::{InvalidUri, RedirectUri};
use ui::{Messages, Site};

use crate::limits::Limits;
use crate::operators::Operators;
use crate::policies::Policies;
use crate::populations::Populations;
use crate::routes::path;
use crate::sign_on_pages::SignOnPages;
use crate::store::{MIGRATIONS, SET, Sessions, Tokens};
use crate::{Inner, ManagementSettings, Parts, Portal, Settings, SignOnSettings};

/// The portal's texts.
pub(crate) const TEXTS: &str = include_str!("../locales/en/portal.ftl");

/// Begins the names of the portal's cookies: two installations on one host must not share them.
pub(crate) const COOKIE_PREFIX: &str = "__Host-latchkey-portal-";

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

pub(crate) async fn start(settings: Settings, parts: Parts) -> Result<Portal, StartError> {
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
        .as_ref()
        .map(|sign_on| self::sign_on(sign_on, &settings, &parts, &site, &sessions, &transport))
        .transpose()?;
    let management = settings
        .management
        .as_ref()
        .map(|management| self::management(management, &settings, &transport))
        .transpose()?;
    let inner = Inner {
        limits: Limits::new(&settings.limits, Arc::clone(&parts.clock)),
        operators: Operators::default(),
        policies: Policies::default(),
        populations: Populations::default(),
        site,
        sessions,
        sign_on,
        management,
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
    match &settings.notice {
        Some(notice) => site.with_notice(notice.clone()),
        None => site,
    }
}

fn transport(settings: &Settings, parts: &Parts) -> Result<Transport, pingone::Error> {
    let mut builder = Transport::builder()
        .total_timeout(settings.outgoing.total_timeout)
        .clock(platform::clock::as_function(Arc::clone(&parts.clock)))
        .random(Arc::clone(&parts.random));
    if let Some(pem) = &settings.outgoing.ca_pem {
        builder = builder.only_trust(pem.as_bytes());
    }
    builder.build()
}

fn sign_on(
    sign_on: &SignOnSettings,
    settings: &Settings,
    parts: &Parts,
    site: &Site,
    sessions: &Sessions,
    transport: &Transport,
) -> Result<SignOn, StartError> {
    let redirect_path = sign_on.redirect_path.as_str();
    if path::ALL.contains(&redirect_path) || redirect_path.starts_with(path::USERS) {
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
        sign_on.client_id.clone(),
        sign_on.token_endpoint_auth_method,
        sign_on.client_secret.clone(),
    )?;
    let mut client = auth::Client::builder(sign_on.issuer.clone(), credentials, transport.clone())
        .algorithms(sign_on.algorithms.clone());
    if let Some(base) = &settings.outgoing.back_channel_url {
        client = client.connect_to(base.clone());
    }
    let parts = pingone_axum::Parts {
        tokens: Arc::new(Tokens::new(
            parts.db.clone(),
            Arc::clone(&parts.random),
            Arc::clone(&parts.keyring),
        )),
        pages: Arc::new(SignOnPages::new(site.clone(), settings)),
    };
    Ok(SignOn::new(client.build(), how, sessions.clone(), parts)?)
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else {
                found.push(std::fs::read_to_string(&path).unwrap());
            }
        }
    }

    fn own_sources() -> Vec<String> {
        let mut found = Vec::new();
        for folder in ["src", "templates"] {
            sources(
                &Path::new(env!("CARGO_MANIFEST_DIR")).join(folder),
                &mut found,
            );
        }
        found
    }

    fn without_tests(source: &str) -> &str {
        source.split("#[cfg(test)]").next().unwrap_or_default()
    }

    #[test]
    fn every_text_that_a_page_names_is_in_the_catalogue() {
        let messages = Messages::english(&[TEXTS]);
        assert_eq!(messages.problems(), &[] as &[String]);
        let kinds = [
            "error-",
            "failure-",
            "flash-",
            "home-",
            "label-",
            "nav-",
            "sign-on-refused-",
        ];
        for source in own_sources().iter().map(|source| without_tests(source)) {
            let named = Messages::ids_in_template(source);
            let quoted: BTreeSet<String> = source
                .split('"')
                .skip(1)
                .step_by(2)
                .filter(|text| kinds.iter().any(|kind| text.starts_with(kind)))
                .filter(|text| {
                    text.chars()
                        .all(|c| c.is_ascii_alphanumeric() || "-_".contains(c))
                })
                .map(str::to_owned)
                .collect();
            for id in named.iter().chain(&quoted) {
                assert!(messages.contains(id), "{id} is no text");
            }
        }
    }

    #[test]
    fn every_text_of_the_catalogue_is_used() {
        let sources = own_sources().join("\n");
        let made = ["claim-", "tile-"];
        for line in TEXTS
            .lines()
            .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()))
        {
            let id = line.split(" =").next().unwrap();
            let is_used = sources.contains(&format!("\"{id}\""));
            assert!(
                is_used || made.iter().any(|kind| id.starts_with(kind)),
                "{id} is not used"
            );
        }
    }
}
