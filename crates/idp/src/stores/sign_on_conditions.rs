//! The conditions of sign-on policies' actions as documents; `configuration` says what they mean.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;

/// A condition as it is sent and shown. Exactly one of its forms is there.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Condition {
    pub(crate) and: Option<Vec<Self>>,
    pub(crate) or: Option<Vec<Self>>,
    pub(crate) not: Option<Box<Self>>,
    pub(crate) value: Option<String>,
    pub(crate) equals: Option<Operand>,
    pub(crate) contains: Option<String>,
    pub(crate) seconds_since: Option<String>,
    pub(crate) greater: Option<u32>,
    pub(crate) ip_range: Option<Vec<String>>,
    pub(crate) ip_risk: Option<RiskScores>,
    pub(crate) anonymous_network: Option<Vec<String>>,
    pub(crate) geo_velocity: Option<String>,
    pub(crate) valid: Option<Valid>,
}

/// What a value is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Operand {
    Flag(bool),
    Text(String),
}

/// Scores of an address's risk.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RiskScores {
    pub(crate) min_score: u32,
    pub(crate) max_score: u32,
}

/// What a risk is judged of.
#[derive(Clone, Debug)]
pub(crate) enum Valid {
    Variable(String),
    LastSignOn(LastSignOn),
}

/// From where and when the user signed on before.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LastSignOn {
    pub(crate) previous_successful_authentication_ip: String,
    pub(crate) previous_successful_authentication_time: String,
}

impl JsonSchema for Operand {
    fn schema_name() -> Cow<'static, str> {
        "Operand".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "boolean"]})
    }
}

impl JsonSchema for Valid {
    fn schema_name() -> Cow<'static, str> {
        "Valid".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let last = generator.subschema_for::<LastSignOn>();
        json_schema!({"anyOf": [{"type": "string"}, last]})
    }
}

impl Serialize for Operand {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Flag(flag) => serializer.serialize_bool(*flag),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Operand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OperandVisitor;

        impl Visitor<'_> for OperandVisitor {
            type Value = Operand;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a text, true or false")
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Operand, E> {
                Ok(Operand::Flag(flag))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Operand, E> {
                Ok(Operand::Text(text.to_owned()))
            }
        }

        deserializer.deserialize_any(OperandVisitor)
    }
}

impl Serialize for Valid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Variable(variable) => serializer.serialize_str(variable),
            Self::LastSignOn(last) => last.serialize(serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Valid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValidVisitor;

        impl<'de> Visitor<'de> for ValidVisitor {
            type Value = Valid;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a variable, or an object of two")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Valid, E> {
                Ok(Valid::Variable(text.to_owned()))
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Valid, A::Error> {
                let members = serde::de::value::MapAccessDeserializer::new(map);
                LastSignOn::deserialize(members).map(Valid::LastSignOn)
            }
        }

        deserializer.deserialize_any(ValidVisitor)
    }
}
