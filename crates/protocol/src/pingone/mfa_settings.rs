//! What holds for all second factors of an environment (PingOne, "MFA settings").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;

open_codes! {
    /// What pairing keys consist of.
    PairingKeyFormat {
        /// Sixteen letters and digits.
        Alphanumeric = "ALPHANUMERIC";
        /// Twelve digits.
        Numeric = "NUMERIC";
    }
}

/// What holds for all second factors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MfaSettings {
    /// How devices are paired.
    pub pairing: DevicePairing,
    /// When accounts are locked after wrong tries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lockout: Option<MfaLockout>,
    /// What new users begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub users: Option<MfaOfNewUsers>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// How devices are paired.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct DevicePairing {
    /// How many devices a user has at most: 15, or fewer.
    pub max_allowed_devices: u32,
    /// What pairing keys consist of.
    pub pairing_key_format: PairingKeyFormat,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

/// When accounts are locked after wrong tries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MfaLockout {
    /// After how many.
    pub failure_count: u32,
    /// How long, in seconds; absent means until somebody unlocks them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_seconds: Option<u32>,
}

impl MfaLockout {
    /// After so many, until somebody unlocks the account.
    pub fn after(failure_count: u32) -> Self {
        Self {
            failure_count,
            duration_seconds: None,
        }
    }
}

/// What new users begin with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct MfaOfNewUsers {
    /// Whether a second factor is demanded of them, where nothing else is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_enabled: Option<bool>,
}

impl MfaOfNewUsers {
    /// That a second factor is demanded of them, or not.
    pub fn demanded(demanded: bool) -> Self {
        Self {
            mfa_enabled: Some(demanded),
        }
    }
}
