//! `/environments/{environment}/brandingSettings`: whose pages they are (PingOne, "Branding").

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
use crate::stores::themes::BrandingSettings;

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
