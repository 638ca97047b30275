//! Keys with their certificates, and how they take each other's place (PingOne, "Certificate
//! management" and "Key rotation policies").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{ApplicationProtocol, ApplicationType, Reference};
use crate::codes::{Open, open_codes};
use crate::id::{ApplicationId, EnvironmentId, KeyId};

open_codes! {
    /// What a key is for.
    KeyUsage {
        /// Encrypting.
        Encryption = "ENCRYPTION";
        /// Issuing certificates.
        Issuance = "ISSUANCE";
        /// Proving who a client is.
        OutboundMtls = "OUTBOUND_MTLS";
        /// Signing.
        Signing = "SIGNING";
        /// Serving pages.
        SslTls = "SSL/TLS";
    }
}

/// A key with its certificate. The private half is never shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Key {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub usage_type: KeyUsage,
    /// Whether it is the one in use among those of its usage.
    #[serde(default)]
    pub default: bool,
    /// `RSA` or `EC`.
    pub algorithm: String,
    /// In bits.
    pub key_length: u32,
    /// How its certificate is signed, such as `SHA256withRSA`.
    pub signature_algorithm: String,
    /// Whose it is.
    #[serde(rename = "subjectDN")]
    pub subject_dn: String,
    /// From when on its certificate is valid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub starts_at: Option<Timestamp>,
    /// Until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub expires_at: Option<Timestamp>,
    /// How long a certificate is valid, in days.
    pub validity_period: u32,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Key {
    /// A key to sign with (RSA, 2048 bits), valid for a year.
    pub fn signing(name: impl Into<String>, subject_dn: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            usage_type: KeyUsage::Signing,
            default: false,
            algorithm: "RSA".to_owned(),
            key_length: 2048,
            signature_algorithm: "SHA256withRSA".to_owned(),
            subject_dn: subject_dn.into(),
            starts_at: None,
            expires_at: None,
            validity_period: 365,
            further: Map::new(),
        }
    }
}

/// An application that names a key or a certificate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct NamingApplication {
    /// Its id.
    pub id: ApplicationId,
    /// Its name.
    pub name: String,
    /// What kind of application it is.
    #[serde(rename = "type")]
    pub application_type: Open<ApplicationType>,
    /// What it speaks.
    pub protocol: Open<ApplicationProtocol>,
    /// Whether it is in use.
    pub enabled: bool,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
}

impl NamingApplication {
    /// An application in use.
    pub fn new(
        id: ApplicationId,
        environment: EnvironmentId,
        name: impl Into<String>,
        application_type: impl Into<Open<ApplicationType>>,
        protocol: impl Into<Open<ApplicationProtocol>>,
    ) -> Self {
        Self {
            id,
            name: name.into(),
            application_type: application_type.into(),
            protocol: protocol.into(),
            enabled: true,
            environment: Reference::new(environment),
        }
    }
}

/// By which plan keys take each other's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct KeyRotationPolicy {
    /// Its name, unique in the environment.
    pub name: String,
    /// Whose the keys are.
    pub dn: String,
    /// `RSA` or `EC`.
    pub algorithm: String,
    /// In bits.
    pub key_length: u32,
    /// How the certificates are signed, such as `SHA256withRSA`.
    pub signature_algorithm: String,
    /// What the keys are for.
    pub usage_type: KeyUsage,
    /// After how many days the next takes its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rotation_period: Option<u32>,
    /// How long certificates are valid, in days.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validity_period: Option<u32>,
    /// The key in use; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current_key_id: Option<KeyId>,
    /// The key that follows; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_key_id: Option<KeyId>,
    /// Since when the key is in use; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub rotated_at: Option<Timestamp>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl KeyRotationPolicy {
    /// Keys to sign with (RSA, 2048 bits), valid for a year and replaced after 90 days.
    pub fn signing(name: impl Into<String>, dn: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            dn: dn.into(),
            algorithm: "RSA".to_owned(),
            key_length: 2048,
            signature_algorithm: "SHA256withRSA".to_owned(),
            usage_type: KeyUsage::Signing,
            rotation_period: Some(90),
            validity_period: Some(365),
            current_key_id: None,
            next_key_id: None,
            rotated_at: None,
            further: Map::new(),
        }
    }
}
