//! `/environments/{environment}/themes`: how the pages look (PingOne, "Branding").

use crate::access::permissions::may;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::Object;
use crate::stores::themes::{BackgroundType, LogoType, Theme};

impl Configuration for Theme {
    const PATH: &'static str = "themes";
    const ITEM: &'static str = "theme";
    const FILTERS: &'static [&'static str] = &["configuration.name", "template"];
    type Parent = TopLevel;
    type Read = may::ReadBranding;
    type Manage = may::ManageBranding;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        let look = &self.configuration;
        for (member, color) in [
            ("backgroundColor", look.background_color.as_ref()),
            ("bodyTextColor", Some(&look.body_text_color)),
            ("headingTextColor", Some(&look.heading_text_color)),
            ("linkTextColor", Some(&look.link_text_color)),
            ("buttonColor", Some(&look.button_color)),
            ("buttonTextColor", Some(&look.button_text_color)),
            ("cardColor", Some(&look.card_color)),
        ] {
            if color.is_some_and(|color| !is_color(color)) {
                let message = "must be a colour of six hexadecimal digits, such as #007CBA";
                return Err(ApiFailure::invalid_value(
                    &format!("configuration.{member}"),
                    message,
                ));
            }
        }
        if look.background_type == BackgroundType::Image && look.background_image.is_none() {
            return Err(ApiFailure::required_value("configuration.backgroundImage"));
        }
        if look.logo_type == LogoType::Image && look.logo.is_none() {
            return Err(ApiFailure::required_value("configuration.logo"));
        }
        Ok(())
    }
}

/// `#007CBA`, or with an alpha channel.
fn is_color(text: &str) -> bool {
    text.strip_prefix('#').is_some_and(|digits| {
        matches!(digits.len(), 6 | 8) && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}
