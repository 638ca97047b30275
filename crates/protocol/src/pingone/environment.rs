//! Environments (PingOne, "Environments").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::id::{EnvironmentId, OrganizationId};

/// Where an organization lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Region {
    /// Asia-Pacific (Japan).
    #[serde(rename = "AP")]
    AsiaPacific,
    /// Australia.
    #[serde(rename = "AU")]
    Australia,
    /// Canada.
    #[serde(rename = "CA")]
    Canada,
    /// Europe.
    #[serde(rename = "EU")]
    Europe,
    /// North America.
    #[serde(rename = "NA")]
    NorthAmerica,
    /// Singapore.
    #[serde(rename = "SG")]
    Singapore,
}

impl Region {
    /// All regions.
    pub const ALL: [Self; 6] = [
        Self::AsiaPacific,
        Self::Australia,
        Self::Canada,
        Self::Europe,
        Self::NorthAmerica,
        Self::Singapore,
    ];

    /// The code, such as `EU`.
    pub fn code(self) -> &'static str {
        match self {
            Self::AsiaPacific => "AP",
            Self::Australia => "AU",
            Self::Canada => "CA",
            Self::Europe => "EU",
            Self::NorthAmerica => "NA",
            Self::Singapore => "SG",
        }
    }

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
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|region| {
            text.eq_ignore_ascii_case(region.code())
                || text.eq_ignore_ascii_case(region.top_level_domain())
        })
    }
}

/// Whether an environment is for trying out or for customers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum EnvironmentType {
    /// For customers.
    Production,
    /// For trying out.
    Sandbox,
}

/// An environment: one issuer, one directory of users.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    pub environment_type: EnvironmentType,
    /// Where it lives.
    pub region: Region,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
