//! Devices by which users prove who they are a second time (PingOne, "MFA devices").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Links, Open, Reference};
use crate::codes::{codes, open_codes};
use crate::id::{DeviceAuthenticationPolicyId, DeviceId, EnvironmentId, UserId};
use crate::secret::DeviceSecret;

codes! {
    /// What a device is.
    DeviceType {
        /// A mail address, to which one-time passwords go.
        Email = "EMAIL";
        /// A telephone that takes short messages.
        Sms = "SMS";
        /// An authenticator application (RFC 6238).
        Totp = "TOTP";
        /// A telephone that is called.
        Voice = "VOICE";
        /// A telephone with `WhatsApp`.
        WhatsApp = "WHATSAPP";
    }
}

codes! {
    /// Whether a device counts.
    DeviceStatus {
        /// It does once it is activated with a one-time password.
        ActivationRequired = "ACTIVATION_REQUIRED";
        /// It does.
        Active = "ACTIVE";
    }
}

open_codes! {
    /// Whether a device is locked, which wrong one-time passwords do, too.
    LockStatus {
        /// It is.
        Locked = "LOCKED";
        /// It is not.
        Unlocked = "UNLOCKED";
    }
}

open_codes! {
    /// Whether somebody who administers users has blocked a device.
    BlockStatus {
        /// They have.
        Blocked = "BLOCKED";
        /// They have not.
        Unblocked = "UNBLOCKED";
    }
}

/// A device as it is asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewDevice {
    /// What it is.
    #[serde(rename = "type")]
    pub device_type: DeviceType,
    /// Whether it counts at once. Only who administers users may say so; absent, it does for them,
    /// and has to be activated where users pair their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<DeviceStatus>,
    /// What the user calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// The address of an `EMAIL` device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// The number of a telephone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The extension of a `VOICE` device.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extension: Option<String>,
    /// By which policy it is paired; absent means the default one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<Reference<DeviceAuthenticationPolicyId>>,
    /// Whether it is there to try things out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_mode: Option<bool>,
}

impl NewDevice {
    fn new(device_type: DeviceType) -> Self {
        Self {
            device_type,
            status: None,
            nickname: None,
            email: None,
            phone: None,
            extension: None,
            policy: None,
            test_mode: None,
        }
    }

    /// A mail address.
    pub fn email(address: impl Into<String>) -> Self {
        Self {
            email: Some(address.into()),
            ..Self::new(DeviceType::Email)
        }
    }

    /// An authenticator application. The answer brings the secret that it needs, once.
    pub fn totp() -> Self {
        Self::new(DeviceType::Totp)
    }

    /// A telephone that takes short messages, such as `+1.4155550123`.
    pub fn sms(number: impl Into<String>) -> Self {
        Self {
            phone: Some(number.into()),
            ..Self::new(DeviceType::Sms)
        }
    }

    /// A telephone that is called.
    pub fn voice(number: impl Into<String>) -> Self {
        Self {
            phone: Some(number.into()),
            ..Self::new(DeviceType::Voice)
        }
    }

    /// The same, to be activated with a one-time password before it counts.
    #[must_use]
    pub fn to_be_activated(self) -> Self {
        Self {
            status: Some(DeviceStatus::ActivationRequired),
            ..self
        }
    }

    /// The same, with what the user calls it.
    #[must_use]
    pub fn nickname(self, nickname: impl Into<String>) -> Self {
        Self {
            nickname: Some(nickname.into()),
            ..self
        }
    }
}

/// A device of a user.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Device {
    /// Links to what can be done with it.
    #[serde(default, rename = "_links")]
    pub links: Links,
    /// Its id.
    pub id: DeviceId,
    /// Its environment.
    #[serde(default)]
    pub environment: Option<Reference<EnvironmentId>>,
    /// Whose it is.
    #[serde(default)]
    pub user: Option<Reference<UserId>>,
    /// What it is; mobile applications and passkeys have codes that [`DeviceType`] does not.
    #[serde(rename = "type")]
    pub device_type: Open<DeviceType>,
    /// Whether it counts.
    pub status: Open<DeviceStatus>,
    /// What the user calls it.
    #[serde(default)]
    pub nickname: Option<String>,
    /// The address of an `EMAIL` device.
    #[serde(default)]
    pub email: Option<String>,
    /// The number of a telephone.
    #[serde(default)]
    pub phone: Option<String>,
    /// The extension of a `VOICE` device.
    #[serde(default)]
    pub extension: Option<String>,
    /// By which policy it was paired.
    #[serde(default)]
    pub policy: Option<Reference<DeviceAuthenticationPolicyId>>,
    /// Whether it is locked.
    #[serde(default)]
    pub lock: Option<DeviceLock>,
    /// Whether it is blocked.
    #[serde(default)]
    pub block: Option<DeviceBlock>,
    /// What an authenticator application makes one-time passwords of, in base32. Only the answer to
    /// the creation brings it.
    #[serde(default)]
    pub secret: Option<DeviceSecret>,
    /// The same as an `otpauth:` URI, to be shown as a QR code.
    #[serde(default)]
    pub key_uri: Option<DeviceSecret>,
    /// When it was made.
    #[serde(default, with = "crate::pingone::date::OptionalDate")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, with = "crate::pingone::date::OptionalDate")]
    pub updated_at: Option<Timestamp>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// Whether a device is locked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeviceLock {
    /// Whether it is.
    pub status: LockStatus,
    /// When that ends by itself.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::pingone::date::OptionalDate"
    )]
    pub expires_at: Option<Timestamp>,
}

/// Whether a device is blocked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeviceBlock {
    /// Whether it is.
    pub status: BlockStatus,
    /// Since when.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::pingone::date::OptionalDate"
    )]
    pub blocked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_of_a_type_that_is_new_is_read_and_shows_no_secret() {
        let text = r#"{"id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "type": "CRYSTAL_BALL",
            "status": "CLOUDY", "secret": "JBSWY3DP", "keyUri": "otpauth://totp/?secret=JBSWY3DP",
            "lock": {"status": "UNLOCKED"}, "os": {"version": "9"}}"#;
        let device: Device = serde_json::from_str(text).unwrap();
        assert_eq!(device.device_type.as_str(), "CRYSTAL_BALL");
        assert_eq!(device.status.known(), None);
        assert_eq!(device.further["os"]["version"], "9");
        assert!(!format!("{device:?}").contains("JBSWY3DP"));
    }
}
