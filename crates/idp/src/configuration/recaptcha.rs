//! `/environments/{environment}/recaptchaV2Config`: the keys by which forms tell people from programs
//! (PingOne, "reCAPTCHA configurations").

use protocol::pingone::date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

/// The keys of the service that tells people from programs.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Recaptcha {
    site_key: String,
    secret_key: String,
}

impl Document for Recaptcha {
    const EVENTS: Events = events!("RECAPTCHA_CONFIGURATION");
    const SECRETS: &'static [&'static str] = &["/secretKey"];

    fn name(&self) -> &'static str {
        "reCAPTCHA"
    }
}

impl Configuration for Recaptcha {
    const PATH: &'static str = "recaptchaV2Config";
    const ITEM: &'static str = "configuration";
    const KEPT: Option<&'static str> = Some("The flows that show forms are not run.");
    const SHOWS_SECRETS: bool = true;
    type Parent = TopLevel;
    type Read = may::ReadForms;
    type Manage = may::ManageForms;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        for (member, text) in [("siteKey", &self.site_key), ("secretKey", &self.secret_key)] {
            if text.trim().is_empty() {
                return Err(ApiFailure::required_value(member));
            }
            checks::at_most(member, Some(text), 256)?;
        }
        Ok(())
    }

    fn show(object: &Object<Self>, shown: Shown) -> Shown {
        shown
            .member("created", date::written(object.created_at))
            .member("modified", date::written(object.updated_at))
    }
}
