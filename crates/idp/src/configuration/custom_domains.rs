//! `/environments/{environment}/customDomains`: other names for an environment's pages (PingOne,
//! "Custom domains").

use std::time::Duration;

use db::StoreError;
use jiff::Timestamp;
use protocol::id::EnvironmentId;
use protocol::pingone::media_type as media;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::body::Json;
use crate::api::configuration::{Configuration, Item, Managing, TopLevel, item_route, list_route};
use crate::api::hal::Reply;
use crate::api::media_router::Resource;
use crate::core::Core;
use crate::keys::pairs::{self, Facts, Identity};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::record::{Events, events};

/// A name is looked up for so long.
const LOOK_UP: Duration = Duration::from_secs(3);

/// A name of an environment's pages.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomDomain {
    domain_name: String,
    canonical_name: Option<String>,
    status: Option<Status>,
    certificate: Option<DomainCertificate>,
    /// The certificate with its private key, as PEM.
    identity: Option<String>,
}

/// How far a name has come.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Status {
    Active,
    SslCertificateRequired,
    VerificationRequired,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DomainCertificate {
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
}

impl Document for CustomDomain {
    const EVENTS: Events = events!("CUSTOM_DOMAIN");
    const MOST: u32 = 20;
    const SECRETS: &'static [&'static str] = &["/identity"];

    fn name(&self) -> &str {
        &self.domain_name
    }
}

impl Configuration for CustomDomain {
    const PATH: &'static str = "customDomains";
    const ITEM: &'static str = "domain";
    const UNIQUE: &'static str = "domainName";
    const KEPT: Option<&'static str> = Some(
        "A proven name that the installation sets aside (`idp.custom_domains`) takes the place of the \
         environment's id in the paths of its issuer; pages and issuer keep the public address.",
    );
    const FILTERS: &'static [&'static str] = &["domainName", "status"];
    type Parent = TopLevel;
    type Read = may::ReadDomains;
    type Manage = may::ManageDomains;
}

/// What a client says of a new name.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewDomain {
    domain_name: String,
}

async fn create(
    managing: Managing<CustomDomain>,
    Json(new): Json<NewDomain>,
) -> Result<Reply, ApiFailure> {
    let domain_name = new.domain_name.to_ascii_lowercase();
    if !is_domain(&domain_name) {
        let message = "must be a domain name, such as auth.example.com";
        return Err(ApiFailure::invalid_value("domainName", message));
    }
    if managing.idp.urls().is_own_name(&domain_name) {
        let message = "is the name of the service itself";
        return Err(ApiFailure::invalid_value("domainName", message));
    }
    let elsewhere = managing.objects().everywhere(&domain_name).await?;
    if elsewhere
        .iter()
        .any(|domain| domain.environment_id != managing.id())
    {
        return Err(ApiFailure::not_unique("domainName"));
    }
    let label = managing.idp.random().uuid();
    let region = managing.environment.details.region.top_level_domain();
    let document = CustomDomain {
        domain_name,
        canonical_name: Some(format!("{label}.edge1.pingone.{region}.")),
        status: Some(Status::VerificationRequired),
        certificate: None,
        identity: None,
    };
    let domain = managing.made(document, None).await?;
    managing.insert(&domain).await?;
    Reply::created(&managing.show(&domain)?)
}

/// RFC 1123 §2.1, with a dot in it.
fn is_domain(name: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    name.len() <= 253 && name.contains('.') && name.split('.').all(is_label)
}

type OnDomain = Item<CustomDomain, may::ManageDomains>;

/// Looks the name up. Here no authority holds its `CNAME`, so that it counts as proven once it
/// resolves, be it by an entry in the file of hosts.
async fn verify(on: OnDomain) -> Result<Reply, ApiFailure> {
    let refused = |message: String| ApiFailure::invalid_value("domainName", message);
    let domain = &on.object.document;
    if domain.status != Some(Status::VerificationRequired) {
        let message = "custom domain does not need to be verified".to_owned();
        return Err(refused(message));
    }
    let name = (domain.domain_name.clone(), 443);
    let found = tokio::time::timeout(LOOK_UP, tokio::net::lookup_host(name)).await;
    let resolves = match found {
        Ok(Ok(mut addresses)) => addresses.next().is_some(),
        Ok(Err(_)) | Err(_) => false,
    };
    if !resolves {
        let name = &domain.domain_name;
        let message = format!("Error response from authoritative name servers: NXDOMAIN {name}");
        return Err(refused(message));
    }
    // Others may have gone further while the name was looked up.
    let proven = |domain: &mut CustomDomain| {
        if domain.status == Some(Status::VerificationRequired) {
            domain.status = Some(Status::SslCertificateRequired);
        }
    };
    put(on, proven).await
}

/// The certificate of a name, with its private key.
#[derive(Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Import {
    certificate: String,
    intermediate_certificates: Option<String>,
    private_key: String,
}

async fn import(on: OnDomain, Json(import): Json<Import>) -> Result<Reply, ApiFailure> {
    if on.object.document.status == Some(Status::VerificationRequired) {
        let message = "Custom domain status must be 'SSL_CERTIFICATE_REQUIRED' or 'ACTIVE' in \
                       order to import a certificate";
        return Err(ApiFailure::invalid_value("status", message));
    }
    let intermediate = import.intermediate_certificates.unwrap_or_default();
    let own = pairs::certificates(import.certificate.as_bytes());
    let own = own.map_err(|error| ApiFailure::invalid_value("certificate", error.to_string()))?;
    let pem = [
        import.private_key.trim(),
        import.certificate.trim(),
        intermediate.trim(),
    ];
    let pem = pem.join("\n");
    Identity::from_pem(pem.as_bytes()).map_err(|_| {
        let message = "does not fit the certificate";
        ApiFailure::invalid_value("privateKey", message)
    })?;
    let leaf = own.first().map(Vec::as_slice).unwrap_or_default();
    let facts = Facts::of(leaf)
        .map_err(|error| ApiFailure::invalid_value("certificate", error.to_string()))?;
    if facts.expires_at <= on.collection.now {
        let message = "must not be expired";
        return Err(ApiFailure::invalid_value("certificate", message));
    }
    let certified = |domain: &mut CustomDomain| {
        domain.status = Some(Status::Active);
        domain.certificate = Some(DomainCertificate {
            expires_at: facts.expires_at,
        });
        domain.identity = Some(pem.clone());
    };
    put(on, certified).await
}

async fn put(
    on: OnDomain,
    change: impl Fn(&mut CustomDomain) + Send + Sync,
) -> Result<Reply, ApiFailure> {
    let OnDomain { collection, object } = on;
    let changed = |stored: &Object<CustomDomain>| {
        let mut domain = stored.document.clone();
        change(&mut domain);
        Ok(domain)
    };
    let made = collection.change(object, changed).await?;
    Reply::ok(&collection.show(&made)?)
}

/// The environment that a name was proven to be of.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn environment_of(
    core: &Core,
    name: &str,
) -> Result<Option<EnvironmentId>, StoreError> {
    let set_aside = &core.settings().custom_domains;
    if !set_aside.iter().any(|own| own.eq_ignore_ascii_case(name)) {
        return Ok(None);
    }
    let domains = Objects::<CustomDomain>::new(core.db(), core.keyring());
    // Two environments that make a name at the same time both have it; it is the first one's.
    let first = domains.everywhere(name).await?.into_iter().next();
    let proven =
        first.filter(|domain| domain.document.status != Some(Status::VerificationRequired));
    Ok(proven.map(|domain| domain.environment_id))
}

/// Custom domains.
pub(super) fn routes() -> Vec<Resource> {
    vec![
        list_route::<CustomDomain>()
            .post(create)
            .taking::<NewDomain>(),
        item_route::<CustomDomain>()
            .post_as(media::DOMAIN_NAME_VERIFY, verify)
            .post_as(media::CERTIFICATE_IMPORT, import)
            .taking::<Import>(),
    ]
}
