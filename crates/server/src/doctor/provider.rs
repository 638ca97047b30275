//! The provider: whether it can be reached, and is what the configuration says.

use std::time::Duration;

use jiff::SignedDuration;
use protocol::jose::JwkSet;
use tokio::net::TcpStream;
use url::Url;

use super::examination::Examination;
use super::{Change, Finding, Seen, Stop};

/// A connection takes no longer.
const CONNECT: Duration = Duration::from_secs(5);

/// Clocks that are further apart are worth a word. The header `Date` counts whole seconds.
const NOTABLE: SignedDuration = SignedDuration::from_secs(15);

/// ID tokens are refused beyond this, as from the future or as expired.
const TOLERATED: SignedDuration = SignedDuration::from_secs(60);

pub(super) async fn settings(examination: &mut Examination) -> Seen {
    match &examination.subject.portal.sign_on.provider {
        Some(provider) => Ok(format!("application {}", provider.client_id)),
        None => Finding::new(
            "the configuration names no provider, so nobody can sign on",
            "set portal.sign_on.issuer, client_id and client_secret; or start `latchkey up`, whose \
             environment file names one",
        )
        .failure(),
    }
}

fn issuer(examination: &Examination) -> Result<Url, Stop> {
    let client = examination.provider()?;
    Ok(client.issuer().as_url().clone())
}

pub(super) async fn reachable(examination: &mut Examination) -> Seen {
    let url = examination.wire.reroute(&issuer(examination)?);
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let port = url.port_or_known_default().unwrap_or(443);
    let place = format!("{host} port {port}");
    let failed = |why: String| {
        let remedy = if examination.wire.has_back_channel() {
            "correct portal.pingone.back_channel_url, or start what should listen there"
        } else {
            "correct portal.sign_on.issuer, start the environment, or let a firewall pass outgoing \
             connections to it"
        };
        Finding::new(format!("{place}: {why}"), remedy).failure()
    };
    match tokio::time::timeout(CONNECT, TcpStream::connect((host, port))).await {
        Ok(Ok(_)) => Ok(place),
        Ok(Err(error)) => failed(error.to_string()),
        Err(_) => failed(format!(
            "no connection within {} seconds",
            CONNECT.as_secs()
        )),
    }
}

pub(super) async fn tls(examination: &mut Examination) -> Seen {
    let client = examination.provider()?;
    let metadata = client.metadata().await;
    let refused = metadata
        .as_ref()
        .err()
        .filter(|error| error.is_certificate_refused());
    if let Some(error) = refused {
        let remedy = "name the file of the authority that signed it as portal.pingone.ca_file (for \
                      `latchkey up`: CA_FILE of its environment file); or have the certificate \
                      renewed, or made for this name";
        return Finding::new(error.to_string(), remedy).failure();
    }
    examination.metadata = Some(metadata);
    Ok(match issuer(examination)?.scheme() {
        "http" => "plain HTTP, on this machine".to_owned(),
        _ => "the certificate is trusted".to_owned(),
    })
}

/// The address of the discovery document.
fn discovery_url(issuer: &Url) -> Option<Url> {
    let base = issuer.as_str().trim_end_matches('/');
    Url::parse(&format!("{base}/.well-known/openid-configuration")).ok()
}

pub(super) async fn clock(examination: &mut Examination) -> Seen {
    let url = discovery_url(&issuer(examination)?);
    let url = url.ok_or_else(|| Stop::NotLookedAt("the issuer has no document".to_owned()))?;
    let reply = examination.wire.get(&url).await;
    let there = reply.ok().and_then(|reply| reply.date);
    let there = there.ok_or_else(|| Stop::NotLookedAt("the answer has no date".to_owned()))?;
    let apart = examination.now.duration_since(there);
    let seconds = apart.as_secs();
    if apart.abs() <= NOTABLE {
        return Ok("both agree".to_owned());
    }
    let direction = if seconds < 0 { "behind" } else { "ahead" };
    let finding = Finding::new(
        format!("this machine is {} seconds {direction}", seconds.abs()),
        "let this machine's clock be set over the network (timedatectl set-ntp true)",
    )
    .expected(format!("at most {} seconds apart", NOTABLE.as_secs()));
    if apart.abs() <= TOLERATED {
        finding.warning()
    } else {
        finding.failure()
    }
}

pub(super) async fn discovery(examination: &mut Examination) -> Seen {
    let configured = examination.subject.issuer().unwrap_or_default().to_owned();
    let error = match &examination.metadata {
        Some(Ok(metadata)) => return Ok(metadata.issuer.as_str().to_owned()),
        Some(Err(error)) => error.clone(),
        None => return Err(Stop::NotLookedAt("it was not fetched".to_owned())),
    };
    let finding = Finding::new(
        error.to_string(),
        "set portal.sign_on.issuer to the issuer as the console shows it: the region's host, the \
         environment's id, and /as",
    );
    if error.is_untrusted()
        && let Some(named) = issuer_named(examination).await
    {
        let toml = toml::Value::from(named.as_str()).to_string();
        let key = "portal.sign_on.issuer";
        return Finding::new(format!("configured is {configured}"), finding.remedy)
            .expected(named)
            .change(Change::Setting { key, value: toml })
            .failure();
    }
    finding.failure()
}

/// The issuer that the document at the configured address names.
async fn issuer_named(examination: &Examination) -> Option<String> {
    let url = discovery_url(&issuer(examination).ok()?)?;
    let reply = examination.wire.get(&url).await.ok()?;
    let document: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
    Some(document.get("issuer")?.as_str()?.to_owned())
}

pub(super) async fn signatures(examination: &mut Examination) -> Seen {
    let metadata = examination.metadata()?;
    let offered = &metadata.id_token_signing_alg_values_supported;
    // `Debug` of an algorithm is its name of RFC 7518.
    let accepted: Vec<String> = examination
        .subject
        .portal
        .sign_on
        .algorithms
        .iter()
        .map(|algorithm| format!("{algorithm:?}"))
        .collect();
    let is_offered = |name: &String| offered.contains(name);
    if !offered.is_empty() && !accepted.iter().any(is_offered) {
        let value = toml::Value::from(offered.clone()).to_string();
        let key = "portal.sign_on.algorithms";
        return Finding::new(
            format!("the portal accepts {}", accepted.join(", ")),
            "set portal.sign_on.algorithms to what the provider signs with",
        )
        .expected(offered.join(", "))
        .change(Change::Setting { key, value })
        .failure();
    }
    let remedy = "open the address in a browser, and look at the environment's keys";
    let keys = match examination.wire.get(&metadata.jwks_uri).await {
        Ok(reply) => JwkSet::parse(&reply.body).map_or(0, |set| set.keys.len()),
        Err(_) => 0,
    };
    match keys {
        0 => Finding::new(format!("{} holds no keys", metadata.jwks_uri), remedy).failure(),
        1 => Ok(format!("{}, 1 key", accepted.join(", "))),
        keys => Ok(format!("{}, {keys} keys", accepted.join(", "))),
    }
}
