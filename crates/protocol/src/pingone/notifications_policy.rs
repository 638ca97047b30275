//! How many messages people get (PingOne, "Notifications policies").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::DeliveryMethod;
use crate::codes::open_codes;

open_codes! {
    /// Whose messages a quota counts.
    QuotaType {
        /// Those of the whole environment.
        Environment = "ENVIRONMENT";
        /// Those of each user.
        User = "USER";
    }
}

/// Limits of messages. Countries, times to wait and providers are among the further members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotificationsPolicy {
    /// Its name, unique in the environment.
    pub name: String,
    /// Whether it holds where no other is named.
    #[serde(default)]
    pub default: bool,
    /// How many messages there may be in a day.
    #[serde(default)]
    pub quotas: Vec<NotificationQuota>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl NotificationsPolicy {
    /// A policy that limits nothing yet.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            default: false,
            quotas: Vec::new(),
            further: Map::new(),
        }
    }
}

/// How many messages there may be in a day: a total, or both of the other numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NotificationQuota {
    /// Whose messages it counts.
    #[serde(rename = "type")]
    pub quota_type: QuotaType,
    /// Which messages it counts: mails, or those to telephones.
    pub delivery_methods: Vec<DeliveryMethod>,
    /// How many.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<u32>,
    /// How many to addresses and numbers that are known to be the users'.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claimed: Option<u32>,
    /// How many to all others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unclaimed: Option<u32>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl NotificationQuota {
    /// So many mails in a day, for the environment or for each user.
    pub fn mails(quota_type: QuotaType, total: u32) -> Self {
        Self {
            quota_type,
            delivery_methods: vec![DeliveryMethod::Email],
            total: Some(total),
            claimed: None,
            unclaimed: None,
            further: Map::new(),
        }
    }
}
