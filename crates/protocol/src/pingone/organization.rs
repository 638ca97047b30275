//! Organizations and their licences (PingOne, "Organizations" and "Licenses").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::id::{LicenseId, OrganizationId};

/// An organization, which holds environments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name.
    pub name: String,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// By what an organization uses its environments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct License {
    /// Its id.
    pub id: LicenseId,
    /// Its name.
    pub name: String,
    /// What was bought, such as `INTERNAL`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// Such as `ACTIVE`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// How many environments use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assigned_environments_count: Option<u64>,
    /// When it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub expires_at: Option<Timestamp>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// What a licence is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct LicenseName {
    /// The name.
    pub name: String,
}

impl LicenseName {
    /// This name.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// What an environment or an organization can do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(default, rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "named as on the wire")]
#[non_exhaustive]
pub struct Capabilities {
    /// Whether it can have further resources.
    pub can_add_resources: bool,
    /// Whether it can have connections.
    pub can_create_connections: bool,
    /// Whether it can have a domain of its own.
    pub can_use_custom_domain: bool,
    /// Whether its users can have attributes of its own.
    pub can_use_custom_schema: bool,
    /// Whether its users can sign on elsewhere.
    pub can_use_identity_providers: bool,
    /// Whether its users can look after their own accounts.
    pub can_use_my_account: bool,
    /// Whether it can have password policies.
    pub can_use_password_policies: bool,
    /// Whether roles can be given.
    pub can_use_role_assignments: bool,
    /// Whether identities can be verified by documents.
    pub can_verify_users: bool,
}

impl Capabilities {
    /// Everything.
    pub const ALL: Self = Self {
        can_add_resources: true,
        can_create_connections: true,
        can_use_custom_domain: true,
        can_use_custom_schema: true,
        can_use_identity_providers: true,
        can_use_my_account: true,
        can_use_password_policies: true,
        can_use_role_assignments: true,
        can_verify_users: true,
    };
}
