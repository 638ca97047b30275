//! Attributes of resources: which claims about a user tokens for a resource carry, and with what
//! value (PingOne, "Resource attributes").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::configuration::Document;
use super::record::{Events, events};

/// An attribute of a resource.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
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

impl Document for ResourceAttribute {
    const EVENTS: Events = events!("RESOURCE_ATTRIBUTE");
    const MOST: u32 = 500;
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    /// Claims are told apart by case.
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
