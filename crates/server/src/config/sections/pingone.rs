//! `[portal.pingone]`: the management API that the portal uses.

use portal::{ManagementSettings, OutgoingSettings};
use protocol::id::EnvironmentId;
use protocol::oauth::Issuer;
use protocol::secret::ClientSecret;
use secrecy::ExposeSecret as _;
use url::Url;

use crate::config::key::Key;
use crate::config::reader::Reader;
use crate::config::sections::NO_UUID;
use crate::config::sections::addresses::{base, is_pingone};

const REGION: Key = Key::unset(
    "portal.pingone.region",
    "\"EU\"",
    "Either the region, \"NA\", \"CA\", \"EU\", \"AU\", \"AP\" or \"SG\" …",
);
const AUTH_URL: Key = Key::unset(
    "portal.pingone.auth_url",
    "\"https://auth.pingone.eu/\"",
    "… or both addresses.",
);
const API_URL: Key = Key::also("portal.pingone.api_url", "\"https://api.pingone.eu/v1/\"");
const ENVIRONMENT_ID: Key = Key::unset(
    "portal.pingone.environment_id",
    "\"7e5e1b7c-3c5a-4e0b-9a52-2f0f0f3f7a11\"",
    "The environment, and the worker application in it.",
);
const WORKER_CLIENT_ID: Key = Key::also(
    "portal.pingone.worker_client_id",
    "\"5c8f4b0e-52e9-4d27-a1c2-6a0e3a1a9c37\"",
);
const WORKER_CLIENT_SECRET: Key = Key::also("portal.pingone.worker_client_secret", "\"…\"");

/// The management API, when everything that it takes is there, and how connections are made.
pub(super) fn pingone(
    reader: &mut Reader<'_>,
    issuer: Option<&Issuer>,
) -> (Option<ManagementSettings>, OutgoingSettings) {
    reader.section(
        "portal.pingone",
        "Registration, recovery and the operator's pages use the management API with a worker \
         application. `latchkey up` fills these in for its demo environment.",
    );
    let (auth_url, api_url) = addresses(reader).unzip();
    let issuer = issuer.and_then(|issuer| Url::parse(issuer.as_str()).ok());
    if let (Some(issuer), Some(auth_url)) = (&issuer, &auth_url) {
        same_region(reader, issuer, auth_url);
    }
    let environment = reader.read(ENVIRONMENT_ID, |text| {
        EnvironmentId::parse(text).map_err(|_| NO_UUID)
    });
    if let (Some(issuer), Some(environment)) = (&issuer, environment) {
        same_environment(reader, issuer, environment);
    }
    let worker_client_id = reader.text(WORKER_CLIENT_ID);
    let worker_client_secret = reader.secret(WORKER_CLIENT_SECRET);
    worker_is_whole(reader);
    let management = || {
        Some(ManagementSettings {
            auth_url: auth_url?,
            api_url: api_url?,
            environment: environment?,
            worker_client_id: worker_client_id?,
            worker_client_secret: ClientSecret::new(worker_client_secret?.expose_secret()),
        })
    };
    let management = management();
    let ca_pem = reader.authorities(Key::unset(
        "portal.pingone.ca_file",
        "\"/etc/latchkey/provider-ca.pem\"",
        "Certificate authorities (PEM) that the provider's certificate is checked with, instead \
         of the system's.",
    ));
    let outgoing = OutgoingSettings {
        ca_pem: ca_pem.map(|pem| String::from_utf8_lossy(&pem).into_owned()),
        back_channel_url: reader.read(
            Key::unset(
                "portal.pingone.back_channel_url",
                "\"https://idp:9443/\"",
                "Where to connect when the provider's public address cannot be reached from here, \
                 as between containers. What tokens say stays the issuer. An environment in the \
                 same process is reached at its own listener; its public address here changes that.",
            ),
            base,
        ),
        ..OutgoingSettings::default()
    };
    (management, outgoing)
}

/// Authentication API and management API: a region's, or both as they are given.
fn addresses(reader: &mut Reader<'_>) -> Option<(Url, Url)> {
    let region = reader.read(REGION, |text| {
        region_domain(text).ok_or("is none of \"NA\", \"CA\", \"EU\", \"AU\", \"AP\", \"SG\"")
    });
    let auth_url = reader.read(AUTH_URL, base);
    let api_url = reader.read(API_URL, base);
    match (region, auth_url, api_url) {
        (Some(domain), None, None) => {
            let auth_url = Url::parse(&format!("https://auth.pingone.{domain}/")).ok()?;
            let api_url = Url::parse(&format!("https://api.pingone.{domain}/v1/")).ok()?;
            return Some((auth_url, api_url));
        }
        (Some(_), ..) => {
            let what = "is given beside auth_url or api_url; leave one of them away";
            reader.problem(REGION.path, what, "region alone");
        }
        (None, Some(auth_url), Some(api_url)) => return Some((auth_url, api_url)),
        (None, ..) => {}
    }
    for (missing, present) in [(API_URL, AUTH_URL), (AUTH_URL, API_URL)] {
        if reader.is_given(present.path) && !reader.is_given(missing.path) {
            let what = format!("is missing beside {}", present.path);
            reader.problem(missing.path, what, &missing.right_value());
        }
    }
    None
}

/// The people of one region are unknown in another.
fn same_region(reader: &mut Reader<'_>, issuer: &Url, auth_url: &Url) {
    if is_pingone(issuer) && is_pingone(auth_url) && issuer.host_str() != auth_url.host_str() {
        let key = if reader.is_given(REGION.path) {
            REGION
        } else {
            AUTH_URL
        };
        let what = format!(
            "means {}, but the issuer (portal.sign_on.issuer) is at {}: an environment is in one \
             region",
            auth_url.host_str().unwrap_or_default(),
            issuer.host_str().unwrap_or_default()
        );
        reader.problem(key.path, what, "the region of the issuer");
    }
}

/// The people who sign on are those whom the worker looks after.
fn same_environment(reader: &mut Reader<'_>, issuer: &Url, environment: EnvironmentId) {
    let named = issuer
        .path_segments()
        .into_iter()
        .flatten()
        .find_map(|segment| EnvironmentId::parse(segment).ok());
    if let Some(named) = named.filter(|named| *named != environment) {
        let what = "is another environment than the issuer's (portal.sign_on.issuer), so the people \
                    who sign on would not be found";
        reader.problem(ENVIRONMENT_ID.path, what, &format!("\"{named}\""));
    }
}

/// A worker is an environment, an application in it, and its secret.
fn worker_is_whole(reader: &mut Reader<'_>) {
    let secret_file = format!("{}_file", WORKER_CLIENT_SECRET.path);
    let has_secret = reader.is_given(WORKER_CLIENT_SECRET.path) || reader.is_given(&secret_file);
    let has_worker = reader.is_given(WORKER_CLIENT_ID.path);
    let has_address = [REGION, AUTH_URL, API_URL]
        .iter()
        .any(|key| reader.is_given(key.path));
    if !has_worker && !has_secret {
        return;
    }
    let parts = [
        (WORKER_CLIENT_ID, has_worker),
        (WORKER_CLIENT_SECRET, has_secret),
        (ENVIRONMENT_ID, reader.is_given(ENVIRONMENT_ID.path)),
        (REGION, has_address),
    ];
    for (key, is_there) in parts {
        if !is_there {
            let what = "is missing: the worker application is reached with it, as with the other \
                        keys of [portal.pingone]";
            reader.problem(key.path, what, &key.right_value());
        }
    }
}

/// The end of PingOne's host names in a region
/// ([regions](https://apidocs.pingidentity.com/pingone/platform/v1/api/#working-with-pingone-apis)).
fn region_domain(region: &str) -> Option<&'static str> {
    Some(match region.to_ascii_uppercase().as_str() {
        "NA" => "com",
        "CA" => "ca",
        "EU" => "eu",
        "AU" => "com.au",
        "AP" => "asia",
        "SG" => "sg",
        _ => return None,
    })
}
