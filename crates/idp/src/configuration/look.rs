//! How the pages of an environment look: its branding, and its theme in force (PingOne, "Branding").

use db::StoreError;
use protocol::id::EnvironmentId;
use ui::Look;
use uuid::Uuid;

use super::branding::BrandingSettings;
use super::images::{self, Image};
use super::themes::{self, BackgroundType, LogoType, Picture, Theme};
use crate::core::Core;
use crate::stores::configuration::{Object, Objects};

/// How the pages of an environment look: the logo of its theme or its branding, the name of its
/// company, and the colours and the footer of its theme. A theme that was never changed leaves the
/// installation's brand as it is.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn find(core: &Core, environment: EnvironmentId) -> Result<Look, StoreError> {
    let themes = Objects::<Theme>::new(core.db(), core.keyring());
    let theme = themes.find_default(environment).await?;
    let branding = Objects::<BrandingSettings>::new(core.db(), core.keyring());
    let branding = branding
        .find_only(environment, environment.as_uuid())
        .await?;
    let branding = branding
        .map(|branding| branding.document)
        .unwrap_or_default();
    let mut look = Look {
        name: branding.company_name.filter(|name| !name.trim().is_empty()),
        ..Look::default()
    };
    let mut logo = branding.logo;
    if let Some(theme) = &theme {
        let configuration = &theme.document.configuration;
        if configuration.logo_type == LogoType::Image {
            logo = configuration.logo.clone();
        }
        look.footer = configuration.footer.clone();
        if !theme.document.is_untouched() {
            look.style = Some(core.urls().theme_path(environment, name(theme)));
        }
    }
    if let Some(Picture { id: Some(id), .. }) = logo {
        look.logo = picture(core, environment, id).await?;
    }
    Ok(look)
}

/// What the address of a theme's style sheet ends with: it changes with the theme.
fn name(theme: &Object<Theme>) -> String {
    format!("{}-{}.css", theme.id, theme.updated_at.as_microsecond())
}

/// The path of an uploaded image. Nothing else is shown: pages load nothing from elsewhere.
async fn picture(
    core: &Core,
    environment: EnvironmentId,
    id: Uuid,
) -> Result<Option<String>, StoreError> {
    let objects = Objects::<Image>::new(core.db(), core.keyring());
    let image = objects.find(environment, id).await?;
    Ok(image.map(|image| core.urls().image_path(environment, images::name(&image))))
}

/// The style sheet of a theme, by what its address ends with.
///
/// # Errors
///
/// [`StoreError`] when the database does not answer.
pub(crate) async fn style_sheet(
    core: &Core,
    environment: EnvironmentId,
    wanted: &str,
) -> Result<Option<String>, StoreError> {
    let id = wanted.get(..36).and_then(|id| Uuid::try_parse(id).ok());
    let Some(id) = id else { return Ok(None) };
    let themes = Objects::<Theme>::new(core.db(), core.keyring());
    let Some(theme) = themes.find(environment, id).await? else {
        return Ok(None);
    };
    if name(&theme) != wanted {
        return Ok(None);
    }
    let themes::Look {
        background_type,
        background_color,
        background_image,
        body_text_color,
        heading_text_color,
        link_text_color,
        button_color,
        button_text_color,
        card_color,
        ..
    } = &theme.document.configuration;
    let shows_picture = *background_type == BackgroundType::Image;
    let id = background_image.as_ref().and_then(|picture| picture.id);
    let picture = match id.filter(|_| shows_picture) {
        Some(id) => picture(core, environment, id).await?,
        None => None,
    };
    let shows_color = matches!(
        background_type,
        BackgroundType::Color | BackgroundType::Image
    );
    Ok(Some(
        ui::Theme {
            background: background_color.as_deref().filter(|_| shows_color),
            picture: picture.as_deref(),
            card: card_color,
            text: body_text_color,
            heading: heading_text_color,
            link: link_text_color,
            button: button_color,
            button_text: button_text_color,
        }
        .style_sheet(),
    ))
}
