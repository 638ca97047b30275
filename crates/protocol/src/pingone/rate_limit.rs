//! Whose requests are not limited (PingOne, "Rate limiting").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;

open_codes! {
    /// What a list of addresses is for.
    RateLimitListType {
        /// Their requests are not limited.
        Whitelist = "WHITELIST";
    }
}

/// An address, or a range of addresses, whose requests are treated in a way of their own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RateLimitConfiguration {
    /// In which way.
    #[serde(rename = "type")]
    pub list_type: RateLimitListType,
    /// Such as `192.0.2.1` or `2001:db8::/48`.
    pub value: String,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl RateLimitConfiguration {
    /// Addresses whose requests are not limited.
    pub fn unlimited(value: impl Into<String>) -> Self {
        Self {
            list_type: RateLimitListType::Whitelist,
            value: value.into(),
            further: Map::new(),
        }
    }
}
