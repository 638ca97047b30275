//! Which claims tell an application or a resource what of its users (PingOne, "Application attribute
//! mapping" and "Resource attributes").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;
use crate::id::ScopeId;

open_codes! {
    /// Where a mapping comes from.
    MappingType {
        /// It is there from the beginning, and stays.
        Core = "CORE";
        /// Somebody made it.
        Custom = "CUSTOM";
        /// A claim of OpenID Connect: its value can be set, and it stays.
        Predefined = "PREDEFINED";
    }
}

/// That a claim tells something of the user, at an application or a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AttributeMapping {
    /// The claim.
    pub name: String,
    /// What it says, such as `${user.name.given}`.
    #[serde(default)]
    pub value: String,
    /// Whether a sign-on fails where it has no value; of applications only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Where it comes from, at an application; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping_type: Option<MappingType>,
    /// Where it comes from, at a resource; the service says it.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub resource_mapping_type: Option<MappingType>,
    /// Whether ID tokens carry it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id_token: Option<bool>,
    /// Whether the userinfo endpoint gives it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_info: Option<bool>,
    /// Which scopes of `openid` must be asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oidc_scopes: Option<Vec<ScopeId>>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl AttributeMapping {
    /// A claim that says this.
    ///
    /// ```
    /// use pingone_protocol::pingone::AttributeMapping;
    ///
    /// let mapping = AttributeMapping::new("given_name", "${user.name.given}");
    /// assert_eq!(mapping.name, "given_name");
    /// ```
    pub fn new(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            required: None,
            mapping_type: None,
            resource_mapping_type: None,
            id_token: None,
            user_info: None,
            oidc_scopes: None,
            further: Map::new(),
        }
    }
}
