//! Counts by day (PingOne, "Reporting").

use serde::{Deserialize, Serialize};

use super::Reference;
use crate::id::ApplicationId;

/// How many people signed on on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ActiveIdentities {
    /// The day in UTC, such as `2026-01-31`.
    pub date: String,
    /// How many; who signed on twice counts once.
    pub active_identity_count: u64,
}

impl ActiveIdentities {
    /// So many people on a day.
    pub fn new(date: impl Into<String>, active_identity_count: u64) -> Self {
        Self {
            date: date.into(),
            active_identity_count,
        }
    }
}

/// How many people there were at the end of a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TotalIdentities {
    /// The day's first instant in milliseconds since 1970, unlike the dates of the other reports:
    /// clients read it as a number.
    pub date: i64,
    /// How many.
    pub total_identities: u64,
}

impl TotalIdentities {
    /// So many people on the day that begins so many milliseconds after 1970.
    pub fn new(date: i64, total_identities: u64) -> Self {
        Self {
            date,
            total_identities,
        }
    }
}

/// How often something was done on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct UserActivities {
    /// The day in UTC, such as `2026-01-31`.
    pub date: String,
    /// What was done.
    pub action: CountedAction,
    /// How often.
    pub count: u64,
}

impl UserActivities {
    /// That something, such as `USER.CREATED`, was done so often on a day.
    pub fn new(date: impl Into<String>, action_type: impl Into<String>, count: u64) -> Self {
        let action_type = action_type.into();
        Self {
            date: date.into(),
            action: CountedAction { action_type },
            count,
        }
    }
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CountedAction {
    /// Such as `USER.CREATED`.
    #[serde(rename = "type")]
    pub action_type: String,
}

/// How often people signed on to an application on a day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ApplicationSignOns {
    /// The day in UTC, such as `2026-01-31`.
    pub date: String,
    /// The application.
    pub application: Reference<ApplicationId>,
    /// How often.
    pub count: u64,
}

impl ApplicationSignOns {
    /// So many sign-ons to an application on a day.
    pub fn new(date: impl Into<String>, application: ApplicationId, count: u64) -> Self {
        Self {
            date: date.into(),
            application: Reference::new(application),
            count,
        }
    }
}
