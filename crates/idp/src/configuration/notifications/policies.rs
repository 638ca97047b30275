//! `/environments/{environment}/notificationsPolicies`: how many messages people get, where, and how
//! soon the next (PingOne, "Notifications policies").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::check_countries;
use super::phone_delivery::PhoneDelivery;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::notification_quotas::{Quota, QuotaMethod, QuotaType};
use crate::stores::record::{Events, events};

/// Limits of messages.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationPolicy {
    name: String,
    #[serde(default)]
    default: bool,
    /// None is what PingOne's Go SDK sends when nothing is limited.
    #[serde(default)]
    quotas: Vec<Quota>,
    #[serde(default)]
    country_limit: CountryLimit,
    #[serde(default)]
    cooldown_configuration: Cooldowns,
    provider_configuration: Option<Providers>,
}

/// Where messages may go.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct CountryLimit {
    r#type: CountryLimitType,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    delivery_methods: Vec<PhoneMethod>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    countries: Vec<String>,
}

/// What a list of countries says.
#[derive(Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum CountryLimitType {
    Allowed,
    Denied,
    #[default]
    None,
}

/// A way to a telephone.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum PhoneMethod {
    #[serde(rename = "SMS")]
    Sms,
    Voice,
}

/// How long somebody waits for the next message.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Cooldowns {
    email: Cooldown,
    sms: Cooldown,
    voice: Cooldown,
    whats_app: Cooldown,
}

/// How long somebody waits for the next message of a kind.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Cooldown {
    enabled: bool,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    periods: Vec<Period>,
    group_by: Option<String>,
    resend_limit: Option<u32>,
}

/// A time to wait.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Period {
    duration: u32,
    time_unit: TimeUnit,
}

/// What a time is counted in.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum TimeUnit {
    Minutes,
    Seconds,
}

/// Who delivers messages to telephones.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Providers {
    #[serde(default)]
    conditions: Vec<ProviderCondition>,
}

/// Who delivers messages to telephones of some countries.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ProviderCondition {
    #[serde(default)]
    delivery_methods: Vec<ProviderMethod>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    countries: Vec<String>,
    #[serde(default)]
    fallback_chain: Vec<Provider>,
}

/// A way to a telephone, as it is spelled among providers.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ProviderMethod {
    Sms,
    Voice,
}

/// One who delivers.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Provider {
    id: String,
}

/// PingOne's own account, which is no object.
pub(super) const PINGONE_TWILIO: &str = "PINGONE_TWILIO";

/// The most people who deliver in one chain.
pub(super) const LONGEST_CHAIN: usize = 20;

/// What a chain of those who deliver refers to.
pub(super) fn references<'a>(
    member: &'static str,
    chain: impl Iterator<Item = &'a str>,
) -> Vec<Reference> {
    chain
        .filter(|id| *id != PINGONE_TWILIO)
        // What is no id refers to nothing, and is refused as such.
        .map(|id| Uuid::try_parse(id).unwrap_or(Uuid::nil()))
        .map(|id| Reference::to_object::<PhoneDelivery>(member, id))
        .collect()
}

impl Document for NotificationPolicy {
    const EVENTS: Events = events!("NOTIFICATION_POLICY");
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_default(&self) -> bool {
        self.default
    }

    fn references(&self) -> Vec<Reference> {
        let conditions = self.provider_configuration.iter();
        let conditions = conditions.flat_map(|providers| &providers.conditions);
        let chain = conditions.flat_map(|condition| &condition.fallback_chain);
        let member = "providerConfiguration.conditions.fallbackChain.id";
        references(member, chain.map(|provider| provider.id.as_str()))
    }
}

impl Configuration for NotificationPolicy {
    const PATH: &'static str = "notificationsPolicies";
    const ITEM: &'static str = "policy";
    const KEPT: Option<&'static str> = Some(
        "Quotas of the default policy count mails with codes; cooldowns, countries and providers wait.",
    );
    type Parent = TopLevel;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.name = checks::name(&self.name)?;
        checks::no_more_than("quotas", &self.quotas, 10)?;
        self.quotas.iter().try_for_each(Quota::check)?;
        self.country_limit.check()?;
        let waits = &self.cooldown_configuration;
        for (kind, cooldown) in [
            ("email", &waits.email),
            ("sms", &waits.sms),
            ("voice", &waits.voice),
            ("whatsApp", &waits.whats_app),
        ] {
            cooldown.check(&format!("cooldownConfiguration.{kind}"))?;
        }
        let Some(providers) = &self.provider_configuration else {
            return Ok(());
        };
        let member = "providerConfiguration.conditions";
        checks::no_more_than(member, &providers.conditions, 50)?;
        for condition in &providers.conditions {
            check_countries(&format!("{member}.countries"), &condition.countries)?;
            let chain = format!("{member}.fallbackChain");
            checks::no_more_than(&chain, &condition.fallback_chain, LONGEST_CHAIN)?;
            if condition.fallback_chain.is_empty() {
                return Err(ApiFailure::required_value(&chain));
            }
        }
        Ok(())
    }
}

impl Quota {
    fn check(&self) -> Result<(), ApiFailure> {
        let has_mail = self.delivery_methods.contains(&QuotaMethod::Email);
        if self.delivery_methods.is_empty() || has_mail && self.delivery_methods.len() > 1 {
            let message = "must be [\"Email\"], or hold \"SMS\", \"Voice\" or both";
            let member = "quotas.deliveryMethods";
            return Err(ApiFailure::invalid_value(member, message));
        }
        let parts = [self.claimed, self.unclaimed];
        let is_whole = self.total.is_some() && parts == [None, None];
        let is_split = self.total.is_none() && parts.iter().all(Option::is_some);
        if !(is_whole || is_split) {
            let message = "must be given, or in its place both claimed and unclaimed";
            return Err(ApiFailure::invalid_value("quotas.total", message));
        }
        let most = match self.r#type {
            QuotaType::Environment => 10_000_000,
            QuotaType::User => 50,
        };
        for (name, number) in [
            ("total", self.total),
            ("claimed", self.claimed),
            ("unclaimed", self.unclaimed),
        ] {
            if number.is_some_and(|number| number > most) {
                let message = format!("must be at most {most}");
                return Err(ApiFailure::invalid_value(
                    &format!("quotas.{name}"),
                    message,
                ));
            }
        }
        Ok(())
    }
}

impl CountryLimit {
    fn check(&mut self) -> Result<(), ApiFailure> {
        check_countries("countryLimit.countries", &self.countries)?;
        if self.r#type == CountryLimitType::None {
            if !self.countries.is_empty() {
                let message = "must be empty where the type is NONE";
                return Err(ApiFailure::invalid_value("countryLimit.countries", message));
            }
            return Ok(());
        }
        if self.countries.is_empty() {
            return Err(ApiFailure::required_value("countryLimit.countries"));
        }
        if self.delivery_methods.is_empty() {
            self.delivery_methods = vec![PhoneMethod::Sms, PhoneMethod::Voice];
        }
        Ok(())
    }
}

impl Cooldown {
    fn check(&self, member: &str) -> Result<(), ApiFailure> {
        let group_by = format!("{member}.groupBy");
        checks::at_most(&group_by, self.group_by.as_deref(), 64)?;
        if self.enabled && self.periods.len() != 3 || self.periods.len() > 3 {
            let message = "must hold three times: before the first try, the second, and all others";
            return Err(ApiFailure::invalid_value(
                &format!("{member}.periods"),
                message,
            ));
        }
        let resend_limit = format!("{member}.resendLimit");
        match self.resend_limit {
            None if self.enabled => return Err(ApiFailure::required_value(&resend_limit)),
            Some(limit) if !(1..=100).contains(&limit) => {
                return Err(ApiFailure::invalid_value(
                    &resend_limit,
                    "must be from 1 to 100",
                ));
            }
            _ => {}
        }
        let seconds = self.periods.iter().map(|period| match period.time_unit {
            TimeUnit::Minutes => period.duration.saturating_mul(60),
            TimeUnit::Seconds => period.duration,
        });
        for seconds in seconds {
            if !(10..=600).contains(&seconds) {
                let message = "must be from ten seconds to ten minutes";
                let member = format!("{member}.periods.duration");
                return Err(ApiFailure::invalid_value(&member, message));
            }
        }
        Ok(())
    }
}

/// The policy that every environment begins with.
pub(crate) fn seed() -> NotificationPolicy {
    NotificationPolicy {
        name: "Default Notification Policy".to_owned(),
        default: true,
        quotas: Vec::new(),
        country_limit: CountryLimit::default(),
        cooldown_configuration: Cooldowns::default(),
        provider_configuration: None,
    }
}
