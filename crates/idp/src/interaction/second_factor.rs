//! The proof by a device of a user that it is that user: one path for programs that ask for it and for
//! a sign-on under way (PingOne, "MFA device authentications").
//!
//! A try is counted before anything is compared, with the device and with the authentication, each
//! where it was read: of two at once, one counts. What was right is good once.

use db::StoreError;
use jiff::{SignedDuration, Timestamp};
use protocol::id::{EnvironmentId, UserId};
use protocol::pingone::{DeviceStatus, DeviceType};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::Idp;
use crate::accounts::{otp, totp};
use crate::audit::{Activity, By};
use crate::configuration::device_authentication_policies::{
    DeviceAuthenticationPolicy, DeviceSelection, OtpRules,
};
use crate::configuration::devices::{Device, DevicePolicy, Lock, LockStatus, TypesOff, in_order};
use crate::mail::{ComposeError, MailKind, Notice};
use crate::stores::change::Change;
use crate::stores::configuration::{Object, Objects};
use crate::stores::device_authentications::{self, StoredAuthentication};
use crate::stores::users::StoredUser;

/// How long an authentication can be gone on with at least.
const LIFETIME: SignedDuration = SignedDuration::from_mins(15);

/// How long a device that makes its one-time passwords is locked at least after too many wrong ones:
/// nothing else bounds the tries at it.
const LEAST_COOL_DOWN: SignedDuration = SignedDuration::from_secs(60);

/// How long a device is locked at most by wrong one-time passwords, unless its policy says longer.
const LONGEST_COOL_DOWN: SignedDuration = SignedDuration::from_hours(4);

/// With which lock in a row the owner is told that somebody guesses. From then on a device is locked
/// whatever its policy says.
const ALARMING_LOCKS: u32 = 3;

/// How long a device is locked: each lock since a one-time password was right doubles what the policy
/// says.
fn cool_down(kind: DeviceType, rules: OtpRules, locks: u32) -> SignedDuration {
    let least = if kind == DeviceType::Totp || locks >= ALARMING_LOCKS {
        LEAST_COOL_DOWN
    } else {
        SignedDuration::ZERO
    };
    let first = rules.cool_down.max(least);
    let factor = 1_i32 << locks.saturating_sub(1).min(16);
    let grown = first.checked_mul(factor).unwrap_or(SignedDuration::MAX);
    grown.min(LONGEST_COOL_DOWN.max(first))
}

/// Where an authentication stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Status {
    /// A device proved that it is the user.
    Completed,
    /// One of several devices is to be chosen.
    DeviceSelectionRequired,
    /// There were too many wrong tries; another device, or the same one anew, can be chosen.
    Failed,
    /// The one-time password of the chosen device is waited for.
    OtpRequired,
}

/// A one-time password that was mailed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Mailed {
    tag: String,
    #[serde(with = "protocol::pingone::date::Date")]
    expires_at: Timestamp,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct State {
    status: Status,
    policy: Uuid,
    /// The types of devices that are not asked.
    #[serde(default)]
    off: TypesOff,
    device: Option<Uuid>,
    mailed: Option<Mailed>,
    failures: u32,
}

/// A proof by a device, under way or over.
#[derive(Clone, Debug)]
pub(crate) struct Authentication {
    stored: StoredAuthentication,
    state: State,
}

/// Why an authentication does not go on.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// A mail could not be composed.
    Compose(ComposeError),
    /// Another request was faster.
    Conflict,
    /// The user is not to be asked for a second factor.
    NotEnabled,
    /// It does not wait for that.
    NotNow,
    /// The user has no device that counts and that something here can ask.
    NoUsableDevice,
    /// The database did not answer.
    Store(StoreError),
    /// The address has had its share of mails.
    TooManyMails,
    /// The device is none of the user's that can be used.
    UnknownDevice,
    /// The environment has no such policy.
    UnknownPolicy,
    /// The one-time password is wrong or was used, or its time is over.
    Wrong {
        /// How many tries are left.
        attempts_remaining: u32,
    },
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<ComposeError> for Refusal {
    fn from(error: ComposeError) -> Self {
        Self::Compose(error)
    }
}

/// The devices of a user that a policy lets prove who it is, but for types that are off, in their order.
pub(crate) async fn usable_devices(
    idp: &Idp,
    user: &StoredUser,
    policy: &DeviceAuthenticationPolicy,
    off: TypesOff,
    now: Timestamp,
) -> Result<Vec<Object<Device>>, StoreError> {
    let devices = Objects::<Device>::new(idp.db(), idp.keyring());
    let devices = devices.list(user.environment_id, user.id.as_uuid()).await?;
    let is_usable = |device: &Object<Device>| {
        let device = &device.document;
        is_provided(device.kind)
            && !off.contains(&Some(device.kind))
            && device.is_usable(now)
            && policy
                .otp_rules(device.kind)
                .is_some_and(|rules| rules.is_enabled)
    };
    Ok(in_order(devices).into_iter().filter(is_usable).collect())
}

/// Whether one-time passwords of such devices get here: nothing sends messages to phones.
fn is_provided(kind: DeviceType) -> bool {
    match kind {
        DeviceType::Email | DeviceType::Totp => true,
        DeviceType::Sms | DeviceType::Voice | DeviceType::WhatsApp => false,
    }
}

/// A policy and the devices that it lets prove who the user is.
pub(crate) struct Choice {
    policy: Object<DeviceAuthenticationPolicy>,
    off: TypesOff,
    pub(crate) devices: Vec<Object<Device>>,
}

impl Choice {
    /// By a policy of the environment, or its default.
    ///
    /// # Errors
    ///
    /// [`Refusal`] without such a policy, and where there is no usable device.
    pub(crate) async fn find(
        idp: &Idp,
        user: &StoredUser,
        policy: DevicePolicy,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let choice = Self::of(idp, user, policy, now).await?;
        if !user.mfa_enabled {
            return Err(Refusal::NotEnabled);
        }
        if choice.devices.is_empty() {
            return Err(Refusal::NoUsableDevice);
        }
        Ok(choice)
    }

    /// The same, also where none of the devices can be used now.
    ///
    /// # Errors
    ///
    /// [`Refusal`] without such a policy.
    pub(super) async fn of(
        idp: &Idp,
        user: &StoredUser,
        policy: DevicePolicy,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        let DevicePolicy { id, off } = policy;
        let policy = DeviceAuthenticationPolicy::find(idp, user.environment_id, id).await?;
        let policy = policy.ok_or(Refusal::UnknownPolicy)?;
        let devices = usable_devices(idp, user, &policy.document, off, now).await?;
        Ok(Self {
            policy,
            off,
            devices,
        })
    }

    /// How many digits the one-time passwords of a device have.
    pub(crate) fn digits(&self, device: &Object<Device>) -> Option<i64> {
        let rules = self.policy.document.otp_rules(device.document.kind)?;
        i64::try_from(rules.digits).ok()
    }

    /// The device that the policy begins with, if the user is not to choose.
    fn first(&self) -> Option<Uuid> {
        let mut devices = self.devices.iter().map(|device| device.id);
        match (self.policy.document.device_selection(), self.devices.len()) {
            (DeviceSelection::DefaultToFirst, _) | (DeviceSelection::PromptToSelect, 1) => {
                devices.next()
            }
            (DeviceSelection::AlwaysDisplayDevices | DeviceSelection::PromptToSelect, _) => None,
        }
    }
}

/// A device that is asked: what is kept, and the mail to it.
struct Asked {
    mailed: Option<Mailed>,
    mail: Option<Change>,
    expires_at: Timestamp,
}

impl Authentication {
    /// The authentication of the environment with this id, unless its time is over.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn find(
        idp: &Idp,
        environment: EnvironmentId,
        id: Uuid,
        now: Timestamp,
    ) -> Result<Option<Self>, StoreError> {
        let found = device_authentications::find(idp.db(), environment, id, now).await?;
        found
            .map(|stored| {
                let state = serde_json::from_str(&stored.document)
                    .map_err(|_| StoreError::inconsistent("a device authentication"))?;
                Ok(Self { stored, state })
            })
            .transpose()
    }

    /// Begins one: with the device that is named, or as the policy says.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub(crate) async fn begin(
        idp: &Idp,
        user: &StoredUser,
        choice: &Choice,
        device: Option<Uuid>,
        by: &By,
    ) -> Result<Self, Refusal> {
        let mut begun = Self::new(idp, user, choice, by.now);
        let mail = match device.or_else(|| choice.first()) {
            Some(device) => begun.ask(idp, user, choice, device, by.now).await?,
            None => None,
        };
        let change = device_authentications::insert(&begun.written()?);
        begun
            .commit(idp, user, change, mail, "AUTHENTICATION.CREATED", by)
            .await?;
        Ok(begun)
    }

    /// Begins one for which the user chooses a device.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub(super) async fn offer(
        idp: &Idp,
        user: &StoredUser,
        choice: &Choice,
        by: &By,
    ) -> Result<Self, Refusal> {
        let begun = Self::new(idp, user, choice, by.now);
        let change = device_authentications::insert(&begun.written()?);
        begun
            .commit(idp, user, change, None, "AUTHENTICATION.CREATED", by)
            .await?;
        Ok(begun)
    }

    fn new(idp: &Idp, user: &StoredUser, choice: &Choice, now: Timestamp) -> Self {
        Self {
            stored: StoredAuthentication {
                id: idp.random().uuid(),
                environment_id: user.environment_id,
                user_id: user.id,
                document: String::new(),
                version: 0,
                created_at: now,
                updated_at: now,
                expires_at: now.saturating_add(LIFETIME).unwrap_or(now),
            },
            state: State {
                status: Status::DeviceSelectionRequired,
                policy: choice.policy.id,
                off: choice.off,
                device: None,
                mailed: None,
                failures: 0,
            },
        }
    }

    /// Chooses a device, which is asked anew.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub(crate) async fn select(
        mut self,
        idp: &Idp,
        user: &StoredUser,
        choice: &Choice,
        device: Uuid,
        by: &By,
    ) -> Result<Self, Refusal> {
        if self.state.status == Status::Completed {
            return Err(Refusal::NotNow);
        }
        let mail = self.ask(idp, user, choice, device, by.now).await?;
        let change = self.advance(by.now)?;
        self.commit(idp, user, change, mail, "AUTHENTICATION.UPDATED", by)
            .await?;
        Ok(self)
    }

    /// Checks the one-time password of the chosen device.
    ///
    /// # Errors
    ///
    /// [`Refusal`].
    pub(crate) async fn check(
        mut self,
        idp: &Idp,
        user: &StoredUser,
        choice: &Choice,
        sent: &str,
        by: &By,
    ) -> Result<Self, Refusal> {
        let Some(chosen) = self.state.device else {
            return Err(Refusal::NotNow);
        };
        if self.state.status != Status::OtpRequired {
            return Err(Refusal::NotNow);
        }
        let device = choice.devices.iter().find(|device| device.id == chosen);
        let device = device.ok_or(Refusal::UnknownDevice)?;
        let rules = choice.rules(device)?;
        let (counted, attempts_remaining) = self.count(idp, device, rules, by.now).await?;
        let Some(proven) = self.proven(idp, &counted, sent, rules, by.now) else {
            let failed = Activity::failed("OTP.CHECK_FAILED", user);
            // The owner hears of it once the try was wrong: the right one on the last try unlocks.
            let locks = counted.document.locks;
            let is_alarming = locks != device.document.locks && locks == ALARMING_LOCKS;
            let told = if is_alarming {
                let notice = MailKind::Notice(Notice::DeviceLocked);
                idp.mail().enqueue(idp, user, &notice, by.now).await?
            } else {
                Change::new()
            };
            told.commit(idp, user.environment_id, &failed, by).await?;
            if is_alarming {
                idp.mail().wake();
            }
            return Err(Refusal::Wrong { attempts_remaining });
        };
        self.state.status = Status::Completed;
        self.state.mailed = None;
        let objects = Objects::<Device>::new(idp.db(), idp.keyring());
        let change = objects.update_unchanged(&proven, idp.random())?;
        let change = change.and(self.advance(by.now)?);
        self.commit(idp, user, change, None, "OTP.CHECK_SUCCESS", by)
            .await?;
        Ok(self)
    }

    /// Counts a try. Nothing is compared where this fails.
    async fn count(
        &mut self,
        idp: &Idp,
        device: &Object<Device>,
        rules: OtpRules,
        now: Timestamp,
    ) -> Result<(Object<Device>, u32), Refusal> {
        self.state.failures += 1;
        let mut counted = device.clone();
        counted.document.failures += 1;
        let failures = self.state.failures.max(counted.document.failures);
        let attempts_remaining = rules.most_failures.saturating_sub(failures);
        if attempts_remaining == 0 {
            self.state.status = Status::Failed;
            let locks = counted.document.locks.saturating_add(1);
            let cool_down = cool_down(device.document.kind, rules, locks);
            counted.document.failures = 0;
            counted.document.locks = locks;
            if cool_down > SignedDuration::ZERO {
                counted.document.lock = Lock {
                    status: LockStatus::Locked,
                    expires_at: now.saturating_add(cool_down).ok(),
                };
            }
        }
        let objects = Objects::<Device>::new(idp.db(), idp.keyring());
        let change = objects.update_unchanged(&counted, idp.random())?;
        let change = change.and(self.advance(now)?);
        match change.commit_unrecorded(idp).await {
            Ok(()) => {}
            Err(error) if error.unmet().is_some() => return Err(Refusal::Conflict),
            Err(error) => return Err(error.into()),
        }
        // As it was just written.
        self.stored.version += 1;
        Ok((counted.written(), attempts_remaining))
    }

    /// The device as it is after what was right, if it was.
    fn proven(
        &self,
        idp: &Idp,
        device: &Object<Device>,
        sent: &str,
        rules: OtpRules,
        now: Timestamp,
    ) -> Option<Object<Device>> {
        let mut proven = device.clone();
        if let Some(mailed) = &self.state.mailed {
            let is_right = otp::is_kept_as(idp.keyring(), &self.context(), sent, &mailed.tag);
            (is_right && mailed.expires_at > now).then_some(())?;
        } else {
            let secret = device.document.secret.as_deref()?;
            let step = totp::find_step(secret, sent, rules.grace_steps, now)?;
            let last = device.document.last_step;
            last.is_none_or(|last| last < step).then_some(())?;
            proven.document.last_step = Some(step);
        }
        proven.document.failures = 0;
        proven.document.locks = 0;
        proven.document.lock = Lock::default();
        Some(proven)
    }

    /// Asks a device for a one-time password.
    async fn ask(
        &mut self,
        idp: &Idp,
        user: &StoredUser,
        choice: &Choice,
        device: Uuid,
        now: Timestamp,
    ) -> Result<Option<Change>, Refusal> {
        let device = choice.devices.iter().find(|one| one.id == device);
        let device = device.ok_or(Refusal::UnknownDevice)?;
        let rules = choice.rules(device)?;
        let Asked {
            mailed,
            mail,
            expires_at,
        } = self.asked(idp, user, device, rules, now).await?;
        self.state = State {
            status: Status::OtpRequired,
            policy: choice.policy.id,
            off: choice.off,
            device: Some(device.id),
            mailed,
            failures: 0,
        };
        self.stored.expires_at = self.stored.expires_at.max(expires_at);
        Ok(mail)
    }

    async fn asked(
        &self,
        idp: &Idp,
        user: &StoredUser,
        device: &Object<Device>,
        rules: OtpRules,
        now: Timestamp,
    ) -> Result<Asked, Refusal> {
        let after = |lifetime| now.saturating_add(lifetime).unwrap_or(now);
        let Some(address) = &device.document.email else {
            return Ok(Asked {
                mailed: None,
                mail: None,
                expires_at: after(LIFETIME),
            });
        };
        let otp = otp::digits(idp.random(), rules.digits);
        let mail = MailKind::SecondFactor {
            otp: &otp,
            address,
            lifetime: rules.lifetime,
        };
        let expires_at = after(rules.lifetime);
        Ok(Asked {
            mailed: Some(Mailed {
                tag: otp::tag(idp.keyring(), &self.context(), &otp),
                expires_at,
            }),
            mail: Some(idp.mail().require(idp, user, &mail, now).await?),
            expires_at,
        })
    }

    /// Writes a change, and the mail behind it.
    async fn commit(
        &self,
        idp: &Idp,
        user: &StoredUser,
        change: Change,
        mail: Option<Change>,
        action: &'static str,
        by: &By,
    ) -> Result<(), Refusal> {
        let (mail_step, is_mailed) = (change.steps(), mail.is_some());
        let change = change.and(mail.unwrap_or_default());
        let activity = Activity::new(action, user);
        let written = change.commit(idp, user.environment_id, &activity, by).await;
        written.map_err(|error| match error.unmet() {
            Some(step) if step >= mail_step => Refusal::TooManyMails,
            Some(_) => Refusal::Conflict,
            None => error.into(),
        })?;
        if is_mailed {
            idp.mail().wake();
        }
        Ok(())
    }

    fn advance(&mut self, now: Timestamp) -> Result<Change, StoreError> {
        self.stored.updated_at = now;
        Ok(device_authentications::advance(&self.written()?))
    }

    fn written(&self) -> Result<StoredAuthentication, StoreError> {
        let document = serde_json::to_string(&self.state)
            .map_err(|_| StoreError::inconsistent("a device authentication"))?;
        Ok(StoredAuthentication {
            document,
            ..self.stored.clone()
        })
    }

    /// What the tag of a mailed one-time password is bound to.
    fn context(&self) -> String {
        let StoredAuthentication {
            id, environment_id, ..
        } = self.stored;
        format!("device_authentications.otp:{environment_id}:{id}")
    }

    pub(crate) fn id(&self) -> Uuid {
        self.stored.id
    }

    pub(crate) fn user(&self) -> UserId {
        self.stored.user_id
    }

    pub(crate) fn policy(&self) -> Uuid {
        self.state.policy
    }

    /// Which devices can be asked.
    pub(crate) fn device_policy(&self) -> DevicePolicy {
        DevicePolicy {
            id: Some(self.state.policy),
            off: self.state.off,
        }
    }

    pub(crate) fn status(&self) -> Status {
        self.state.status
    }

    /// The device that was chosen.
    pub(crate) fn device(&self) -> Option<Uuid> {
        self.state.device
    }

    pub(crate) fn created_at(&self) -> Timestamp {
        self.stored.created_at
    }

    pub(crate) fn updated_at(&self) -> Timestamp {
        self.stored.updated_at
    }

    pub(crate) fn expires_at(&self) -> Timestamp {
        self.stored.expires_at
    }
}

impl Choice {
    fn rules(&self, device: &Object<Device>) -> Result<OtpRules, Refusal> {
        let rules = self.policy.document.otp_rules(device.document.kind);
        rules.ok_or(Refusal::UnknownDevice)
    }
}

/// A device as it is shown to whoever is to choose one.
#[derive(Debug, Serialize)]
struct DeviceBody<'a> {
    id: Uuid,
    #[serde(rename = "type")]
    kind: DeviceType,
    status: DeviceStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
}

/// Devices as they are shown to whoever is to choose one, in PingOne's words.
///
/// # Errors
///
/// [`StoreError`] when one cannot be written as JSON.
pub(crate) fn shown(devices: &[Object<Device>]) -> Result<Vec<Value>, StoreError> {
    let device = |device: &Object<Device>| {
        let Device {
            kind,
            status,
            nickname,
            email,
            ..
        } = &device.document;
        let body = DeviceBody {
            id: device.id,
            kind: *kind,
            status: *status,
            nickname: nickname.as_deref(),
            email: email.as_deref().map(masked),
        };
        serde_json::to_value(body).map_err(|_| StoreError::inconsistent("a device"))
    };
    devices.iter().map(device).collect()
}

/// An address as its owner recognizes it: `ab****@example.com`.
pub(crate) fn masked(address: &str) -> String {
    let Some((name, domain)) = address.rsplit_once('@') else {
        return "****".to_owned();
    };
    let shown: String = name.chars().take(2).collect();
    format!("{shown}****@{domain}")
}
