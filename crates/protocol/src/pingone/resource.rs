//! Resources, their scopes, and applications' grants of them (PingOne, "Resources").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::codes::{Open, codes};
use crate::id::{ApplicationId, EnvironmentId, ResourceGrantId, ResourceId, ScopeId};

codes! {
    /// Which kind a resource is.
    ResourceType {
        /// Somebody's own API.
        Custom = "CUSTOM";
        /// The resource `openid`, whose scopes stand for claims.
        OpenidConnect = "OPENID_CONNECT";
        /// The resource `PingOne API`, whose scopes are for the user's own data.
        PingoneApi = "PINGONE_API";
    }
}

/// What an access token is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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
    pub resource_type: Open<ResourceType>,
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

impl Resource {
    /// A resource with what is always there.
    pub fn new(
        id: ResourceId,
        environment: EnvironmentId,
        name: impl Into<String>,
        resource_type: ResourceType,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            environment: Reference::new(environment),
            name: name.into(),
            description: None,
            resource_type: resource_type.into(),
            audience: None,
            access_token_validity_seconds: None,
            created_at,
            updated_at,
        }
    }
}

/// A scope of a resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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

impl ResourceScope {
    /// A scope without a description.
    pub fn new(
        id: ScopeId,
        environment: EnvironmentId,
        resource: ResourceId,
        name: impl Into<String>,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            environment: Reference::new(environment),
            resource: Reference::new(resource),
            name: name.into(),
            description: None,
            created_at,
            updated_at,
        }
    }
}

/// Which scopes of one resource an application may ask for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
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

impl ResourceGrant {
    /// A grant of these scopes.
    pub fn new(
        id: ResourceGrantId,
        environment: EnvironmentId,
        application: ApplicationId,
        resource: ResourceId,
        scopes: Vec<Reference<ScopeId>>,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            environment: Reference::new(environment),
            application: Reference::new(application),
            resource: Reference::new(resource),
            scopes,
            created_at,
            updated_at,
        }
    }
}
