//! Devices by which users prove who they are a second time (PingOne, "MFA devices"), and the keys by
//! which devices are paired.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};
use protocol::id::EnvironmentId;
use protocol::pingone::{DeviceStatus, DeviceType, Reference as WireReference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::api::configuration::UsersOwn;
use crate::stores::configuration::{Document, Object, Reference, Target};
use crate::stores::record::{Events, events};

/// A device of a user.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Device {
    #[serde(rename = "type")]
    pub(crate) kind: DeviceType,
    pub(crate) status: DeviceStatus,
    pub(crate) nickname: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) extension: Option<String>,
    pub(crate) policy: Option<WireReference<Uuid>>,
    pub(crate) test_mode: Option<bool>,
    #[serde(default)]
    pub(crate) lock: Lock,
    #[serde(default)]
    pub(crate) block: Block,
    /// Where the user wants it among the devices; those without come last.
    #[serde(default)]
    pub(crate) position: Option<u32>,
    /// What waits for the activation.
    pub(crate) activation: Option<Activation>,
    /// What one-time passwords are made of, in base32.
    pub(crate) secret: Option<String>,
    /// The step whose one-time password was taken last: none from then or earlier is good.
    pub(crate) last_step: Option<i64>,
    /// How many one-time passwords were wrong since one was right.
    #[serde(default)]
    pub(crate) failures: u32,
    /// How many times there were too many wrong ones since one was right.
    #[serde(default)]
    pub(crate) locks: u32,
}

impl Device {
    /// The lock as it is at an instant: one that is over is none.
    pub(crate) fn lock_at(&self, now: Timestamp) -> Lock {
        if self.lock.expires_at.is_some_and(|expires| expires <= now) {
            Lock::default()
        } else {
            self.lock.clone()
        }
    }

    /// Whether it may prove who somebody is.
    pub(crate) fn is_usable(&self, now: Timestamp) -> bool {
        self.status == DeviceStatus::Active
            && self.block.status == BlockStatus::Unblocked
            && self.lock_at(now).status == LockStatus::Unlocked
    }
}

/// The types that do not count, of those that can be switched off.
pub(crate) type TypesOff = [Option<DeviceType>; 4];

/// Which devices of a user are asked: those of a policy of devices, but for types that are switched
/// off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct DevicePolicy {
    /// The policy, if not the default one.
    pub(crate) id: Option<Uuid>,
    pub(crate) off: TypesOff,
}

impl DevicePolicy {
    /// A policy as it is.
    pub(crate) fn whole(id: Option<Uuid>) -> Self {
        Self {
            id,
            ..Self::default()
        }
    }
}

/// An activation under way.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Activation {
    /// What is kept of a one-time password that was mailed.
    pub(crate) tag: Option<String>,
    pub(crate) failures: u32,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) expires_at: Timestamp,
}

/// Whether a device is locked, which wrong tries do, too.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lock {
    pub(crate) status: LockStatus,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    pub(crate) expires_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LockStatus {
    Locked,
    #[default]
    Unlocked,
}

/// Whether an operator has blocked a device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Block {
    pub(crate) status: BlockStatus,
    #[serde(default, with = "protocol::pingone::date::OptionalDate")]
    pub(crate) blocked_at: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum BlockStatus {
    Blocked,
    #[default]
    Unblocked,
}

impl Document for Device {
    const EVENTS: Events = events!("DEVICE");
    /// `mfaSettings` sets a lower bound.
    const MOST: u32 = 15;
    const SECRETS: &'static [&'static str] = &["/secret"];

    fn name(&self) -> &str {
        self.nickname.as_deref().unwrap_or("Device")
    }

    fn unique(&self) -> Option<String> {
        None
    }

    fn references(&self) -> Vec<Reference> {
        let policy = self.policy.iter().map(|policy| Reference {
            member: "policy.id",
            target: Target::Kind("DEVICE_AUTHENTICATION_POLICY"),
            id: policy.id,
        });
        policy.collect()
    }
}

impl UsersOwn for Device {
    const ITEM: &'static str = "device";
    const HIDDEN: &'static [&'static str] =
        &["activation", "failures", "lastStep", "locks", "position"];
}

/// The devices of a user in the order in which the user wants them.
pub(crate) fn in_order(mut devices: Vec<Object<Device>>) -> Vec<Object<Device>> {
    devices.sort_by_key(|device| device.document.position.unwrap_or(u32::MAX));
    devices
}

/// A key by which a user's device is paired with an application.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PairingKey {
    pub(crate) applications: Vec<WireReference<Uuid>>,
    pub(crate) code: String,
    #[serde(with = "protocol::pingone::date::Date")]
    pub(crate) expires_at: Timestamp,
}

/// How long a pairing key is good.
pub(crate) const PAIRING_KEY_LIFETIME: SignedDuration = SignedDuration::from_hours(48);

impl Document for PairingKey {
    const EVENTS: Events = events!("PAIRING_KEY");
    const MOST: u32 = 20;
    const SECRETS: &'static [&'static str] = &["/code"];

    fn name(&self) -> &'static str {
        "Pairing key"
    }

    fn unique(&self) -> Option<String> {
        None
    }

    fn mentions(&self) -> Vec<Reference> {
        let applications = self.applications.iter();
        let mentions = applications.map(|application| Reference {
            member: "applications.id",
            target: Target::Table("applications"),
            id: application.id,
        });
        mentions.collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        self.applications
            .retain(|application| !gone.contains(&application.id));
    }
}

impl UsersOwn for PairingKey {
    const ITEM: &'static str = "pairingKey";
}

/// What the tag of a mailed one-time password is bound to.
pub(crate) fn otp_context(environment: EnvironmentId, device: Uuid) -> String {
    format!("devices.activation:{environment}:{device}")
}
