//! Names of an environment's own: of its pages, and of the senders of its mails (PingOne, "Custom
//! domains", "Trusted email domains", "Trusted email addresses").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;

open_codes! {
    /// How far a name has come.
    DomainStatus {
        /// It is in use.
        Active = "ACTIVE";
        /// It is proven, and lacks a certificate.
        SslCertificateRequired = "SSL_CERTIFICATE_REQUIRED";
        /// It has to be proven.
        VerificationRequired = "VERIFICATION_REQUIRED";
    }
}

/// Another name for an environment's pages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CustomDomain {
    /// The name, such as `auth.example.com`.
    pub domain_name: String,
    /// What its `CNAME` record must say, as the service has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canonical_name: Option<String>,
    /// How far it has come, as the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DomainStatus>,
    /// Its certificate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub certificate: Option<DomainCertificate>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl CustomDomain {
    /// A name that has to be proven.
    pub fn new(domain_name: impl Into<String>) -> Self {
        Self {
            domain_name: domain_name.into(),
            canonical_name: None,
            status: None,
            certificate: None,
            further: Map::new(),
        }
    }
}

/// The certificate of a custom domain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DomainCertificate {
    /// Until when it is valid.
    #[serde(with = "crate::pingone::date::Date")]
    pub expires_at: Timestamp,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// A domain that mails may come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmailDomain {
    /// Its name.
    pub domain_name: String,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl EmailDomain {
    /// The domain with this name.
    pub fn new(domain_name: impl Into<String>) -> Self {
        Self {
            domain_name: domain_name.into(),
            further: Map::new(),
        }
    }
}

/// An address that mails may come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TrustedEmail {
    /// The address.
    pub email_address: String,
    /// Whether it is proven, as the service says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DomainStatus>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl TrustedEmail {
    /// The address, which has to be of the domain.
    pub fn new(email_address: impl Into<String>) -> Self {
        Self {
            email_address: email_address.into(),
            status: None,
            further: Map::new(),
        }
    }
}

/// What the owner of a domain publishes in the DNS.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DnsRecords {
    /// The type of the records, such as `CNAME`.
    #[serde(rename = "type")]
    pub record_type: String,
    /// The record itself where there is one for all regions.
    #[serde(flatten)]
    pub record: DnsRecord,
    /// The records of the regions that mails are sent from.
    #[serde(default)]
    pub regions: Vec<DnsRecord>,
    /// What proves that the domain belongs to the environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment_dns_record: Option<DnsRecord>,
}

/// A record in the DNS, or several that belong together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DnsRecord {
    /// The region that it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DomainStatus>,
    /// The name that it stands under, below the domain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// What it says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The records where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tokens: Vec<Self>,
}
