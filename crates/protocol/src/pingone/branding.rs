//! How the pages look, and whose they are (PingOne, "Branding").

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::codes::open_codes;
use crate::id::ImageId;

open_codes! {
    /// How a page is laid out.
    ThemeTemplate {
        /// The card in the middle.
        Default = "default";
        /// The card alone.
        Focus = "focus";
        /// The card before a picture.
        Mural = "mural";
        /// The card on a plain ground.
        Slate = "slate";
        /// The card beside a picture.
        Split = "split";
    }
}

/// How the pages look.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Theme {
    /// How a page is laid out.
    pub template: ThemeTemplate,
    /// Whether it holds where no other was chosen.
    #[serde(default)]
    pub default: bool,
    /// Its colours and pictures.
    pub configuration: ThemeConfiguration,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Theme {
    /// A theme that is not the default.
    pub fn new(template: ThemeTemplate, configuration: ThemeConfiguration) -> Self {
        Self {
            template,
            default: false,
            configuration,
            further: Map::new(),
        }
    }
}

/// The colours and pictures of a theme. Colours are written as `#4462ED`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ThemeConfiguration {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// `COLOR`, `DEFAULT`, `IMAGE` or `NONE`.
    pub background_type: String,
    /// The colour behind the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_color: Option<String>,
    /// The picture behind the card.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background_image: Option<Picture>,
    /// The colour of the text.
    pub body_text_color: String,
    /// The colour of headings.
    pub heading_text_color: String,
    /// The colour of links.
    pub link_text_color: String,
    /// The colour of buttons.
    pub button_color: String,
    /// The colour of the text on them.
    pub button_text_color: String,
    /// The colour of the card.
    pub card_color: String,
    /// `IMAGE` or `NONE`.
    pub logo_type: String,
    /// The logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Picture>,
    /// What stands at the foot, as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl ThemeConfiguration {
    /// Dark text on a white card, with buttons and links of one colour, and without pictures.
    pub fn new(name: impl Into<String>, accent: impl Into<String>) -> Self {
        let accent = accent.into();
        Self {
            name: Some(name.into()),
            background_type: "NONE".to_owned(),
            background_color: None,
            background_image: None,
            body_text_color: "#263956".to_owned(),
            heading_text_color: "#263956".to_owned(),
            link_text_color: accent.clone(),
            button_color: accent,
            button_text_color: "#FFFFFF".to_owned(),
            card_color: "#FFFFFF".to_owned(),
            logo_type: "NONE".to_owned(),
            logo: None,
            footer: None,
            further: Map::new(),
        }
    }
}

/// An image, and where it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Picture {
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
}

/// A picture that the service keeps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Image {
    /// Its forms by name; `original` is always there.
    #[serde(default)]
    pub targets: BTreeMap<String, ImageTarget>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Image {
    /// Where it is, for everybody.
    pub fn href(&self) -> Option<&str> {
        self.targets.get("original")?.href.as_deref()
    }
}

/// A form of a picture.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ImageTarget {
    /// Where it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub href: Option<String>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Picture {
    /// The picture with this id, at this address.
    pub fn new(id: ImageId, href: impl Into<String>) -> Self {
        Self {
            id: Some(id.as_uuid()),
            href: Some(href.into()),
        }
    }
}

/// Whose the pages are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BrandingSettings {
    /// The company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company_name: Option<String>,
    /// Its logo.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<Picture>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}
