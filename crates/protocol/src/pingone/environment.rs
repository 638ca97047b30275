//! Environments (PingOne, "Environments").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::codes::{Code as _, Open, codes};
use crate::id::{EnvironmentId, OrganizationId};

codes! {
    /// Where an organization lives.
    Region {
        /// Asia-Pacific (Japan).
        AsiaPacific = "AP";
        /// Australia.
        Australia = "AU";
        /// Canada.
        Canada = "CA";
        /// Europe.
        Europe = "EU";
        /// North America.
        NorthAmerica = "NA";
        /// Singapore.
        Singapore = "SG";
    }
}

impl Region {
    /// The last part of its hosts' names.
    pub fn top_level_domain(self) -> &'static str {
        match self {
            Self::AsiaPacific => "asia",
            Self::Australia => "com.au",
            Self::Canada => "ca",
            Self::Europe => "eu",
            Self::NorthAmerica => "com",
            Self::Singapore => "sg",
        }
    }

    /// Reads a code or a top-level domain, in any case.
    ///
    /// ```
    /// use pingone_protocol::pingone::Region;
    ///
    /// assert_eq!(Region::parse("eu"), Some(Region::Europe));
    /// assert_eq!(Region::parse("com"), Some(Region::NorthAmerica));
    /// ```
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|region| {
            text.eq_ignore_ascii_case(region.as_str())
                || text.eq_ignore_ascii_case(region.top_level_domain())
        })
    }
}

codes! {
    /// Whether an environment is for trying out or for customers.
    EnvironmentType {
        /// For customers.
        Production = "PRODUCTION";
        /// For trying out.
        Sandbox = "SANDBOX";
    }
}

/// An environment: one issuer, one directory of users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Environment {
    /// Its id.
    pub id: EnvironmentId,
    /// Its organization.
    pub organization: Reference<OrganizationId>,
    /// Its name, unique in the organization.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// For trying out or for customers.
    #[serde(rename = "type")]
    pub environment_type: Open<EnvironmentType>,
    /// Where it lives.
    pub region: Open<Region>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Environment {
    /// An environment without a description.
    pub fn new(
        id: EnvironmentId,
        organization: OrganizationId,
        name: impl Into<String>,
        environment_type: EnvironmentType,
        region: Region,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            organization: Reference::new(organization),
            name: name.into(),
            description: None,
            environment_type: environment_type.into(),
            region: region.into(),
            created_at,
            updated_at,
        }
    }
}
