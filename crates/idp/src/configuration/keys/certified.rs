//! What keys and certificates have in common: what a certificate says, and the files that it is
//! handed out in.

use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::configuration::Around;
use crate::api::hal::Shown;
use crate::api::upload::Upload;
use crate::keys::pairs::{self, Algorithm, Facts, Identity, Pair, PairError, SignatureAlgorithm};
use crate::requests::failures::api::ApiFailure;
use crate::stores::key_pairs::Material;

pub(super) const PEM: &str = "application/x-x509-ca-cert";
pub(super) const PKCS7: &str = "application/x-pkcs7-certificates";

/// A certificate that ends within so many days is about to end.
const ENDS_SOON: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a key or a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(super) enum Usage {
    Encryption,
    Issuance,
    OutboundMtls,
    Signing,
    #[serde(rename = "SSL/TLS")]
    SslTls,
}

impl Usage {
    /// The usage of an upload.
    pub(super) fn read(upload: &Upload) -> Result<Self, ApiFailure> {
        let text = upload.text("usageType");
        let text = text.ok_or_else(|| ApiFailure::required_value("usageType"))?;
        match text {
            "ENCRYPTION" => Ok(Self::Encryption),
            "ISSUANCE" => Ok(Self::Issuance),
            "OUTBOUND_MTLS" => Ok(Self::OutboundMtls),
            "SIGNING" => Ok(Self::Signing),
            "SSL/TLS" => Ok(Self::SslTls),
            _ => Err(ApiFailure::not_one_of(
                "usageType",
                &[
                    "ENCRYPTION",
                    "ISSUANCE",
                    "OUTBOUND_MTLS",
                    "SIGNING",
                    "SSL/TLS",
                ],
            )),
        }
    }
}

/// What keys and certificates have in common.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Certified {
    pub(super) name: String,
    pub(super) usage_type: Usage,
    pub(super) default: bool,
    pub(super) algorithm: Algorithm,
    pub(super) key_length: u32,
    pub(super) signature_algorithm: SignatureAlgorithm,
    #[serde(rename = "subjectDN")]
    pub(super) subject_dn: String,
    #[serde(rename = "issuerDN")]
    pub(super) issuer_dn: String,
    /// A whole number, in decimal.
    pub(super) serial: String,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(super) starts_at: Timestamp,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(super) expires_at: Timestamp,
    /// In days.
    pub(super) validity_period: u32,
    #[serde(rename = "customCRL")]
    pub(super) custom_crl: Option<String>,
    pub(super) material: Material,
}

/// The private key with its certificates.
///
/// # Errors
///
/// When what is stored is not what was written.
pub(super) fn identity(material: &Material) -> Result<Identity, ApiFailure> {
    let pair = Pair::from_pkcs8(&material.private_key()?).map_err(ApiFailure::internal)?;
    let chain = material.chain()?;
    Ok(Identity { pair, chain })
}

impl Certified {
    /// What a certificate says, with its names written in one of two ways.
    pub(super) fn read(
        chain: &[Vec<u8>],
        private_key: Option<&[u8]>,
        usage_type: Usage,
        write_name: fn(&[String]) -> String,
    ) -> Result<Self, PairError> {
        let own = chain.first().map(Vec::as_slice).unwrap_or_default();
        let facts = Facts::of(own)?;
        let subject_dn = write_name(&facts.subject);
        let name = Facts::part(&facts.subject, "CN").unwrap_or(&subject_dn);
        let days = facts.expires_at.duration_since(facts.starts_at).as_hours() / 24;
        Ok(Self {
            name: name.chars().take(256).collect(),
            usage_type,
            default: false,
            algorithm: facts.algorithm,
            key_length: facts.key_length,
            signature_algorithm: facts.signature,
            issuer_dn: write_name(&facts.issuer),
            subject_dn,
            serial: facts.serial,
            starts_at: facts.starts_at,
            expires_at: facts.expires_at,
            validity_period: u32::try_from(days).unwrap_or_default(),
            custom_crl: None,
            material: Material::new(private_key, chain),
        })
    }

    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        let soon = now.saturating_add(ENDS_SOON).unwrap_or(now);
        if self.expires_at <= now {
            "EXPIRED"
        } else if self.starts_at > now {
            "NOT_YET_VALID"
        } else if self.expires_at <= soon {
            "EXPIRING"
        } else {
            "VALID"
        }
    }

    pub(super) fn show(&self, around: Around<'_>, shown: Shown) -> Shown {
        shown
            .without("serial")
            .number("serialNumber", &self.serial)
            .member("status", self.status(around.now))
    }
}

/// The most particular part of a name first, as for keys.
pub(super) fn particular_first(name: &[String]) -> String {
    let parts: Vec<_> = name.iter().rev().map(String::as_str).collect();
    parts.join(", ")
}

/// The parts of a name as the certificate has them, as for certificates.
pub(super) fn as_encoded(name: &[String]) -> String {
    name.join(",")
}

pub(super) fn refused(target: &'static str) -> impl Fn(PairError) -> ApiFailure {
    move |error| match error {
        PairError::Failed => ApiFailure::internal(error),
        PairError::NotAName
        | PairError::TooManyIterations
        | PairError::Unreadable
        | PairError::Unsupported => ApiFailure::invalid_value(target, error.to_string()),
    }
}

/// The one of these media types that a request asks for.
pub(super) fn wanted(headers: &HeaderMap, offered: &[&'static str]) -> Option<&'static str> {
    let accept = headers.get(ACCEPT)?.to_str().ok()?.to_ascii_lowercase();
    let each = accept.split([',', ';']).map(str::trim);
    let mut found = each.filter_map(|one| offered.iter().copied().find(|media| *media == one));
    found.next()
}

pub(super) fn file(media: &'static str, bytes: impl Into<axum::body::Body>) -> Response {
    let mut response = Response::new(bytes.into());
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    web::forbid_storing(headers);
    response
}

pub(super) fn export(
    material: &Material,
    headers: &HeaderMap,
) -> Result<Option<Response>, ApiFailure> {
    let failed = refused("Accept");
    Ok(match wanted(headers, &["application/json", PEM, PKCS7]) {
        Some(PEM) => {
            let pem = pairs::to_pem(&material.chain()?).map_err(failed)?;
            Some(file(PEM, pem))
        }
        Some(PKCS7) => {
            let pkcs7 = pairs::to_pkcs7(&material.chain()?).map_err(failed)?;
            Some(file(PKCS7, pkcs7))
        }
        _ => None,
    })
}
