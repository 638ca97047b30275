//! How many messages an environment sends in a day (PingOne, "Notifications policies").

use db::StoreError;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::configuration::{Document, Objects};
use super::record::{Events, events};

/// How many messages a day.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Quota {
    pub(crate) r#type: QuotaType,
    pub(crate) delivery_methods: Vec<QuotaMethod>,
    pub(crate) total: Option<u32>,
    pub(crate) claimed: Option<u32>,
    pub(crate) unclaimed: Option<u32>,
}

/// Whose messages a quota counts.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum QuotaType {
    Environment,
    User,
}

/// What a quota counts.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) enum QuotaMethod {
    Email,
    #[serde(rename = "SMS")]
    Sms,
    Voice,
}

/// A notification policy: what mails need to know of it.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Quotas {
    #[serde(default)]
    quotas: Vec<Quota>,
}

impl Document for Quotas {
    const EVENTS: Events = events!("NOTIFICATION_POLICY");
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &'static str {
        "Quotas"
    }
}

impl Quotas {
    /// Those of the environment's default policy.
    pub(crate) async fn of(
        objects: Objects<'_, Self>,
        environment: EnvironmentId,
    ) -> Result<Self, StoreError> {
        let found = objects.find_default(environment).await?;
        Ok(found.map(|object| object.document).unwrap_or_default())
    }

    /// How many mails a day there may be at most for everybody together, or for each; people whose
    /// address is known count as claimed.
    pub(crate) fn of_mails(&self, whose: QuotaType) -> Option<i64> {
        let quotas = self.quotas.iter();
        quotas
            .filter(|quota| quota.r#type == whose)
            .filter(|quota| quota.delivery_methods.contains(&QuotaMethod::Email))
            .filter_map(|quota| quota.total.or(quota.claimed))
            .map(i64::from)
            .min()
    }
}
