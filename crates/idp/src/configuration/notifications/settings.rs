//! `/environments/{environment}/notificationsSettings`: whom messages come from (PingOne,
//! "Notifications settings").

use std::collections::BTreeSet;

use protocol::id::UserId;
use protocol::pingone::Reference as WireReference;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::policies::{LONGEST_CHAIN, references};
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference, Target};
use crate::stores::email_delivery::Sender;
use crate::stores::record::{Events, events};

/// Whom messages come from.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NotificationsSettings {
    #[serde(default)]
    delivery_mode: DeliveryMode,
    pub(crate) from: Option<Sender>,
    pub(crate) reply_to: Option<Sender>,
    #[serde(default)]
    sms_providers_fallback_chain: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    whitelist: Vec<Listed>,
    restrictions: Option<Restrictions>,
}

/// Whether messages are sent.
#[derive(Clone, Copy, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum DeliveryMode {
    #[default]
    All,
}

/// A user whom limits leave alone.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Listed {
    user: WireReference<UserId>,
}

/// Limits of former times.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Restrictions {
    sms_voice_quota: DailyQuota,
}

/// So many messages a day.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct DailyQuota {
    daily: u32,
}

impl Default for NotificationsSettings {
    fn default() -> Self {
        Self {
            delivery_mode: DeliveryMode::All,
            from: Some(Sender::pingone()),
            reply_to: None,
            sms_providers_fallback_chain: Vec::new(),
            whitelist: Vec::new(),
            restrictions: None,
        }
    }
}

impl Document for NotificationsSettings {
    const EVENTS: Events = events!("NOTIFICATIONS_SETTINGS");

    fn name(&self) -> &'static str {
        "Notifications settings"
    }

    fn references(&self) -> Vec<Reference> {
        let chain = self.sms_providers_fallback_chain.iter();
        references("smsProvidersFallbackChain", chain.map(String::as_str))
    }

    fn mentions(&self) -> Vec<Reference> {
        let listed = self.whitelist.iter().map(|listed| Reference {
            member: "whitelist.user.id",
            target: Target::Table("users"),
            id: listed.user.id.as_uuid(),
        });
        listed.collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        self.whitelist
            .retain(|listed| !gone.contains(&listed.user.id.as_uuid()));
    }
}

impl Configuration for NotificationsSettings {
    const PATH: &'static str = "notificationsSettings";
    const ITEM: &'static str = "settings";
    const RESET_SHOWS: bool = true;
    const KEPT: Option<&'static str> =
        Some("`from` and `replyTo` of mails work; nothing goes to telephones.");
    type Parent = TopLevel;
    type Read = may::ReadNotifications;
    type Manage = may::ManageNotifications;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let from = self.from.get_or_insert_with(Sender::pingone);
        from.address = from.address.take().or_else(|| Sender::pingone().address);
        from.check("from")?;
        if let Some(reply_to) = &self.reply_to {
            reply_to.check("replyTo")?;
        }
        let chain = &self.sms_providers_fallback_chain;
        checks::no_more_than("smsProvidersFallbackChain", chain, LONGEST_CHAIN)?;
        checks::no_more_than("whitelist", &self.whitelist, 100)?;
        let quota = self.restrictions.as_ref();
        if quota.is_some_and(|quota| quota.sms_voice_quota.daily > 50) {
            let member = "restrictions.smsVoiceQuota.daily";
            return Err(ApiFailure::invalid_value(member, "must be from 0 to 50"));
        }
        Ok(())
    }
}
