//! `/environments/{environment}/languages/{language}/status`: how far a service has translated its
//! texts (PingOne, "Language localization status").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Below, Configuration, Managing};
use crate::api::hal::Shown;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::languages::Language;
use crate::stores::record::{Events, events};

/// How far a service has translated its texts into a language.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LocalizationStatus {
    service: String,
    #[serde(default)]
    localization_complete: bool,
    status_details: Option<String>,
}

impl Document for LocalizationStatus {
    const EVENTS: Events = events!("LANGUAGE_LOCALIZATION_STATUS");
    const MOST: u32 = 100;

    fn name(&self) -> &str {
        &self.service
    }
}

impl Configuration for LocalizationStatus {
    const PATH: &'static str = "languages/{language}/status";
    const ITEM: &'static str = "status";
    const KEY: &'static str = "status";
    const UNIQUE: &'static str = "service";
    const KEPT: Option<&'static str> = Some("Nothing depends on how far a service says it is.");
    const FILTERS: &'static [&'static str] = &["service", "localizationComplete"];
    type Parent = Below<Language>;
    type Read = may::ReadLanguages;
    type Manage = may::ManageLanguages;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        if self.service.trim().is_empty() {
            return Err(ApiFailure::required_value("service"));
        }
        checks::at_most("statusDetails", self.status_details.as_deref(), 1024)
    }

    fn show(object: &Object<Self>, shown: Shown) -> Shown {
        shown.member("locale", json!({"id": object.parent}))
    }
}
