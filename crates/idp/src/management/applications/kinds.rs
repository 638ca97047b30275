//! The members of applications that nothing here acts on, by the kind of application that has them
//! (PingOne, "Application operations"). They are checked, kept and returned.

mod mobile;
mod openid_connect;
mod saml;
mod ws_fed;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use crate::api::checks;
use crate::requests::failures::api::ApiFailure;

pub(super) use self::mobile::Mobile;
pub(super) use self::openid_connect::OfOpenIdConnect;
pub(super) use self::saml::OfSaml;
pub(super) use self::ws_fed::OfWsFed;

const LONGEST_URI: usize = 2048;

/// Longer texts of names and identifiers are refused.
const LONGEST_TEXT: usize = 1024;

/// A key set is some kilobytes.
const LONGEST_KEY_SET: usize = 65_536;

/// More addresses, certificates, gateways or virtual servers than this are refused.
const MOST: usize = 100;

/// PingOne's bound of durations in seconds.
const LONGEST_SECONDS: i64 = 2_147_483_647;

/// What one of these kinds is read into.
pub(super) trait Members: Serialize + for<'de> Deserialize<'de> {
    /// The members' names.
    const NAMES: &'static [&'static str];

    /// Checks what the types alone do not say.
    ///
    /// # Errors
    ///
    /// 400 with the name of the first member that is wrong.
    fn check(&self) -> Result<(), ApiFailure>;
}

/// What applications of all kinds have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfAll {
    hidden_from_app_portal: Option<bool>,
    icon: Option<Icon>,
    login_page_url: Option<String>,
}

/// An image of the environment. Of none, the texts are empty.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Icon {
    #[schemars(with = "Uuid")]
    id: String,
    href: String,
}

impl OfAll {
    /// Takes an icon that names no image for none.
    pub(super) fn without_empty_icon(mut self) -> Self {
        self.icon = self.icon.filter(|icon| !icon.id.is_empty());
        self
    }

    /// Leaves the icon out.
    pub(super) fn without_icon(self) -> Self {
        Self { icon: None, ..self }
    }
}

impl Members for OfAll {
    const NAMES: &'static [&'static str] = &["hiddenFromAppPortal", "icon", "loginPageUrl"];

    fn check(&self) -> Result<(), ApiFailure> {
        if let Some(icon) = &self.icon {
            if Uuid::try_parse(&icon.id).is_err() {
                return Err(ApiFailure::invalid_value("icon.id", "must be a UUID"));
            }
            web_address("icon.href", Some(&icon.href))?;
        }
        secure_address("loginPageUrl", self.login_page_url.as_deref())
    }
}

/// That something is named by its id.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Named {
    id: Uuid,
}

/// How messages and certificates are signed.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum SignatureAlgorithm {
    #[serde(rename = "SHA256withRSA")]
    Sha256WithRsa,
    #[serde(rename = "SHA384withRSA")]
    Sha384WithRsa,
    #[serde(rename = "SHA512withRSA")]
    Sha512WithRsa,
    #[serde(rename = "SHA256withECDSA")]
    Sha256WithEcdsa,
    #[serde(rename = "SHA384withECDSA")]
    Sha384WithEcdsa,
    #[serde(rename = "SHA512withECDSA")]
    Sha512WithEcdsa,
}

/// What the system's own applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfSystem {
    #[serde(default)]
    apply_default_theme: bool,
    enable_default_theme_footer: Option<bool>,
}

impl Members for OfSystem {
    const NAMES: &'static [&'static str] = &["applyDefaultTheme", "enableDefaultThemeFooter"];

    fn check(&self) -> Result<(), ApiFailure> {
        Ok(())
    }
}

/// What links have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfLink {
    external_id: Option<String>,
}

impl Members for OfLink {
    const NAMES: &'static [&'static str] = &["externalId"];

    fn check(&self) -> Result<(), ApiFailure> {
        checks::at_most("externalId", self.external_id.as_deref(), LONGEST_TEXT)
    }
}

fn within(target: &str, number: Option<i64>, least: i64, most: i64) -> Result<(), ApiFailure> {
    if number.is_none_or(|number| (least..=most).contains(&number)) {
        return Ok(());
    }
    let message = format!("must be between {least} and {most}");
    Err(ApiFailure::invalid_value(target, message))
}

/// An address of any scheme.
fn absolute_address(target: &str, text: Option<&str>) -> Result<(), ApiFailure> {
    address(target, text, "must be an absolute URI", |_| true)
}

/// An address of a page.
pub(super) fn web_address(target: &str, text: Option<&str>) -> Result<(), ApiFailure> {
    address(target, text, "must be a URL", |url| {
        matches!(url.scheme(), "http" | "https")
    })
}

/// An address of a page that others cannot listen to.
pub(super) fn secure_address(target: &str, text: Option<&str>) -> Result<(), ApiFailure> {
    let message = "must be an https URL; plain http is for localhost and 127.0.0.1 only";
    address(target, text, message, |url| {
        matches!(
            (url.scheme(), url.host_str()),
            ("https", _) | ("http", Some("localhost" | "127.0.0.1" | "[::1]"))
        )
    })
}

fn address(
    target: &str,
    text: Option<&str>,
    message: &str,
    is_of_kind: impl Fn(&Url) -> bool,
) -> Result<(), ApiFailure> {
    match text {
        Some(text) if text.len() > LONGEST_URI => {
            let message = format!("must have at most {LONGEST_URI} characters");
            Err(ApiFailure::invalid_value(target, message))
        }
        Some(text) if !Url::parse(text).is_ok_and(|url| is_of_kind(&url)) => {
            Err(ApiFailure::invalid_value(target, message))
        }
        Some(_) | None => Ok(()),
    }
}
