//! `/environments/{environment}/mfaSettings`: what holds for all second factors (PingOne, "MFA
//! settings").

use db::StoreError;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::periods::within;
use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::core::Core;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects};
use crate::stores::record::{Events, events};

/// PingOne's bound of `pairing.maxAllowedDevices`.
const MOST_DEVICES: u32 = 15;

/// The settings of second factors.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MfaSettings {
    pub(crate) pairing: Pairing,
    lockout: Option<Lockout>,
    authentication: Option<Authentication>,
    phone_extensions: Option<PhoneExtensions>,
    users: Option<NewUsers>,
}

/// How devices are paired.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pairing {
    /// How many devices a user has at most.
    pub(crate) max_allowed_devices: u32,
    pub(crate) pairing_key_format: PairingKeyFormat,
}

/// What pairing keys consist of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum PairingKeyFormat {
    /// Sixteen letters and digits.
    Alphanumeric,
    /// Twelve digits.
    Numeric,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Lockout {
    failure_count: u32,
    duration_seconds: Option<u32>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    device_selection: DeviceSelection,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum DeviceSelection {
    DefaultToFirst,
    PromptToSelect,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
struct PhoneExtensions {
    enabled: Option<bool>,
}

/// What new users begin with.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct NewUsers {
    mfa_enabled: Option<bool>,
}

impl Default for MfaSettings {
    fn default() -> Self {
        Self {
            pairing: Pairing {
                max_allowed_devices: 5,
                pairing_key_format: PairingKeyFormat::Numeric,
            },
            lockout: None,
            authentication: None,
            phone_extensions: Some(PhoneExtensions {
                enabled: Some(false),
            }),
            users: Some(NewUsers {
                mfa_enabled: Some(false),
            }),
        }
    }
}

impl MfaSettings {
    /// The settings of an environment.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn of(core: &Core, environment: EnvironmentId) -> Result<Self, StoreError> {
        let objects = Objects::<Self>::new(core.db(), core.keyring());
        let found = objects
            .find_only(environment, environment.as_uuid())
            .await?;
        Ok(found.map(|object| object.document).unwrap_or_default())
    }

    /// Whether new users need a second factor, where nothing else is said.
    pub(crate) fn enables_new_users(&self) -> bool {
        self.users.and_then(|users| users.mfa_enabled) == Some(true)
    }
}

impl Document for MfaSettings {
    const EVENTS: Events = events!("MFA_SETTINGS");

    fn name(&self) -> &'static str {
        "MFA settings"
    }
}

impl Configuration for MfaSettings {
    const PATH: &'static str = "mfaSettings";
    const ITEM: &'static str = "settings";
    const KEPT: Option<&'static str> = Some(
        "`pairing` and `users` are obeyed; `lockout`, `authentication` and `phoneExtensions` are not.",
    );
    type Parent = TopLevel;
    type Read = may::ReadMfa;
    type Manage = may::ManageMfa;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let devices = self.pairing.max_allowed_devices;
        within("pairing.maxAllowedDevices", devices, 1..=MOST_DEVICES)?;
        if let Some(lockout) = self.lockout {
            within("lockout.failureCount", lockout.failure_count, 1..=1_000)?;
            let seconds = lockout.duration_seconds.unwrap_or(1);
            within("lockout.durationSeconds", seconds, 1..=31_536_000)?;
        }
        Ok(())
    }
}
