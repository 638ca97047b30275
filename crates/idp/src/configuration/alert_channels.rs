//! `/environments/{environment}/alertChannels`: whom alerts are mailed to (PingOne, "Alerting").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

/// Whom alerts are mailed to, and which.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AlertChannel {
    alert_name: Option<String>,
    channel_type: ChannelType,
    addresses: Vec<String>,
    include_severities: Option<Vec<Severity>>,
    include_alert_types: Option<Vec<AlertType>>,
    exclude_alert_types: Option<Vec<AlertType>>,
}

/// The way that an alert takes.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ChannelType {
    Email,
}

/// How bad it is.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Severity {
    Error,
    Info,
    Warning,
}

/// What an alert tells.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum AlertType {
    CertificateExpired,
    CertificateExpiring,
    GatewayVersionDeprecated,
    GatewayVersionDeprecating,
    KeyPairExpired,
    KeyPairExpiring,
    #[serde(rename = "LICENSE_90_PERCENT_USER_SOFT_LIMIT")]
    LicenseNinetyPercentUserSoftLimit,
    LicenseExpired,
    LicenseExpiring,
    LicenseRotated,
    LicenseUserHardLimitExceeded,
    LicenseUserSoftLimitExceeded,
    RateLimitExceeded,
    RateLimitWarning,
    RiskConfiguration,
    SuspiciousTraffic,
}

impl Document for AlertChannel {
    const EVENTS: Events = events!("ALERT_CHANNEL");
    const MOST: u32 = 100;

    fn name(&self) -> &str {
        self.alert_name.as_deref().unwrap_or_default()
    }

    fn unique(&self) -> Option<String> {
        None
    }
}

impl Configuration for AlertChannel {
    const PATH: &'static str = "alertChannels";
    const ITEM: &'static str = "channel";
    const FILTERS: &'static [&'static str] = &["alertName"];
    const KEPT: Option<&'static str> = Some("No alert is raised.");
    type Parent = TopLevel;
    type Read = may::ReadAlertChannels;
    type Manage = may::ManageAlertChannels;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if self.addresses.is_empty() {
            return Err(ApiFailure::required_value("addresses"));
        }
        checks::no_more_than("addresses", &self.addresses, 100)?;
        self.addresses
            .iter()
            .try_for_each(|address| checks::email("addresses", address))?;
        for (name, types) in [
            ("includeAlertTypes", &self.include_alert_types),
            ("excludeAlertTypes", &self.exclude_alert_types),
        ] {
            checks::no_more_than(name, types.as_deref().unwrap_or_default(), 100)?;
        }
        let severities = self.include_severities.as_deref().unwrap_or_default();
        checks::no_more_than("includeSeverities", severities, 3)
    }
}
