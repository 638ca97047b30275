//! `/environments/{environment}/brandingSettings`: whose pages they are (PingOne, "Branding").

use serde::{Deserialize, Serialize};

use super::themes::Picture;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::record::{Events, events};

/// Whose pages an environment has.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BrandingSettings {
    pub(crate) company_name: Option<String>,
    pub(crate) logo: Option<Picture>,
}

impl Document for BrandingSettings {
    const EVENTS: Events = events!("BRANDING_SETTINGS");

    fn name(&self) -> &'static str {
        "Branding"
    }

    fn references(&self) -> Vec<Reference> {
        let logo = self.logo.as_ref();
        logo.and_then(|logo| logo.reference("logo"))
            .into_iter()
            .collect()
    }
}

impl Configuration for BrandingSettings {
    const PATH: &'static str = "brandingSettings";
    const ITEM: &'static str = "settings";
    type Parent = TopLevel;
    type Read = may::ReadBranding;
    type Manage = may::ManageBranding;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        checks::at_most("companyName", self.company_name.as_deref(), 256)
    }
}
