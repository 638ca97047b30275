//! What people are asked to agree to (PingOne, "Agreement management").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Reference;
use crate::codes::open_codes;
use crate::id::{AgreementId, AgreementLanguageId, AgreementRevisionId};

/// An agreement. Its texts are the revisions of its languages.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Agreement {
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it is in use: only when it has a text in the environment's default language.
    pub enabled: bool,
    /// After how many days a consent is over; absent means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reconsent_period_days: Option<u32>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Agreement {
    /// An agreement that is not in use yet, as it has no text.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            description: None,
            enabled: false,
            reconsent_period_days: None,
            further: Map::new(),
        }
    }
}

/// An agreement in one language.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgreementLanguage {
    /// The language, such as `en`.
    pub locale: String,
    /// What the agreement is called in it.
    pub display_name: String,
    /// Whether it is in use: only when it has a text.
    pub enabled: bool,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl AgreementLanguage {
    /// A language that is not in use yet, as it has no text.
    pub fn new(locale: impl Into<String>, display_name: impl Into<String>) -> Self {
        Self {
            locale: locale.into(),
            display_name: display_name.into(),
            enabled: false,
            further: Map::new(),
        }
    }
}

/// The text of an agreement from an instant on. It never changes; a later one takes its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgreementRevision {
    /// `text/plain` or `text/html`.
    pub content_type: String,
    /// From when on it holds.
    #[serde(with = "crate::pingone::date::Date")]
    pub effective_at: Timestamp,
    /// Whether those have to agree again who agreed to an earlier one.
    pub require_reconsent: bool,
    /// The text; lists may leave it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl AgreementRevision {
    /// A plain text that holds from an instant on.
    pub fn plain(text: impl Into<String>, effective_at: Timestamp) -> Self {
        Self {
            content_type: "text/plain".to_owned(),
            effective_at,
            require_reconsent: true,
            text: Some(text.into()),
            further: Map::new(),
        }
    }
}

/// The text of an agreement alone, which a link of its revision leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AgreementText {
    /// Where it is, below the API's address and version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource_path: Option<String>,
    /// The text.
    pub data: String,
    /// `text/plain` or `text/html`.
    pub data_type: String,
}

impl AgreementText {
    /// A text of a media type.
    pub fn new(data: impl Into<String>, data_type: impl Into<String>) -> Self {
        Self {
            resource_path: None,
            data: data.into(),
            data_type: data_type.into(),
        }
    }

    /// Says where it is.
    #[must_use]
    pub fn at(mut self, resource_path: impl Into<String>) -> Self {
        self.resource_path = Some(resource_path.into());
        self
    }
}

/// What a user said to an agreement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Consent {
    /// The agreement.
    pub agreement: Reference<AgreementId>,
    /// The language in which the user read it.
    pub language: Reference<AgreementLanguageId>,
    /// The text that the user read.
    pub revision: Reference<AgreementRevisionId>,
    /// Whether it counts.
    pub status: ConsentStatus,
    /// When the user agreed.
    #[serde(with = "crate::pingone::date::Date")]
    pub consented_at: Timestamp,
    /// When it ends by itself.
    #[serde(
        default,
        skip_serializing_if = "Option::is_none",
        with = "crate::pingone::date::OptionalDate"
    )]
    pub expires_at: Option<Timestamp>,
}

open_codes! {
    /// Whether what a user said to an agreement counts.
    ConsentStatus {
        /// It does.
        Accepted = "ACCEPTED";
        /// Its time is over, or there is a later text to agree to.
        Expired = "EXPIRED";
        /// The user does not agree any more.
        Revoked = "REVOKED";
    }
}
