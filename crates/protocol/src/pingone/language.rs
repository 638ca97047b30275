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

/// A text of the pages in a language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Translation {
    /// By what it is known, such as `flow-ui.button.cancel`.
    pub key: String,
    /// The key without the page that it belongs to; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub short_key: Option<String>,
    /// The text in English; the service says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_text: Option<String>,
    /// The text in the language; empty where there is none.
    #[serde(default)]
    pub translated_text: String,
}

impl Translation {
    /// What a text is to be. An empty one puts back what the service says.
    pub fn new(key: impl Into<String>, translated_text: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            short_key: None,
            reference_text: None,
            translated_text: translated_text.into(),
        }
    }
}
