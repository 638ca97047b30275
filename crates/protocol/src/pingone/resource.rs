//! Resources, their scopes, and applications' grants of them (PingOne, "Resources").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::id::{ApplicationId, EnvironmentId, ResourceGrantId, ResourceId, ScopeId};

/// Which kind a resource is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ResourceType {
    /// Somebody's own API.
    Custom,
    /// The resource `openid`, whose scopes stand for claims.
    OpenidConnect,
    /// The resource `PingOne API`, whose scopes are for the user's own data.
    PingoneApi,
}

/// What an access token is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Resource {
    /// Its id.
    pub id: ResourceId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its kind.
    #[serde(rename = "type")]
    pub resource_type: ResourceType,
    /// The `aud` of its access tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// How long its access tokens live, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_validity_seconds: Option<i64>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// A scope of a resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceScope {
    /// Its id.
    pub id: ScopeId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// Its resource.
    pub resource: Reference<ResourceId>,
    /// Its name, unique in the resource.
    pub name: String,
    /// What it permits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

/// Which scopes of one resource an application may ask for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceGrant {
    /// Its id.
    pub id: ResourceGrantId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// The application.
    pub application: Reference<ApplicationId>,
    /// The resource.
    pub resource: Reference<ResourceId>,
    /// The scopes.
    pub scopes: Vec<Reference<ScopeId>>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}
