//! What users are made of (PingOne, "Schemas").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;

open_codes! {
    /// Of what kind the values of an attribute are.
    SchemaAttributeType {
        /// True or false.
        Boolean = "BOOLEAN";
        /// An object of attributes.
        Complex = "COMPLEX";
        /// Any JSON.
        Json = "JSON";
        /// A text.
        Text = "STRING";
    }
}

open_codes! {
    /// Whose an attribute is.
    SchemaType {
        /// PingOne's, and it cannot be switched off.
        Core = "CORE";
        /// The environment's own.
        Custom = "CUSTOM";
        /// PingOne's.
        Standard = "STANDARD";
    }
}

/// A schema. There is one, `User`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Schema {
    /// Its name.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// An attribute of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[expect(clippy::struct_excessive_bools, reason = "named as on the wire")]
pub struct SchemaAttribute {
    /// Its name, which users have it under and filters know it by.
    pub name: String,
    /// The name to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Of what kind its values are.
    #[serde(rename = "type")]
    pub attribute_type: SchemaAttributeType,
    /// Whether it is in use.
    pub enabled: bool,
    /// Whether no two users have the same value.
    #[serde(default)]
    pub unique: bool,
    /// Whether every user must have it.
    #[serde(default)]
    pub required: bool,
    /// Whether a user has a list of values.
    #[serde(default)]
    pub multi_valued: bool,
    /// Whose it is; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema_type: Option<SchemaType>,
    /// The values that there are; absent means any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enumerated_values: Option<Vec<EnumeratedValue>>,
    /// The pattern that values match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub regex_validation: Option<RegexValidation>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl SchemaAttribute {
    /// A text of the environment's own.
    pub fn text(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            display_name: None,
            description: None,
            attribute_type: SchemaAttributeType::Text,
            enabled: true,
            unique: false,
            required: false,
            multi_valued: false,
            schema_type: None,
            enumerated_values: None,
            regex_validation: None,
            further: Map::new(),
        }
    }

    /// Any JSON of the environment's own.
    pub fn json(name: impl Into<String>) -> Self {
        Self {
            attribute_type: SchemaAttributeType::Json,
            ..Self::text(name)
        }
    }

    /// Limits it to these values.
    #[must_use]
    pub fn one_of(mut self, values: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.enumerated_values = Some(values.into_iter().map(EnumeratedValue::new).collect());
        self
    }
}

/// What changes of an attribute; what is absent stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SchemaAttributePatch {
    /// What people call it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub display_name: Option<String>,
    /// What it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is in use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// The values that there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enumerated_values: Option<Vec<EnumeratedValue>>,
    /// The pattern that values match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regex_validation: Option<RegexValidation>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// One of the values that an attribute may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EnumeratedValue {
    /// The value.
    pub value: String,
    /// Whether it stays where it is and is given to nobody any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// What it means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl EnumeratedValue {
    /// A value that may be given.
    pub fn new(value: impl Into<String>) -> Self {
        Self {
            value: value.into(),
            archived: None,
            description: None,
        }
    }
}

/// The pattern that values match.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct RegexValidation {
    /// A regular expression.
    pub pattern: String,
    /// What people are told of it.
    pub requirements: String,
    /// Values that match it, which the service tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_pattern_should_match: Option<Vec<String>>,
    /// Values that do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub values_pattern_should_not_match: Option<Vec<String>>,
}

impl RegexValidation {
    /// A pattern, and what people are told of it.
    pub fn new(pattern: impl Into<String>, requirements: impl Into<String>) -> Self {
        Self {
            pattern: pattern.into(),
            requirements: requirements.into(),
            values_pattern_should_match: None,
            values_pattern_should_not_match: None,
        }
    }
}
