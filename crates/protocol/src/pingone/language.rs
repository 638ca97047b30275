//! Which languages pages and mails have, and what mails say (PingOne, "Languages" and "Notifications
//! templates").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Sender;
use crate::codes::open_codes;

open_codes! {
    /// The way that a message takes.
    DeliveryMethod {
        /// By mail.
        Email = "Email";
        /// To an application on a telephone.
        Push = "Push";
        /// As a short message.
        Sms = "SMS";
        /// As a call.
        Voice = "Voice";
    }
}

/// A language that pages and mails may have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Language {
    /// Its tag, such as `fr-CA`.
    pub locale: String,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Whether it is in use.
    #[serde(default)]
    pub enabled: bool,
    /// Whether those have it who understand none of the others.
    #[serde(default)]
    pub default: bool,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Language {
    /// A language that is not in use yet: it can be enabled once it is there.
    pub fn new(locale: impl Into<String>) -> Self {
        Self {
            locale: locale.into(),
            name: None,
            enabled: false,
            default: false,
            further: Map::new(),
        }
    }
}

/// What messages of a template say, by one way and in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TemplateContent {
    /// The way that they take.
    pub delivery_method: DeliveryMethod,
    /// The language.
    pub locale: String,
    /// The subject of a mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text of a mail, with variables such as `${code.value}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The sender.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Sender>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl TemplateContent {
    /// What a mail says.
    pub fn email(
        locale: impl Into<String>,
        subject: impl Into<String>,
        body: impl Into<String>,
    ) -> Self {
        Self {
            delivery_method: DeliveryMethod::Email,
            locale: locale.into(),
            subject: Some(subject.into()),
            body: Some(body.into()),
            from: None,
            further: Map::new(),
        }
    }
}
