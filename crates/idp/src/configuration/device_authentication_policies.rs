//! `/environments/{environment}/deviceAuthenticationPolicies`: which devices prove that somebody is
//! the user (PingOne, "Device authentication policies", of PingOne MFA and of `PingID`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;

use db::StoreError;
use jiff::SignedDuration;
use protocol::id::EnvironmentId;
use protocol::pingone::{DeviceType, Reference as WireReference};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::fido2_policies::Fido2Policy;
use super::periods::{Period, TimeUnit, within};
use super::sign_on_policy_conditions::Network;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::core::Core;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Objects, Reference, Target};
use crate::stores::record::{Events, events};

/// More applications, addresses or parameters than this are refused.
const MOST_ITEMS: usize = 100;

/// A policy of devices. Those of `PingID` have `desktop` and `yubikey`, others `whatsApp`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeviceAuthenticationPolicy {
    name: String,
    #[serde(default)]
    default: bool,
    authentication: Option<Authentication>,
    new_device_notification: Option<NewDeviceNotification>,
    ignore_user_lock: Option<bool>,
    notifications_policy: Option<WireReference<Uuid>>,
    remember_me: Option<RememberMe>,
    sms: MailedOtp,
    voice: MailedOtp,
    email: MailedOtp,
    whats_app: Option<MailedOtp>,
    mobile: Mobile,
    totp: Totp,
    fido2: Option<Fido2>,
    oath_token: Option<Token>,
    desktop: Option<Token>,
    yubikey: Option<Token>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    device_selection: DeviceSelection,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum DeviceSelection {
    /// The user chooses, also where there is one device.
    AlwaysDisplayDevices,
    /// The first device is asked at once.
    DefaultToFirst,
    /// The user chooses where there are several.
    PromptToSelect,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum NewDeviceNotification {
    EmailThenSms,
    None,
    SmsThenEmail,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
struct RememberMe {
    web: RememberBrowser,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RememberBrowser {
    enabled: bool,
    life_time: Period,
}

/// After how many failures the user waits, and how long.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Failure {
    count: u32,
    cool_down: Period,
}

impl Failure {
    const fn minutes(duration: u32) -> Self {
        Self {
            count: 3,
            cool_down: Period::minutes(duration),
        }
    }

    fn check(self, member: &str, cool_down: RangeInclusive<u32>) -> Result<(), ApiFailure> {
        within(&format!("{member}.count"), self.count, 1..=7)?;
        let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
        self.cool_down
            .check(&format!("{member}.coolDown"), units, cool_down)
    }
}

/// A one-time password that is sent by message.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MailedOtp {
    enabled: bool,
    pairing_disabled: Option<bool>,
    prompt_for_nickname_on_pairing: Option<bool>,
    otp: SentOtp,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SentOtp {
    life_time: Period,
    failure: Failure,
    otp_length: Option<u32>,
}

impl MailedOtp {
    const fn new(enabled: bool) -> Self {
        Self {
            enabled,
            pairing_disabled: Some(false),
            prompt_for_nickname_on_pairing: Some(false),
            otp: SentOtp {
                life_time: Period::minutes(30),
                failure: Failure::minutes(0),
                otp_length: Some(6),
            },
        }
    }

    fn check(&self, member: &str) -> Result<(), ApiFailure> {
        let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
        let otp = self.otp;
        otp.life_time
            .check(&format!("{member}.otp.lifeTime"), units, 1..=120)?;
        otp.failure
            .check(&format!("{member}.otp.failure"), 0..=30)?;
        let length = otp.otp_length.unwrap_or(DIGITS);
        within(&format!("{member}.otp.otpLength"), length, 6..=10)
    }
}

/// A one-time password that a device makes.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
struct MadeOtp {
    failure: Failure,
}

/// A device that makes one-time passwords: an OATH token, a desktop, a `YubiKey`.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Token {
    enabled: bool,
    pairing_disabled: Option<bool>,
    prompt_for_nickname_on_pairing: Option<bool>,
    otp: MadeOtp,
    pairing_key_lifetime: Option<Period>,
}

impl Token {
    fn check(&self, member: &str) -> Result<(), ApiFailure> {
        self.otp
            .failure
            .check(&format!("{member}.otp.failure"), 0..=30)?;
        let lifetime = format!("{member}.pairingKeyLifetime");
        check_pairing_key(self.pairing_key_lifetime, &lifetime)
    }
}

fn check_pairing_key(lifetime: Option<Period>, member: &str) -> Result<(), ApiFailure> {
    let units = &[TimeUnit::Minutes, TimeUnit::Hours];
    lifetime.map_or(Ok(()), |lifetime| lifetime.check(member, units, 1..=48))
}

/// Authenticator applications (RFC 6238).
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Totp {
    enabled: bool,
    pairing_disabled: Option<bool>,
    prompt_for_nickname_on_pairing: Option<bool>,
    otp: MadeOtp,
    /// In steps of 30 seconds, either way.
    passcode_grace_period: Option<u32>,
    uri_parameters: Option<BTreeMap<String, String>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct Fido2 {
    enabled: bool,
    failure: Option<PartialFailure>,
    pairing_disabled: Option<bool>,
    fido2_policy_id: Option<Uuid>,
    prompt_for_nickname_on_pairing: Option<bool>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PartialFailure {
    count: Option<u32>,
    cool_down: Option<Period>,
}

/// Native applications on the users' own devices.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Mobile {
    enabled: bool,
    prompt_for_nickname_on_pairing: Option<bool>,
    otp: MobileOtp,
    applications: Option<Vec<MobileApplication>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
struct MobileOtp {
    failure: Failure,
    window: Option<Window>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Window {
    step_size: Period,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct MobileApplication {
    id: Uuid,
    #[serde(rename = "type")]
    kind: Option<MobileApplicationType>,
    push: Option<Push>,
    push_timeout: Option<Period>,
    pairing_key_lifetime: Option<Period>,
    push_limit: Option<PushLimit>,
    otp: Option<Switch>,
    device_authorization: Option<DeviceAuthorization>,
    auto_enrollment: Option<Switch>,
    biometrics_enabled: Option<bool>,
    pairing_disabled: Option<bool>,
    integrity_detection: Option<Strictness>,
    ip_pairing_configuration: Option<PairingAddresses>,
    new_request_duration_configuration: Option<RequestDurations>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
enum MobileApplicationType {
    #[serde(rename = "pingIdAppConfig")]
    PingIdAppConfig,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
struct Switch {
    enabled: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Push {
    enabled: bool,
    number_matching: Option<Switch>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PushLimit {
    count: Option<u32>,
    lock_duration: Option<Period>,
    time_period: Option<Period>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DeviceAuthorization {
    enabled: bool,
    extra_verification: Option<Strictness>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Strictness {
    Permissive,
    Restrictive,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct PairingAddresses {
    /// PingOne's spelling.
    #[serde(rename = "anyIPAdress")]
    any_address: Option<bool>,
    only_these_ip_addresses: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct RequestDurations {
    device_timeout: Period,
    total_timeout: Period,
}

impl MobileApplication {
    fn check(&self) -> Result<(), ApiFailure> {
        const AT: &str = "mobile.applications";
        if let Some(timeout) = self.push_timeout {
            let member = format!("{AT}.pushTimeout");
            timeout.check(&member, &[TimeUnit::Seconds], 1..=150)?;
        }
        check_pairing_key(
            self.pairing_key_lifetime,
            &format!("{AT}.pairingKeyLifetime"),
        )?;
        if let Some(limit) = self.push_limit {
            let count = limit.count.unwrap_or(1);
            within(&format!("{AT}.pushLimit.count"), count, 1..=50)?;
            let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
            for (name, period) in [
                ("lockDuration", limit.lock_duration),
                ("timePeriod", limit.time_period),
            ] {
                if let Some(period) = period {
                    period.check(&format!("{AT}.pushLimit.{name}"), units, 1..=120)?;
                }
            }
        }
        if let Some(addresses) = &self.ip_pairing_configuration {
            let member = format!("{AT}.ipPairingConfiguration.onlyTheseIpAddresses");
            let only = addresses.only_these_ip_addresses.as_deref();
            let only = only.unwrap_or_default();
            if only.is_empty() && addresses.any_address == Some(false) {
                return Err(ApiFailure::required_value(&member));
            }
            let is_good = only.len() <= MOST_ITEMS
                && only.iter().all(|network| Network::parse(network).is_some());
            if !is_good {
                let message = format!(
                    "must hold addresses and networks, such as 192.0.2.0/24, at most {MOST_ITEMS}"
                );
                return Err(ApiFailure::invalid_value(&member, message));
            }
        }
        if let Some(durations) = self.new_request_duration_configuration {
            let at = format!("{AT}.newRequestDurationConfiguration");
            let RequestDurations {
                device_timeout,
                total_timeout,
            } = durations;
            let seconds = &[TimeUnit::Seconds];
            device_timeout.check(&format!("{at}.deviceTimeout"), seconds, 15..=75)?;
            total_timeout.check(&format!("{at}.totalTimeout"), seconds, 30..=90)?;
            if total_timeout.duration < device_timeout.duration + 15 {
                let message = "must exceed deviceTimeout.duration by at least 15 seconds";
                return Err(ApiFailure::invalid_value(
                    &format!("{at}.totalTimeout.duration"),
                    message,
                ));
            }
        }
        Ok(())
    }
}

impl Document for DeviceAuthenticationPolicy {
    const EVENTS: Events = events!("DEVICE_AUTHENTICATION_POLICY");
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_default(&self) -> bool {
        self.default
    }

    fn references(&self) -> Vec<Reference> {
        let mut references = Vec::new();
        if let Some(policy) = self.fido2.and_then(|fido2| fido2.fido2_policy_id) {
            references.push(Reference::to_object::<Fido2Policy>(
                "fido2.fido2PolicyId",
                policy,
            ));
        }
        references.extend(self.notifications_policy.map(|policy| Reference {
            member: "notificationsPolicy.id",
            target: Target::Kind("NOTIFICATION_POLICY"),
            id: policy.id,
        }));
        references
    }

    fn mentions(&self) -> Vec<Reference> {
        let applications = self.mobile.applications.iter().flatten();
        let mentions = applications.map(|application| Reference {
            member: "mobile.applications.id",
            target: Target::Table("applications"),
            id: application.id,
        });
        mentions.collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        if let Some(applications) = &mut self.mobile.applications {
            applications.retain(|application| !gone.contains(&application.id));
        }
    }
}

impl Configuration for DeviceAuthenticationPolicy {
    const PATH: &'static str = "deviceAuthenticationPolicies";
    const ITEM: &'static str = "deviceAuthenticationPolicy";
    const KEPT: Option<&'static str> = Some(
        "One-time passwords by mail and of authenticator applications are obeyed; phones, mobile applications, FIDO, tokens and remembered browsers are not.",
    );
    const DEFAULT_STAYS: &'static str =
        "Cannot remove default device authentication policy; make another one the default first.";
    type Parent = TopLevel;
    type Read = may::ReadMfa;
    type Manage = may::ManageMfa;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        checks::name(&self.name)?;
        for (member, otp) in [
            ("sms", Some(&self.sms)),
            ("voice", Some(&self.voice)),
            ("email", Some(&self.email)),
            ("whatsApp", self.whats_app.as_ref()),
        ] {
            otp.map_or(Ok(()), |otp| otp.check(member))?;
        }
        for (member, token) in [
            ("oathToken", &self.oath_token),
            ("desktop", &self.desktop),
            ("yubikey", &self.yubikey),
        ] {
            token.map_or(Ok(()), |token| token.check(member))?;
        }
        if let Some(remember) = self.remember_me {
            let units = &[TimeUnit::Minutes, TimeUnit::Hours, TimeUnit::Days];
            let life_time = remember.web.life_time;
            life_time.check("rememberMe.web.lifeTime", units, 1..=90)?;
        }
        self.check_totp()?;
        self.check_fido2()?;
        self.check_mobile()
    }

    fn show(_: &Object<Self>, shown: Shown) -> Shown {
        shown.member("forSignOnPolicy", Value::Bool(false))
    }
}

/// What a policy says of the one-time passwords of one type of device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct OtpRules {
    /// Whether the type counts.
    pub(crate) is_enabled: bool,
    /// Whether devices of the type can be paired.
    pub(crate) can_be_paired: bool,
    /// How many digits a one-time password has.
    pub(crate) digits: usize,
    /// How long one is good that was sent.
    pub(crate) lifetime: SignedDuration,
    /// How many wrong ones there may be.
    pub(crate) most_failures: u32,
    /// How long the device is locked after them.
    pub(crate) cool_down: SignedDuration,
    /// How many steps early or late one may be that a device made.
    pub(crate) grace_steps: u32,
}

/// How long an authenticator application can be activated.
const ACTIVATION_LIFETIME: SignedDuration = SignedDuration::from_mins(30);

/// How many digits a one-time password has where a policy says nothing, and in authenticator
/// applications.
const DIGITS: u32 = 6;

/// How many steps early or late the one-time password of an authenticator application may be.
const GRACE_STEPS: u32 = 5;

impl MailedOtp {
    fn rules(&self) -> OtpRules {
        OtpRules {
            is_enabled: self.enabled,
            can_be_paired: self.enabled && self.pairing_disabled != Some(true),
            digits: usize::try_from(self.otp.otp_length.unwrap_or(DIGITS)).unwrap_or_default(),
            lifetime: self.otp.life_time.length(),
            most_failures: self.otp.failure.count,
            cool_down: self.otp.failure.cool_down.length(),
            grace_steps: 0,
        }
    }
}

impl Totp {
    fn rules(&self) -> OtpRules {
        OtpRules {
            is_enabled: self.enabled,
            can_be_paired: self.enabled && self.pairing_disabled != Some(true),
            digits: usize::try_from(DIGITS).unwrap_or_default(),
            lifetime: ACTIVATION_LIFETIME,
            most_failures: self.otp.failure.count,
            cool_down: self.otp.failure.cool_down.length(),
            grace_steps: self.passcode_grace_period.unwrap_or(GRACE_STEPS),
        }
    }
}

impl DeviceAuthenticationPolicy {
    /// The policy of an environment with this id, or its default.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the database does not answer.
    pub(crate) async fn find(
        core: &Core,
        environment: EnvironmentId,
        id: Option<Uuid>,
    ) -> Result<Option<Object<Self>>, StoreError> {
        let policies = Objects::<Self>::new(core.db(), core.keyring());
        match id {
            Some(id) => policies.find(environment, id).await,
            None => policies.find_default(environment).await,
        }
    }

    /// What it says of a type of device; nothing where it does not speak of it.
    pub(crate) fn otp_rules(&self, kind: DeviceType) -> Option<OtpRules> {
        match kind {
            DeviceType::Email => Some(self.email.rules()),
            DeviceType::Sms => Some(self.sms.rules()),
            DeviceType::Totp => Some(self.totp.rules()),
            DeviceType::Voice => Some(self.voice.rules()),
            DeviceType::WhatsApp => self.whats_app.as_ref().map(MailedOtp::rules),
        }
    }

    /// Whether the user chooses a device.
    pub(crate) fn device_selection(&self) -> DeviceSelection {
        self.authentication
            .map_or(DeviceSelection::DefaultToFirst, |authentication| {
                authentication.device_selection
            })
    }

    fn check_totp(&self) -> Result<(), ApiFailure> {
        let failure = self.totp.otp.failure;
        failure.check("totp.otp.failure", 0..=30)?;
        let grace = self.totp.passcode_grace_period.unwrap_or(GRACE_STEPS);
        within("totp.passcodeGracePeriod", grace, 1..=10)?;
        let parameters = self.totp.uri_parameters.iter().flatten();
        for (index, (name, value)) in parameters.enumerate() {
            if index >= MOST_ITEMS {
                let message = format!("must have at most {MOST_ITEMS} members");
                return Err(ApiFailure::invalid_value("totp.uriParameters", message));
            }
            checks::at_most("totp.uriParameters", Some(name), 256)?;
            checks::at_most("totp.uriParameters", Some(value), 1024)?;
        }
        Ok(())
    }

    fn check_fido2(&self) -> Result<(), ApiFailure> {
        let Some(failure) = self.fido2.and_then(|fido2| fido2.failure) else {
            return Ok(());
        };
        within("fido2.failure.count", failure.count.unwrap_or(3), 1..=7)?;
        failure.cool_down.map_or(Ok(()), |cool_down| {
            let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
            cool_down.check("fido2.failure.coolDown", units, 0..=30)
        })
    }

    fn check_mobile(&self) -> Result<(), ApiFailure> {
        let otp = self.mobile.otp;
        otp.failure.check("mobile.otp.failure", 0..=30)?;
        if let Some(window) = otp.window {
            let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
            window
                .step_size
                .check("mobile.otp.window.stepSize", units, 1..=60)?;
        }
        let applications = self.mobile.applications.as_deref().unwrap_or_default();
        if applications.len() > MOST_ITEMS {
            let message = format!("must have at most {MOST_ITEMS} items");
            return Err(ApiFailure::invalid_value("mobile.applications", message));
        }
        applications.iter().try_for_each(MobileApplication::check)
    }

    /// The policy that every environment begins with.
    pub(super) fn seed() -> Self {
        let made = |minutes| MadeOtp {
            failure: Failure::minutes(minutes),
        };
        Self {
            name: "Default MFA Policy".to_owned(),
            default: true,
            authentication: Some(Authentication {
                device_selection: DeviceSelection::DefaultToFirst,
            }),
            new_device_notification: Some(NewDeviceNotification::None),
            ignore_user_lock: Some(false),
            notifications_policy: None,
            remember_me: Some(RememberMe {
                web: RememberBrowser {
                    enabled: false,
                    life_time: Period::minutes(30),
                },
            }),
            sms: MailedOtp::new(true),
            voice: MailedOtp::new(false),
            email: MailedOtp::new(true),
            whats_app: Some(MailedOtp::new(false)),
            mobile: Mobile {
                enabled: true,
                prompt_for_nickname_on_pairing: Some(false),
                otp: MobileOtp {
                    failure: Failure::minutes(2),
                    window: None,
                },
                applications: None,
            },
            totp: Totp {
                enabled: true,
                pairing_disabled: Some(false),
                prompt_for_nickname_on_pairing: Some(false),
                otp: made(2),
                passcode_grace_period: Some(5),
                uri_parameters: None,
            },
            fido2: Some(Fido2 {
                enabled: true,
                failure: Some(PartialFailure {
                    count: Some(3),
                    cool_down: Some(Period::minutes(2)),
                }),
                pairing_disabled: Some(false),
                fido2_policy_id: None,
                prompt_for_nickname_on_pairing: Some(false),
            }),
            oath_token: None,
            desktop: None,
            yubikey: None,
        }
    }
}
