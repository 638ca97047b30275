//! `/environments/{environment}/themes`: how the pages look (PingOne, "Branding").

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::images::Image;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object, Reference};
use crate::stores::record::{Events, events};

/// A theme.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Theme {
    pub(crate) template: Template,
    #[serde(default)]
    pub(crate) default: bool,
    pub(crate) configuration: Look,
}

/// How a page is laid out.
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Template {
    Default,
    Focus,
    Mural,
    Slate,
    Split,
}

/// The colours and pictures of a theme.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Look {
    pub(crate) background_type: BackgroundType,
    pub(crate) background_color: Option<String>,
    pub(crate) background_image: Option<Picture>,
    pub(crate) body_text_color: String,
    pub(crate) heading_text_color: String,
    pub(crate) link_text_color: String,
    pub(crate) button_color: String,
    pub(crate) button_text_color: String,
    pub(crate) card_color: String,
    pub(crate) logo_type: LogoType,
    pub(crate) logo: Option<Picture>,
    pub(crate) name: Option<String>,
    pub(crate) footer: Option<String>,
}

/// What is behind the card of a page.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum BackgroundType {
    Color,
    Default,
    Image,
    None,
}

/// Whether a page shows a logo.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LogoType {
    Image,
    None,
}

/// An image, and where it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Picture {
    pub(crate) id: Option<Uuid>,
    pub(crate) href: Option<String>,
}

impl Theme {
    /// Whether it looks as the theme that every environment begins with.
    pub(crate) fn is_untouched(&self) -> bool {
        let Self { configuration, .. } = seed();
        let name = self.configuration.name.clone();
        let footer = self.configuration.footer.clone();
        let seeded = Look {
            name,
            footer,
            logo_type: self.configuration.logo_type,
            logo: self.configuration.logo.clone(),
            ..configuration
        };
        self.configuration == seeded
    }
}

impl Picture {
    /// That a member shows it.
    pub(crate) fn reference(&self, member: &'static str) -> Option<Reference> {
        let id = self.id?;
        Some(Reference::to_object::<Image>(member, id))
    }
}

impl Document for Theme {
    const EVENTS: Events = events!("THEME");
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &str {
        self.configuration.name.as_deref().unwrap_or_default()
    }

    fn unique(&self) -> Option<String> {
        None
    }

    fn is_default(&self) -> bool {
        self.default
    }

    fn references(&self) -> Vec<Reference> {
        let Look {
            background_image,
            logo,
            ..
        } = &self.configuration;
        [
            ("configuration.backgroundImage", background_image),
            ("configuration.logo", logo),
        ]
        .into_iter()
        .filter_map(|(member, picture)| picture.as_ref()?.reference(member))
        .collect()
    }
}

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
        checks::at_most("configuration.name", look.name.as_deref(), 256)?;
        checks::at_most("configuration.footer", look.footer.as_deref(), 4096)?;
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

/// The theme that every environment begins with.
pub(super) fn seed() -> Theme {
    let color = str::to_owned;
    Theme {
        template: Template::Default,
        default: true,
        configuration: Look {
            background_type: BackgroundType::Color,
            background_color: Some(color("#ededed")),
            background_image: None,
            body_text_color: color("#686f77"),
            heading_text_color: color("#686f77"),
            link_text_color: color("#007CBA"),
            button_color: color("#007CBA"),
            button_text_color: color("#ffffff"),
            card_color: color("#ffffff"),
            logo_type: LogoType::None,
            logo: None,
            name: Some("Ping Default".to_owned()),
            footer: None,
        },
    }
}
