//! `/environments/{environment}/agreements/{agreement}/languages`: an agreement in one language.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Agreement, in_force};
use crate::access::caller::Caller;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Below, Configuration, Managing};
use crate::api::hal::Shown;
use crate::configuration::languages::names;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object};
use crate::stores::consents;
use crate::stores::record::{Events, events};

/// An agreement in one language.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AgreementLanguage {
    pub(crate) locale: String,
    pub(crate) display_name: String,
    pub(crate) enabled: bool,
    pub(crate) user_experience: Option<UserExperience>,
}

/// What the page says that asks for consent.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
pub(crate) struct UserExperience {
    pub(crate) accept_checkbox_text: Option<String>,
    pub(crate) continue_button_text: Option<String>,
    pub(crate) decline_button_text: Option<String>,
}

impl Document for AgreementLanguage {
    const EVENTS: Events = events!("AGREEMENT_LANGUAGE");
    const MOST: u32 = 500;

    fn name(&self) -> &str {
        &self.display_name
    }

    fn unique(&self) -> Option<String> {
        Some(self.locale.clone())
    }
}

impl Configuration for AgreementLanguage {
    const PATH: &'static str = "agreements/{agreement}/languages";
    const ITEM: &'static str = "language";
    const KEY: &'static str = "languages";
    const UNIQUE: &'static str = "locale";
    const FILTERS: &'static [&'static str] = &["locale", "displayName", "enabled"];
    type Parent = Below<Agreement>;
    type Read = may::ReadAgreements;
    type Manage = may::ManageAgreements;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if names::english(&self.locale).is_none() {
            let message = "must be the tag of a language, such as fr or fr-CA";
            return Err(ApiFailure::invalid_value("locale", message));
        }
        if replaced.is_some_and(|object| object.document.locale != self.locale) {
            let message = "cannot be changed; add another language";
            return Err(ApiFailure::invalid_value("locale", message));
        }
        if self.display_name.trim().is_empty() {
            return Err(ApiFailure::required_value("displayName"));
        }
        let Some(texts) = &self.user_experience else {
            return Ok(());
        };
        for (member, text) in [
            (
                "userExperience.acceptCheckboxText",
                &texts.accept_checkbox_text,
            ),
            (
                "userExperience.continueButtonText",
                &texts.continue_button_text,
            ),
            (
                "userExperience.declineButtonText",
                &texts.decline_button_text,
            ),
        ] {
            checks::at_most(member, text.as_deref(), 256)?;
        }
        Ok(())
    }

    /// What users agreed to stays.
    fn endings(object: &Object<Self>) -> Change {
        consents::require_untold(object.environment_id, object.id)
    }

    async fn check_delete_now(
        managing: &Managing<Self>,
        object: &Object<Self>,
    ) -> Result<(), ApiFailure> {
        if in_force(managing, object).await?.is_none() {
            return Ok(());
        }
        // Clients look for the text (PingOne's Terraform provider).
        let message = "Agreement language with effective revision can not be deleted.";
        Err(ApiFailure::constraint(None, message))
    }

    async fn derive(
        caller: &Caller,
        object: &Object<Self>,
        shown: Shown,
    ) -> Result<Shown, ApiFailure> {
        let this = shown.address().unwrap_or_default().to_owned();
        let shown = shown.link("revisions", format!("{this}/revisions"));
        let current = in_force(caller, object).await?;
        Ok(match current {
            Some(revision) => shown
                .link(
                    "currentRevision",
                    format!("{this}/revisions/{}", revision.id),
                )
                .member("currentRevision", json!({"id": revision.id})),
            None => shown,
        })
    }
}
