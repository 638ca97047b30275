//! Resources, their scopes, and applications' grants of them (PingOne, "Resources").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use uuid::Uuid;

use super::{CorsSettings, Reference};
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

codes! {
    /// How a resource proves who it is when it asks about a token.
    IntrospectionAuthMethod {
        /// By its secret in the `Authorization` header.
        ClientSecretBasic = "CLIENT_SECRET_BASIC";
        /// By its secret in the form.
        ClientSecretPost = "CLIENT_SECRET_POST";
        /// Not at all: it cannot ask.
        None = "NONE";
    }
}

/// What access tokens for a resource say of its application permissions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ApplicationPermissionsSettings {
    /// Whether they carry the claim `p1.permissions`.
    pub claim_enabled: bool,
}

/// What an access token is for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
    /// How it proves who it is when it asks about a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspect_endpoint_auth_method: Option<Open<IntrospectionAuthMethod>>,
    /// What its access tokens say of its application permissions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub application_permissions_settings: Option<ApplicationPermissionsSettings>,
    /// From which pages scripts may ask about a token with its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors_settings: Option<CorsSettings>,
    /// When it was made.
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
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
            introspect_endpoint_auth_method: None,
            application_permissions_settings: None,
            cors_settings: None,
            created_at,
            updated_at,
        }
    }
}

/// A scope of a resource.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
    /// The attributes of users that it opens: paths such as `name.given`, or `*` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_attributes: Option<Vec<String>>,
    /// The attributes of the resource `openid` that it gives as claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_claims: Option<Vec<Uuid>>,
    /// When it was made.
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
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
            schema_attributes: None,
            mapped_claims: None,
            created_at,
            updated_at,
        }
    }
}

/// Which scopes of one resource an application may ask for.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
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
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
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

/// What a resource is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewResource {
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The `aud` of its access tokens; absent means its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// How long its access tokens live, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_validity_seconds: Option<i64>,
    /// How it proves who it is when it asks about a token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub introspect_endpoint_auth_method: Option<Open<IntrospectionAuthMethod>>,
}

impl NewResource {
    /// Somebody's own API.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            audience: None,
            access_token_validity_seconds: None,
            introspect_endpoint_auth_method: None,
        }
    }

    /// Says what is the `aud` of its access tokens.
    #[must_use]
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audience = Some(audience.into());
        self
    }
}

/// What a scope is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewScope {
    /// Its name, unique in the resource.
    pub name: String,
    /// What it permits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The attributes of users that it opens: paths such as `name.given`, or `*` for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_attributes: Option<Vec<String>>,
    /// The attributes of the resource `openid` that it gives as claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapped_claims: Option<Vec<Uuid>>,
}

impl NewScope {
    /// A scope without a description.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            schema_attributes: None,
            mapped_claims: None,
        }
    }
}

/// What a grant is created or replaced with.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct NewResourceGrant {
    /// The resource; it cannot be changed later.
    pub resource: Reference<ResourceId>,
    /// Its scopes that the application may ask for.
    pub scopes: Vec<Reference<ScopeId>>,
}

impl NewResourceGrant {
    /// These scopes of a resource.
    pub fn new(resource: ResourceId, scopes: impl IntoIterator<Item = ScopeId>) -> Self {
        Self {
            resource: Reference::new(resource),
            scopes: scopes.into_iter().map(Reference::new).collect(),
        }
    }
}
