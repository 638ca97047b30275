//! Which devices prove that somebody is the user (PingOne, "Device authentication policies").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Reference;
use crate::codes::open_codes;
use crate::id::{Fido2PolicyId, NotificationsPolicyId};

open_codes! {
    /// Which of a user's devices is asked.
    DeviceSelection {
        /// The one that the user chooses, also where there is one only.
        AlwaysDisplayDevices = "ALWAYS_DISPLAY_DEVICES";
        /// The first.
        DefaultToFirst = "DEFAULT_TO_FIRST";
        /// The one that the user chooses, where there are several.
        PromptToSelect = "PROMPT_TO_SELECT";
    }
}

open_codes! {
    /// How users are told of a device that was paired.
    NewDeviceNotification {
        /// By mail, or else by a short message.
        EmailThenSms = "EMAIL_THEN_SMS";
        /// Not at all.
        None = "NONE";
        /// By a short message, or else by mail.
        SmsThenEmail = "SMS_THEN_EMAIL";
    }
}

open_codes! {
    /// What a length of time is counted in.
    TimeUnit {
        /// Days.
        Days = "DAYS";
        /// Hours.
        Hours = "HOURS";
        /// Minutes.
        Minutes = "MINUTES";
        /// Seconds.
        Seconds = "SECONDS";
    }
}

/// A length of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Period {
    /// How many units.
    pub duration: u32,
    /// What they are.
    pub time_unit: TimeUnit,
}

impl Period {
    /// So many units.
    pub fn new(duration: u32, time_unit: TimeUnit) -> Self {
        Self {
            duration,
            time_unit,
        }
    }

    /// So many minutes.
    pub fn minutes(duration: u32) -> Self {
        Self::new(duration, TimeUnit::Minutes)
    }
}

/// Which devices prove that somebody is the user. Remembered browsers are among the further members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeviceAuthenticationPolicy {
    /// Its name, unique in the environment.
    pub name: String,
    /// Whether it holds where no other is named.
    #[serde(default)]
    pub default: bool,
    /// Which of a user's devices is asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication: Option<DeviceChoice>,
    /// How users are told of a device that was paired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_device_notification: Option<NewDeviceNotification>,
    /// Whether devices of a locked account are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignore_user_lock: Option<bool>,
    /// Which limits of messages hold; absent means those of the default policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notifications_policy: Option<Reference<NotificationsPolicyId>>,
    /// Telephones that take short messages.
    pub sms: SentOtpDevices,
    /// Telephones that are called.
    pub voice: SentOtpDevices,
    /// Mail addresses.
    pub email: SentOtpDevices,
    /// Telephones with `WhatsApp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whats_app: Option<SentOtpDevices>,
    /// Native applications; which ones is among the further members.
    pub mobile: MadeOtpDevices,
    /// Authenticator applications (RFC 6238).
    pub totp: MadeOtpDevices,
    /// Passkeys and security keys.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fido2: Option<FidoDevices>,
    /// Hardware that makes one-time passwords.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oath_token: Option<MadeOtpDevices>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl DeviceAuthenticationPolicy {
    /// A policy by which mail addresses and authenticator applications count, and nothing else.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            default: false,
            authentication: None,
            new_device_notification: None,
            ignore_user_lock: None,
            notifications_policy: None,
            sms: SentOtpDevices::new(false),
            voice: SentOtpDevices::new(false),
            email: SentOtpDevices::new(true),
            whats_app: None,
            mobile: MadeOtpDevices::new(false),
            totp: MadeOtpDevices::new(true),
            fido2: None,
            oath_token: None,
            further: Map::new(),
        }
    }
}

/// Which of a user's devices is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DeviceChoice {
    /// Which one.
    pub device_selection: DeviceSelection,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl DeviceChoice {
    /// This one.
    pub fn new(device_selection: DeviceSelection) -> Self {
        Self {
            device_selection,
            further: Map::new(),
        }
    }
}

/// Devices to which one-time passwords are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SentOtpDevices {
    /// Whether they count.
    pub enabled: bool,
    /// Whether no further ones can be paired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing_disabled: Option<bool>,
    /// Whether users are asked what they call a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_for_nickname_on_pairing: Option<bool>,
    /// What holds for the one-time passwords.
    pub otp: SentOtp,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl SentOtpDevices {
    /// With PingOne's defaults: a one-time password is good for half an hour, and for three tries.
    pub fn new(enabled: bool) -> Self {
        Self {
            enabled,
            pairing_disabled: None,
            prompt_for_nickname_on_pairing: None,
            otp: SentOtp {
                life_time: Period::minutes(30),
                failure: OtpFailures::new(3, Period::minutes(0)),
                otp_length: None,
                further: Map::new(),
            },
            further: Map::new(),
        }
    }
}

/// A one-time password that is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SentOtp {
    /// How long it is good.
    pub life_time: Period,
    /// What follows from wrong ones.
    pub failure: OtpFailures,
    /// How many digits it has; absent means six.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub otp_length: Option<u32>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// After how many wrong one-time passwords a device is locked, and how long.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct OtpFailures {
    /// After how many.
    pub count: u32,
    /// How long.
    pub cool_down: Period,
}

impl OtpFailures {
    /// After so many, for so long.
    pub fn new(count: u32, cool_down: Period) -> Self {
        Self { count, cool_down }
    }
}

/// Devices that make one-time passwords themselves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MadeOtpDevices {
    /// Whether they count.
    pub enabled: bool,
    /// Whether no further ones can be paired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing_disabled: Option<bool>,
    /// Whether users are asked what they call a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt_for_nickname_on_pairing: Option<bool>,
    /// What holds for the one-time passwords.
    pub otp: MadeOtp,
    /// How many steps of 30 seconds one may be early or late; authenticator applications have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub passcode_grace_period: Option<u32>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl MadeOtpDevices {
    /// With PingOne's defaults: two minutes of rest after three wrong ones.
    pub fn new(enabled: bool) -> Self {
        Self {
            enabled,
            pairing_disabled: None,
            prompt_for_nickname_on_pairing: None,
            otp: MadeOtp {
                failure: OtpFailures::new(3, Period::minutes(2)),
                further: Map::new(),
            },
            passcode_grace_period: None,
            further: Map::new(),
        }
    }
}

/// A one-time password that a device makes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MadeOtp {
    /// What follows from wrong ones.
    pub failure: OtpFailures,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// Passkeys and security keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct FidoDevices {
    /// Whether they count.
    pub enabled: bool,
    /// Which of them do; absent means those of the default policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fido2_policy_id: Option<Fido2PolicyId>,
    /// Whether no further ones can be paired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pairing_disabled: Option<bool>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl FidoDevices {
    /// Those that a policy lets count.
    pub fn by(policy: Fido2PolicyId) -> Self {
        Self {
            enabled: true,
            fido2_policy_id: Some(policy),
            pairing_disabled: None,
            further: Map::new(),
        }
    }
}
