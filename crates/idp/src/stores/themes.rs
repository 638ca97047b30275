//! How pages and mails look: the themes of an environment, and whose pages they are.

use std::collections::BTreeSet;
use std::sync::Arc;

use db::{Reader, StoreError};
use jiff::Timestamp;
use platform::keyring::Keyring;
use protocol::id::EnvironmentId;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use web::LookupCounts;

use super::configuration::{Document, Object, Objects, Reference};
use super::images::{self, Image};
use super::record::{Events, events};
use crate::caches::{Recent, Touched};
use crate::urls::Urls;

/// A theme.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Theme {
    pub(crate) template: Template,
    #[serde(default)]
    pub(crate) default: bool,
    pub(crate) configuration: Look,
}

/// How a page is laid out.
#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Template {
    Default,
    Focus,
    Mural,
    Slate,
    Split,
}

/// The colours and pictures of a theme.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum BackgroundType {
    Color,
    Default,
    Image,
    None,
}

/// Whether a page shows a logo.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum LogoType {
    Image,
    None,
}

/// An image, and where it is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Picture {
    pub(crate) id: Option<Uuid>,
    pub(crate) href: Option<String>,
}

impl Theme {
    /// The theme that every environment begins with.
    pub(crate) fn first() -> Self {
        let color = str::to_owned;
        Self {
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

    /// Whether it looks as the theme that every environment begins with.
    pub(crate) fn is_untouched(&self) -> bool {
        let Self { configuration, .. } = Self::first();
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
    pub(crate) fn mention(&self, member: &'static str) -> Option<Reference> {
        let id = self.id?;
        Some(Reference::to_object::<Image>(member, id))
    }
}

/// Takes a picture away whose image is gone.
pub(crate) fn forget_picture(picture: &mut Option<Picture>, gone: &BTreeSet<Uuid>) {
    let is_gone = |shown: &Picture| shown.id.is_some_and(|id| gone.contains(&id));
    if picture.as_ref().is_some_and(is_gone) {
        *picture = None;
    }
}

impl Document for Theme {
    const EVENTS: Events = events!("THEME");
    const HAS_DEFAULT: bool = true;
    /// Every page is shown in one.
    const IS_CACHED: bool = true;

    fn name(&self) -> &str {
        self.configuration.name.as_deref().unwrap_or_default()
    }

    fn unique(&self) -> Option<String> {
        None
    }

    fn is_default(&self) -> bool {
        self.default
    }

    fn mentions(&self) -> Vec<Reference> {
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
        .filter_map(|(member, picture)| picture.as_ref()?.mention(member))
        .collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        forget_picture(&mut self.configuration.background_image, gone);
        forget_picture(&mut self.configuration.logo, gone);
    }
}

/// Whose pages an environment has.
#[derive(Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct BrandingSettings {
    pub(crate) company_name: Option<String>,
    pub(crate) logo: Option<Picture>,
}

impl Document for BrandingSettings {
    const EVENTS: Events = events!("BRANDING_SETTINGS");
    /// Every page shows it.
    const IS_CACHED: bool = true;

    fn name(&self) -> &'static str {
        "Branding"
    }

    fn mentions(&self) -> Vec<Reference> {
        let logo = self.logo.as_ref();
        logo.and_then(|logo| logo.mention("logo"))
            .into_iter()
            .collect()
    }

    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        forget_picture(&mut self.logo, gone);
    }
}

/// How pages and mails look.
#[derive(Clone, Debug, Default)]
pub(crate) struct Looks {
    /// Pages.
    pub(crate) page: ui::Look,
    /// Mails, which show nothing but the logo from elsewhere.
    pub(crate) mail: ui::MailLook,
}

/// The themes of all environments.
#[derive(Debug)]
pub(crate) struct Themes {
    db: Reader,
    keyring: Arc<Keyring>,
    urls: Urls,
    recent: Recent<Arc<Looks>>,
}

impl Themes {
    pub(crate) fn new(db: Reader, keyring: Arc<Keyring>, urls: Urls) -> Self {
        Self {
            db,
            keyring,
            urls,
            recent: Recent::default(),
        }
    }

    /// How often the cache was asked, and knew.
    pub(crate) fn lookups(&self) -> LookupCounts {
        self.recent.lookups()
    }

    /// Forgets what a write may have changed.
    pub(crate) fn forget(&self, touched: &Touched) {
        self.recent.forget(touched);
    }

    /// How the pages and mails of an environment look in one of its themes, or in its default one:
    /// the logo of the theme or of the branding, the name of the company, and the colours and the
    /// footer of the theme; cached. A theme that was never changed leaves the installation's brand
    /// as it is.
    pub(crate) async fn look(
        &self,
        environment: EnvironmentId,
        theme: Option<Uuid>,
        now: Timestamp,
    ) -> Result<Arc<Looks>, StoreError> {
        let id = theme.unwrap_or(environment.as_uuid());
        let read = async { Ok(Some(Arc::new(self.read(environment, theme).await?))) };
        let found = self.recent.find(id, now, read).await?;
        Ok(found.unwrap_or_default())
    }

    async fn read(
        &self,
        environment: EnvironmentId,
        theme: Option<Uuid>,
    ) -> Result<Looks, StoreError> {
        let themes = Objects::<Theme>::new(&self.db, &self.keyring);
        let chosen = match theme {
            Some(id) => themes.find(environment, id).await?,
            None => None,
        };
        let theme = match chosen {
            Some(theme) => Some(theme),
            None => themes.find_default(environment).await?,
        };
        let branding = Objects::<BrandingSettings>::new(&self.db, &self.keyring);
        let branding = branding
            .find_only(environment, environment.as_uuid())
            .await?;
        let branding = branding
            .map(|branding| branding.document)
            .unwrap_or_default();
        let name = branding.company_name.filter(|name| !name.trim().is_empty());
        let mut looks = Looks::default();
        looks.page.name.clone_from(&name);
        looks.mail.name = name;
        let mut logo = branding.logo;
        if let Some(theme) = &theme {
            let configuration = &theme.document.configuration;
            if configuration.logo_type == LogoType::Image {
                logo = configuration.logo.clone();
            }
            looks.page.footer.clone_from(&configuration.footer);
            looks.mail.footer.clone_from(&configuration.footer);
            if !theme.document.is_untouched() {
                looks.page.style = Some(self.urls.theme_path(environment, name_of_style(theme)));
                looks.page.is_dark = configuration.colours(configuration.behind()).is_dark();
                looks.mail.colours = Some(configuration.colours(None).mail_colours());
            }
        }
        if let Some(Picture { id: Some(id), .. }) = logo
            && let Some(name) = self.picture(environment, id).await?
        {
            looks.page.logo = Some(self.urls.image_path(environment, &name));
            looks.mail.logo = Some(self.urls.image(environment, &name));
        }
        Ok(looks)
    }

    /// What the address of an uploaded image ends with. Nothing else is shown: pages and mails load
    /// nothing from elsewhere.
    async fn picture(
        &self,
        environment: EnvironmentId,
        id: Uuid,
    ) -> Result<Option<String>, StoreError> {
        let objects = Objects::<Image>::new(&self.db, &self.keyring);
        let image = objects.find(environment, id).await?;
        Ok(image.as_ref().map(images::name))
    }

    /// The style sheet of a theme, by what its address ends with.
    pub(crate) async fn style_sheet(
        &self,
        environment: EnvironmentId,
        wanted: &str,
    ) -> Result<Option<String>, StoreError> {
        let id = wanted.get(..36).and_then(|id| Uuid::try_parse(id).ok());
        let Some(id) = id else { return Ok(None) };
        let themes = Objects::<Theme>::new(&self.db, &self.keyring);
        let Some(theme) = themes.find(environment, id).await? else {
            return Ok(None);
        };
        if name_of_style(&theme) != wanted {
            return Ok(None);
        }
        let look = &theme.document.configuration;
        let shows_picture = look.background_type == BackgroundType::Image;
        let id = look
            .background_image
            .as_ref()
            .and_then(|picture| picture.id);
        let picture = match id.filter(|_| shows_picture) {
            Some(id) => self.picture(environment, id).await?,
            None => None,
        };
        let picture = picture.map(|name| self.urls.image_path(environment, name));
        Ok(Some(look.colours(picture.as_deref()).style_sheet()))
    }
}

impl Look {
    /// What is said of a picture behind the card, if there is one.
    fn behind(&self) -> Option<&str> {
        let shows_picture = self.background_type == BackgroundType::Image;
        let picture = self.background_image.as_ref().filter(|_| shows_picture);
        picture.and_then(|picture| picture.href.as_deref())
    }

    /// The colours as pages and mails take them, with the path of the picture behind the card.
    fn colours<'a>(&'a self, picture: Option<&'a str>) -> ui::Theme<'a> {
        let shows_color = matches!(
            self.background_type,
            BackgroundType::Color | BackgroundType::Image
        );
        let background = self.background_color.as_deref();
        ui::Theme {
            background: background.filter(|_| shows_color),
            picture,
            card: &self.card_color,
            text: &self.body_text_color,
            heading: &self.heading_text_color,
            link: &self.link_text_color,
            button: &self.button_color,
            button_text: &self.button_text_color,
        }
    }
}

/// What the address of a theme's style sheet ends with: it changes with the theme.
fn name_of_style(theme: &Object<Theme>) -> String {
    format!("{}-{}.css", theme.id, theme.updated_at.as_microsecond())
}
