//! `/environments/{environment}/rateLimitIpConfigs`: whose requests are not limited (PingOne, "Rate
//! limiting").

pub(crate) mod rehearsal;

use std::net::IpAddr;

use db::StoreError;
use ipnet::IpNet;
use platform::net::RemoteAddress;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::core::Core;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects};
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
    const KEPT: Option<&'static str> = None;
    type Parent = TopLevel;
    type Read = may::ReadRateLimits;
    type Manage = may::ManageRateLimits;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if range(&self.value).is_some() {
            return Ok(());
        }
        let message = "must be an IP address, or a range of addresses such as 192.0.2.0/24";
        Err(ApiFailure::invalid_value("value", message))
    }
}

/// Whether an environment's limits spare an address.
async fn is_exempt(
    core: &Core,
    environment: EnvironmentId,
    address: RemoteAddress,
) -> Result<bool, StoreError> {
    let objects = Objects::<RateLimitConfiguration>::new(core.db(), core.keyring());
    let configurations = objects.every(environment).await?;
    let mut each = configurations.iter().map(|one| &one.document);
    Ok(each.any(|one| match one.r#type {
        ListType::Whitelist => covers(&one.value, address.0),
    }))
}

fn covers(text: &str, address: IpAddr) -> bool {
    range(text).is_some_and(|range| range.contains(&address.to_canonical()))
}

/// `192.0.2.1`, `192.0.2.0/24`, and the same of IPv6.
fn range(text: &str) -> Option<IpNet> {
    let alone = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| alone()).ok()
}

#[cfg(test)]
mod tests {
    use super::{covers, range};

    #[test]
    fn an_address_or_a_range_of_either_family_is_understood() {
        for text in [
            "192.0.2.1",
            "198.51.100.0/28",
            "2001:0DB8:0:1::1",
            "2001:DB8::/48",
        ] {
            assert!(range(text).is_some(), "{text}");
        }
        for text in [
            "",
            "192.0.2",
            "10.0.0.0/999",
            "10.0.0.0/33",
            "ZZZZ::",
            "192.0.2.1/",
        ] {
            assert!(range(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_range_covers_the_addresses_of_its_network_and_no_others() {
        for (text, inside, outside) in [
            ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
            ("192.0.2.1", "::ffff:192.0.2.1", "::1"),
            ("198.51.100.0/28", "198.51.100.15", "198.51.100.16"),
            ("2001:db8::/48", "2001:db8:0:ffff::1", "2001:db8:1::1"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
        ] {
            assert!(covers(text, inside.parse().unwrap()), "{text} {inside}");
            assert!(!covers(text, outside.parse().unwrap()), "{text} {outside}");
        }
    }
}
