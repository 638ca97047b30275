//! Attributes of resources: which claims about a user tokens for a resource carry, and with what
//! value (PingOne, "Resource attributes").

use std::sync::Arc;

use db::{Reader, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::id::{EnvironmentId, ResourceId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::LookupCounts;

use super::configuration::{Document, Objects};
use super::record::{Events, events};
use crate::caches::{Recent, Touched};

/// An attribute of a resource.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ResourceAttribute {
    /// The claim.
    pub(crate) name: String,
    /// What it says; an empty value leaves it to the service.
    #[serde(default)]
    pub(crate) value: String,
    #[serde(rename = "type", default)]
    pub(crate) kind: AttributeKind,
    /// Whether ID tokens carry it; of the resource `openid` only.
    pub(crate) id_token: Option<bool>,
    /// Whether the userinfo endpoint gives it; of the resource `openid` only.
    pub(crate) user_info: Option<bool>,
}

/// Where an attribute comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum AttributeKind {
    /// Tokens need it: its value can be set, and it stays.
    Core,
    /// Somebody made it.
    #[default]
    Custom,
    /// A claim of OpenID Connect: its value can be set, and it stays.
    Predefined,
}

impl ResourceAttribute {
    /// Whether it is as the service made it, and told everywhere.
    fn is_as_it_began(&self) -> bool {
        let value = PREDEFINED.iter().find(|(name, _)| *name == self.name);
        self.kind == AttributeKind::Predefined
            && value.is_some_and(|(_, value)| *value == self.value)
            && self.id_token != Some(false)
            && self.user_info != Some(false)
    }

    /// Whether it is a claim of OpenID Connect with the meaning that it has there.
    pub(crate) fn is_standard(&self) -> bool {
        let began = (self.name.as_str(), self.value.as_str());
        self.kind == AttributeKind::Predefined && PREDEFINED.contains(&began)
    }
}

impl Document for ResourceAttribute {
    const EVENTS: Events = events!("RESOURCE_ATTRIBUTE");
    const MOST: u32 = 500;
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    /// The names of claims are case-sensitive.
    fn unique(&self) -> Option<String> {
        Some(self.name.clone())
    }
}

/// The core attribute of a custom resource, and its value.
pub(crate) const SUBJECT: (&str, &str) = ("sub", "${user.id}");

/// The claims of OpenID Connect (Core §5.1), and the value that each begins with.
pub(crate) const PREDEFINED: [(&str, &str); 24] = [
    ("address.country", "${user.address.countryCode}"),
    ("address.formatted", ""),
    ("address.locality", "${user.address.locality}"),
    ("address.postal_code", "${user.address.postalCode}"),
    ("address.region", "${user.address.region}"),
    ("address.street_address", "${user.address.streetAddress}"),
    ("birthdate", ""),
    ("email", "${user.email}"),
    ("email_verified", ""),
    ("family_name", "${user.name.family}"),
    ("gender", ""),
    ("given_name", "${user.name.given}"),
    ("locale", "${user.locale}"),
    ("middle_name", "${user.name.middle}"),
    ("name", "${user.name.formatted}"),
    ("nickname", "${user.nickname}"),
    ("phone_number", "${user.primaryPhone}"),
    ("phone_number_verified", ""),
    ("picture", "${user.photo.href}"),
    ("preferred_username", "${user.username}"),
    ("profile", ""),
    ("updated_at", "${#datetime.toUnixTimestamp(user.updatedAt)}"),
    ("website", ""),
    ("zoneinfo", "${user.timezone}"),
];

/// The attributes of one resource, the oldest first.
#[derive(Debug, Default)]
pub(crate) struct AttributesOfResource {
    pub(crate) attributes: Vec<(Uuid, ResourceAttribute)>,
    /// Whether all are as the service made them.
    pub(crate) are_as_they_began: bool,
}

/// The attributes of all resources, for the tokens that they make claims of.
#[derive(Debug)]
pub(crate) struct ResourceAttributes {
    db: Reader,
    keyring: Arc<Keyring>,
    recent: Recent<Arc<AttributesOfResource>>,
}

impl ResourceAttributes {
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

    /// The attributes of a resource; cached.
    pub(crate) async fn of(
        &self,
        environment: EnvironmentId,
        resource: ResourceId,
        now: Timestamp,
    ) -> Result<Arc<AttributesOfResource>, StoreError> {
        let id = resource.as_uuid();
        let read = async {
            let objects = Objects::<ResourceAttribute>::new(&self.db, &self.keyring);
            let found = objects.list(environment, id).await?.into_iter();
            let attributes: Vec<_> = found.map(|object| (object.id, object.document)).collect();
            let mut began = attributes.iter().map(|(_, one)| one.is_as_it_began());
            Ok(Some(Arc::new(AttributesOfResource {
                are_as_they_began: began.all(|began| began),
                attributes,
            })))
        };
        let found = self.recent.find(id, now, read).await?;
        Ok(found.unwrap_or_default())
    }
}
