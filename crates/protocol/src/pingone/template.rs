//! What messages are for (PingOne, "Notifications templates").

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::DeliveryMethod;

/// A message that the service sends. What it says is changed by contents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Template {
    /// Its id, such as `recovery_code_template`.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The ways that it can take.
    #[serde(default)]
    pub delivery_methods: Vec<DeliveryMethod>,
    /// What stands for something in a content, by its name.
    #[serde(default)]
    pub variables: BTreeMap<String, TemplateVariable>,
    /// Whether contents may have variables of the caller's own.
    #[serde(default)]
    pub allow_dynamic_variables: bool,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub updated_at: Option<Timestamp>,
}

impl Template {
    /// A message of which nothing is said yet.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            display_name: None,
            description: None,
            delivery_methods: Vec::new(),
            variables: BTreeMap::new(),
            allow_dynamic_variables: false,
            created_at: None,
            updated_at: None,
        }
    }
}

/// What stands for something in a content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct TemplateVariable {
    /// Whether every content must have it.
    #[serde(default)]
    pub required: bool,
}

impl TemplateVariable {
    /// One that contents must have, or may.
    pub fn new(required: bool) -> Self {
        Self { required }
    }
}
