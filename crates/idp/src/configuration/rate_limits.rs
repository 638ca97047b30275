//! `/environments/{environment}/rateLimitIpConfigs`: whose requests are not limited (PingOne, "Rate
//! limiting").

use std::net::IpAddr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::fold;
use crate::stores::record::{Events, events};

/// An address, or a range of addresses, whose requests are not limited.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
pub(crate) struct RateLimitConfiguration {
    r#type: ListType,
    value: String,
}

/// What a list is for.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ListType {
    Whitelist,
}

impl Document for RateLimitConfiguration {
    const EVENTS: Events = events!("RATE_LIMIT_CONFIGURATION");

    fn name(&self) -> &str {
        &self.value
    }

    fn unique(&self) -> Option<String> {
        Some(fold(&self.value))
    }
}

impl Configuration for RateLimitConfiguration {
    const PATH: &'static str = "rateLimitIpConfigs";
    const ITEM: &'static str = "configuration";
    const UNIQUE: &'static str = "value";
    const FILTERS: &'static [&'static str] = &["type", "value"];
    const KEPT: Option<&'static str> =
        Some("Limits are the installation's, and the same for every address.");
    type Parent = TopLevel;
    type Read = may::ReadRateLimits;
    type Manage = may::ManageRateLimits;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if is_address_or_range(&self.value) {
            return Ok(());
        }
        let message = "must be an IP address, or a range of addresses such as 192.0.2.0/24";
        Err(ApiFailure::invalid_value("value", message))
    }
}

/// `192.0.2.1`, `192.0.2.0/24`, and the same of IPv6.
fn is_address_or_range(text: &str) -> bool {
    let (address, prefix) = match text.split_once('/') {
        Some((address, prefix)) => (address, Some(prefix)),
        None => (text, None),
    };
    let Ok(address) = address.parse::<IpAddr>() else {
        return false;
    };
    let longest = if address.is_ipv4() { 32 } else { 128 };
    prefix.is_none_or(|prefix| prefix.parse::<u8>().is_ok_and(|length| length <= longest))
}

#[cfg(test)]
mod tests {
    use super::is_address_or_range;

    #[test]
    fn an_address_or_a_range_of_either_family_is_understood() {
        for text in [
            "192.0.2.1",
            "198.51.100.0/28",
            "2001:0DB8:0:1::1",
            "2001:DB8::/48",
        ] {
            assert!(is_address_or_range(text), "{text}");
        }
        for text in [
            "",
            "192.0.2",
            "10.0.0.0/999",
            "10.0.0.0/33",
            "ZZZZ::",
            "192.0.2.1/",
        ] {
            assert!(!is_address_or_range(text), "{text}");
        }
    }
}
