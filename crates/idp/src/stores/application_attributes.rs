//! Which claims tell an application what of its users: the mappings of an application's attributes.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{Reader, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::id::{ApplicationId, EnvironmentId, ScopeId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::LookupCounts;

use super::configuration::{Document, Objects, Reference};
use super::record::{Events, events};
use super::resources::StoredScope;
use crate::caches::{Recent, Touched};

/// The claims that say what an ID token is and who it is for: no mapping takes their place.
const RESERVED: [&str; 22] = [
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "env",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "org",
    "s_hash",
    "scope",
    "sid",
    "sub",
    "sub_jwk",
    "typ",
];

/// PingOne's own claims begin with it.
const RESERVED_PREFIX: &str = "p1.";

/// Whether no mapping of an administrator's gives a claim of this name.
pub(crate) fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name) || name.starts_with(RESERVED_PREFIX)
}

/// A mapping.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AttributeMapping {
    pub(crate) name: String,
    pub(crate) value: String,
    #[serde(default)]
    pub(crate) required: bool,
    /// Said by the service alone.
    pub(crate) mapping_type: Option<MappingType>,
    pub(crate) name_format: Option<String>,
    pub(crate) id_token: Option<bool>,
    pub(crate) user_info: Option<bool>,
    pub(crate) oidc_scopes: Option<Vec<ScopeId>>,
}

/// Who made a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum MappingType {
    /// The service: of the users' identifier.
    Core,
    /// An administrator.
    Custom,
    /// The service: of what a scope stands for.
    Scope,
}

impl AttributeMapping {
    /// The mapping of the users' identifier, as every application begins with it.
    pub(crate) fn core(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            value: "${user.id}".to_owned(),
            required: true,
            mapping_type: Some(MappingType::Core),
            name_format: None,
            id_token: None,
            user_info: None,
            oidc_scopes: None,
        }
    }

    /// Whether it is that of the users' identifier.
    pub(crate) fn is_core(&self) -> bool {
        self.mapping_type == Some(MappingType::Core)
    }
}

impl Document for AttributeMapping {
    const EVENTS: Events = events!("APPLICATION_ATTRIBUTE");
    const MOST: u32 = 100;
    /// Every userinfo and ID token asks for them.
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    /// The names of claims are case-sensitive.
    fn unique(&self) -> Option<String> {
        Some(self.name.clone())
    }

    fn mentions(&self) -> Vec<Reference> {
        let scopes = self.oidc_scopes.iter().flatten();
        scopes
            .map(|scope| Reference::to_row::<StoredScope>("oidcScopes", *scope))
            .collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        if let Some(scopes) = &mut self.oidc_scopes {
            scopes.retain(|scope| !gone.contains(&scope.as_uuid()));
        }
    }
}

/// The mappings of all applications.
#[derive(Debug)]
pub(crate) struct AttributeMappings {
    db: Reader,
    keyring: Arc<Keyring>,
    recent: Recent<Arc<[AttributeMapping]>>,
}

impl AttributeMappings {
    pub(crate) fn new(db: Reader, keyring: Arc<Keyring>) -> Self {
        Self {
            db,
            keyring,
            recent: Recent::default(),
        }
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// The mappings of an application, the oldest first; cached.
    pub(crate) async fn of(
        &self,
        environment: EnvironmentId,
        application: ApplicationId,
        now: Timestamp,
    ) -> Result<Arc<[AttributeMapping]>, StoreError> {
        let id = application.as_uuid();
        let read = async {
            let objects = Objects::<AttributeMapping>::new(&self.db, &self.keyring);
            let found = objects.list(environment, id).await?;
            let mappings = found.into_iter().map(|object| object.document);
            Ok(Some(mappings.collect()))
        };
        let found = self.recent.find(id, now, read).await?;
        Ok(found.unwrap_or_default())
    }
}
