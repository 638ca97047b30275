//! The brand: name, logos, links, footer, colours, radius and font, from configuration.
//!
//! The values are parsed strictly and served as a style sheet of custom properties, so a page needs
//! no inline style, and nothing written in a configuration can become a rule of its own.

pub(crate) mod colour;
mod pictures;
mod problem;
mod values;

use std::path::PathBuf;

use axum::Router;
use bytes::Bytes;
use serde::Deserialize;
use url::Url;

use self::colour::Colour;
use self::pictures::Picture;
use self::problem::Judged;
use self::values::{
    SYSTEM_FONT, parse_colour, parse_font, parse_footer, parse_link, parse_name, parse_radius,
    parse_wordmark, text_on,
};
use crate::assets::{self, Served};

pub use self::problem::{BrandProblem, InvalidBrand};

/// Latchkey's own accent.
const ACCENT: Colour = Colour::new(0x2f, 0x45, 0xc5);
/// The same for the dark theme, livelier than a mix with white would be.
const ACCENT_DARK: Colour = Colour::new(0x93, 0xa2, 0xff);

const BLACK: Colour = Colour::new(0, 0, 0);
const INK: Colour = Colour::new(0x10, 0x14, 0x1c);
const WHITE: Colour = Colour::new(0xff, 0xff, 0xff);
/// `--page` of the light theme in site.css, the darkest ground that links stand on there.
const LIGHT_GROUND: Colour = Colour::new(0xf4, 0xf5, 0xf8);
/// `--surface-raised` of the dark theme in site.css, the lightest ground that links stand on there.
const DARK_GROUND: Colour = Colour::new(0x22, 0x27, 0x33);

/// The name where none is configured.
const OWN_NAME: &str = "Latchkey";

/// What a configuration says about the brand; what it leaves out is Latchkey's own.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct BrandSettings {
    /// The name in the top bar, titles and mails, and of the portal as an application.
    pub name: Option<String>,
    /// Colour of buttons and links, `#rrggbb`.
    pub accent: Option<String>,
    /// Colour of the text on buttons; white or near-black, whichever reads better.
    pub accent_text: Option<String>,
    /// Colour of buttons and links in the dark theme; a lighter `accent`.
    pub accent_dark: Option<String>,
    /// Colour of the text on buttons in the dark theme.
    pub accent_dark_text: Option<String>,
    /// Radius of corners in CSS pixels, 0 to 24.
    pub radius: Option<u8>,
    /// Font families by name, separated by commas; they must be on the visitor's machine.
    pub font: Option<String>,
    /// An SVG or PNG file, shown 32 pixels high. Without one, a name of one's own is shown with
    /// its first letter.
    pub logo: Option<PathBuf>,
    /// The same for the dark theme; the logo, where it is left out.
    pub logo_dark: Option<PathBuf>,
    /// A PNG file in the place of both in mails, whose programs show no SVG; readable on light and
    /// dark ground. Without one, mails show those of both that are PNG.
    pub mail_logo: Option<PathBuf>,
    /// An SVG, PNG or ICO file for the browser's tab; the logo, unless that is a wordmark.
    pub favicon: Option<PathBuf>,
    /// Whether the logo is a wordmark, which says the name: it is not written beside it.
    pub wordmark: bool,
    /// A text at the foot of pages and mails, such as a company's address.
    pub footer: Option<String>,
    /// The terms of use, `https:` or `http:`.
    pub terms_url: Option<String>,
    /// What becomes of personal data, `https:` or `http:`.
    pub privacy_url: Option<String>,
    /// Where people get help, `https:`, `http:` or `mailto:`.
    pub support_url: Option<String>,
}

/// A link at the foot of pages and mails.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FootLink {
    text_id: &'static str,
    url: Url,
}

impl FootLink {
    /// The id of its text.
    pub fn text_id(&self) -> &'static str {
        self.text_id
    }

    /// Where it leads.
    pub fn href(&self) -> &str {
        self.url.as_str()
    }

    /// The same as a person reads it: an address of a mailbox without its scheme.
    pub fn shown(&self) -> &str {
        if self.url.scheme() == "mailto" {
            self.url.path()
        } else {
            self.url.as_str()
        }
    }
}

/// A parsed brand.
#[derive(Clone, Debug)]
pub struct Brand {
    name: String,
    light: Palette,
    dark: Palette,
    style: Served,
    logo: Option<Picture>,
    logo_dark: Option<Picture>,
    mail_logo: Option<Picture>,
    favicon: Option<Picture>,
    /// The first letter of a name that is not Latchkey's.
    mark: Option<Picture>,
    wordmark: bool,
    footer: Option<String>,
    links: Vec<FootLink>,
}

/// The accent in one theme.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
struct Palette {
    accent: Colour,
    accent_text: Colour,
    accent_hover: Colour,
    link: Colour,
}

impl Brand {
    /// Parses what the configuration says; reads the logo's file.
    ///
    /// # Errors
    ///
    /// [`InvalidBrand`] names every key that cannot be used and says what it may be.
    pub fn parse(settings: &BrandSettings) -> Result<Self, InvalidBrand> {
        let mut judged = Judged::default();
        let name = parse_name(settings.name.as_deref().unwrap_or(OWN_NAME));
        let name = judged.take(name, String::new());
        let mut colour =
            |key, text: &Option<String>| judged.take(parse_colour(key, text.as_deref()), None);
        let own_accent = colour("accent", &settings.accent);
        let accent_text = colour("accent_text", &settings.accent_text);
        let accent_dark = colour("accent_dark", &settings.accent_dark);
        let accent_dark_text = colour("accent_dark_text", &settings.accent_dark_text);

        let accent = own_accent.unwrap_or(ACCENT);
        let light = Palette {
            accent,
            accent_text: judged.take(text_on(accent, "accent_text", accent_text), WHITE),
            accent_hover: accent.mix(BLACK, 0.14),
            link: accent.readable_on(LIGHT_GROUND, BLACK),
        };
        let accent = match accent_dark {
            Some(dark) => dark,
            None if own_accent.is_none() => ACCENT_DARK,
            None => accent.readable_on(DARK_GROUND, WHITE),
        };
        let dark = Palette {
            accent,
            accent_text: judged.take(text_on(accent, "accent_dark_text", accent_dark_text), INK),
            accent_hover: accent.mix(WHITE, 0.18),
            link: accent.readable_on(DARK_GROUND, WHITE),
        };
        let radius = judged.take(parse_radius(settings.radius.unwrap_or(10)), 10);
        let font = settings
            .font
            .as_deref()
            .map_or(Ok(SYSTEM_FONT.to_owned()), parse_font);
        let font = judged.take(font, String::new());
        let mut picture = |key, path: &Option<PathBuf>| {
            let read = path.as_ref().map(|path| pictures::read(key, path));
            judged.take(read.transpose(), None)
        };
        let logo = picture("logo", &settings.logo);
        let logo_dark = picture("logo_dark", &settings.logo_dark);
        let mail_logo = picture("mail_logo", &settings.mail_logo);
        let favicon = picture("favicon", &settings.favicon);
        let wordmark = judged.take(parse_wordmark(settings), false);
        let footer = settings.footer.as_deref().map_or(Ok(None), parse_footer);
        let footer = judged.take(footer, None);
        let links = [
            ("terms_url", "footer-terms", &settings.terms_url),
            ("privacy_url", "footer-privacy", &settings.privacy_url),
            ("support_url", "footer-support", &settings.support_url),
        ];
        let links = links
            .into_iter()
            .filter_map(|(key, text_id, url)| Some((key, text_id, url.as_deref()?)))
            .filter_map(|(key, text_id, url)| {
                judged.take(parse_link(key, text_id, url).map(Some), None)
            })
            .collect();
        if !judged.problems.is_empty() {
            return Err(InvalidBrand {
                problems: judged.problems,
            });
        }
        let css = style_sheet(light, dark, radius, &font);
        let style = Served::new("brand", "css", "text/css; charset=utf-8", Bytes::from(css));
        Ok(Self {
            light,
            dark,
            style,
            mark: (name != OWN_NAME).then(|| pictures::mark(&name, light, dark)),
            name,
            logo,
            logo_dark,
            mail_logo,
            favicon,
            wordmark,
            footer,
            links,
        })
    }

    /// The name in the top bar, titles and mails.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The address of the style sheet of custom properties.
    pub fn style_url(&self) -> &str {
        &self.style.url
    }

    /// The path of the logo: the configured one, the first letter of the configured name, or
    /// Latchkey's own.
    pub fn logo_url(&self) -> &str {
        let logo = self.logo.as_ref().or(self.mark.as_ref());
        logo.map_or_else(|| assets::url("logo.svg"), Picture::url)
    }

    /// Whether a logo is configured.
    pub fn has_logo(&self) -> bool {
        self.logo.is_some()
    }

    /// The path of the logo for the dark theme, where it is another.
    pub fn logo_dark_url(&self) -> Option<&str> {
        self.logo_dark.as_ref().map(Picture::url)
    }

    /// The path and the media type of the icon in the browser's tab.
    pub fn favicon(&self) -> (&str, &'static str) {
        let logo = self.logo.as_ref().filter(|_| !self.wordmark);
        let icon = self.favicon.as_ref().or(logo).or(self.mark.as_ref());
        icon.map_or_else(
            || (assets::url("favicon.svg"), "image/svg+xml"),
            |icon| (icon.url(), icon.media_type()),
        )
    }

    /// Whether the logo says the name, so that it is not written beside it.
    pub fn is_wordmark(&self) -> bool {
        self.wordmark
    }

    /// The text at the foot of pages and mails.
    pub fn footer(&self) -> Option<&str> {
        self.footer.as_deref()
    }

    /// The links at the foot of pages and mails.
    pub fn links(&self) -> &[FootLink] {
        &self.links
    }

    /// Serves the brand's files and the vendored ones under `/assets/`.
    pub fn asset_router<S>(&self) -> Router<S>
    where
        S: Clone + Send + Sync + 'static,
    {
        let pictures = [
            &self.logo,
            &self.logo_dark,
            &self.mail_logo,
            &self.favicon,
            &self.mark,
        ];
        let pictures = pictures.into_iter().flatten().map(Picture::served);
        assets::router(std::iter::once(&self.style).chain(pictures))
    }

    /// The readable accent of the light and of the dark theme; mails need them in their text.
    pub(crate) fn mail_accents(&self) -> (String, String) {
        (self.light.link.to_string(), self.dark.link.to_string())
    }

    /// The paths of the logos that a mail can show, for light and for dark surroundings: mail
    /// programs show no SVG.
    pub(crate) fn mail_logos(&self) -> (Option<&str>, Option<&str>) {
        if let Some(logo) = &self.mail_logo {
            return (Some(logo.url()), None);
        }
        (
            self.logo.as_ref().and_then(Picture::in_mails),
            self.logo_dark.as_ref().and_then(Picture::in_mails),
        )
    }

    /// Whether there is a logo, and none that mails can show.
    pub fn lacks_mail_logo(&self) -> bool {
        self.has_logo() && self.mail_logos().0.is_none()
    }

    /// The letter that mails show in the place of a logo, where there is none at all; its colour
    /// and that of its ground, in light and in dark surroundings.
    pub(crate) fn mail_letter(&self) -> Option<MailLetter> {
        if self.has_logo() || self.mail_logo.is_some() {
            return None;
        }
        let pair = |palette: Palette| (palette.accent.to_string(), palette.accent_text.to_string());
        Some(MailLetter {
            letter: pictures::letter(&self.name),
            light: pair(self.light),
            dark: pair(self.dark),
        })
    }
}

/// A letter in the place of a logo; each pair is the ground's colour and the letter's.
#[derive(Clone, Debug)]
pub(crate) struct MailLetter {
    pub(crate) letter: String,
    pub(crate) light: (String, String),
    pub(crate) dark: (String, String),
}

impl Default for Brand {
    /// Latchkey's own brand.
    fn default() -> Self {
        Self::parse(&BrandSettings::default()).expect("the built-in brand is valid")
    }
}

fn style_sheet(light: Palette, dark: Palette, radius: u8, font: &str) -> String {
    let properties = |palette: Palette| {
        format!(
            "--accent: {}; --accent-text: {}; --accent-hover: {}; --link: {};",
            palette.accent, palette.accent_text, palette.accent_hover, palette.link
        )
    };
    format!(
        ":root {{ --radius: {radius}px; --font: {font}; {} }}\n\
         @media (prefers-color-scheme: dark) {{ :root {{ {} }} }}\n",
        properties(light),
        properties(dark)
    )
}

#[cfg(test)]
mod tests {
    use super::colour::READABLE;
    use super::*;

    fn refused(settings: &BrandSettings) -> String {
        Brand::parse(settings).unwrap_err().to_string()
    }

    /// The key of the one thing that is wrong.
    fn wrong(settings: &BrandSettings) -> &'static str {
        let invalid = Brand::parse(settings).unwrap_err();
        assert_eq!(invalid.problems().len(), 1, "{invalid}");
        invalid.problems()[0].key()
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let settings = BrandSettings {
            name: Some(String::new()),
            accent: Some("red".to_owned()),
            accent_dark: Some("blue".to_owned()),
            radius: Some(99),
            font: Some("a;b".to_owned()),
            logo: Some("/nowhere.svg".into()),
            ..BrandSettings::default()
        };
        let invalid = Brand::parse(&settings).unwrap_err();
        let keys: Vec<_> = invalid.problems().iter().map(BrandProblem::key).collect();
        assert_eq!(
            keys,
            ["name", "accent", "accent_dark", "radius", "font", "logo"]
        );
    }

    fn css(settings: &BrandSettings) -> String {
        String::from_utf8(Brand::parse(settings).unwrap().style.bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_built_in_brand_is_readable_in_both_themes() {
        let brand = Brand::default();
        for (palette, ground) in [(brand.light, LIGHT_GROUND), (brand.dark, DARK_GROUND)] {
            assert!(palette.accent.contrast(palette.accent_text) >= READABLE);
            assert!(palette.accent_hover.contrast(palette.accent_text) >= READABLE);
            assert!(palette.link.contrast(ground) >= READABLE);
        }
        insta::assert_snapshot!(css(&BrandSettings::default()));
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        let css = include_str!("../assets/site.css");
        let (light, dark) = css
            .split_once("@media (prefers-color-scheme: dark)")
            .unwrap();
        assert!(light.contains(&format!("--page: {LIGHT_GROUND};")));
        assert!(dark.contains(&format!("--surface-raised: {DARK_GROUND};")));
    }

    #[test]
    fn nothing_can_be_injected_into_the_style_sheet() {
        let attack = "#fff; } body { background: url(//evil.example)";
        let attacks: [fn(&mut BrandSettings) -> &mut Option<String>; 5] = [
            |settings| &mut settings.accent,
            |settings| &mut settings.accent_text,
            |settings| &mut settings.accent_dark,
            |settings| &mut settings.accent_dark_text,
            |settings| &mut settings.font,
        ];
        for field in attacks {
            let mut settings = BrandSettings::default();
            *field(&mut settings) = Some(attack.to_owned());
            Brand::parse(&settings).unwrap_err();
        }
        for font in ["a\"", "a;b", "a}b", "a/*", "a\\", "a\nb", ",", "é"] {
            let settings = BrandSettings {
                font: Some(font.into()),
                ..BrandSettings::default()
            };
            assert_eq!(wrong(&settings), "font", "{font:?}");
        }
    }

    #[test]
    fn fonts_are_quoted_and_fall_back_to_the_system() {
        let settings = BrandSettings {
            font: Some("Inter, Source Sans 3, sans-serif".into()),
            ..BrandSettings::default()
        };
        assert!(
            css(&settings).contains(r#"--font: "Inter", "Source Sans 3", sans-serif, system-ui,"#)
        );
    }

    #[test]
    fn unreadable_text_on_a_button_is_refused_with_the_measured_contrast() {
        let settings = BrandSettings {
            accent: Some("#ffdd00".into()),
            accent_text: Some("#ffffff".into()),
            ..BrandSettings::default()
        };
        assert_eq!(
            refused(&settings),
            "brand `accent_text`: #ffffff on #ffdd00 has a contrast of 1.3; people need at least \
             4.5, so choose another, or leave the key out"
        );
    }

    #[test]
    fn any_accent_becomes_readable() {
        for accent in [
            "#ffdd00", "#000", "#fff", "#777777", "#e11d48", "#16a34a", "#2563eb",
        ] {
            let settings = BrandSettings {
                accent: Some(accent.into()),
                ..BrandSettings::default()
            };
            let brand = Brand::parse(&settings).unwrap();
            for (palette, ground) in [(brand.light, LIGHT_GROUND), (brand.dark, DARK_GROUND)] {
                assert!(
                    palette.accent.contrast(palette.accent_text) >= READABLE,
                    "{accent}"
                );
                assert!(palette.link.contrast(ground) >= READABLE, "{accent}");
            }
        }
    }

    #[test]
    fn names_and_radius_have_limits() {
        let named = |name: &str| BrandSettings {
            name: Some(name.into()),
            ..Default::default()
        };
        for name in ["", " Acme", "a\nb", &"x".repeat(41)] {
            assert_eq!(wrong(&named(name)), "name", "{name:?}");
        }
        let settings = BrandSettings {
            radius: Some(25),
            ..BrandSettings::default()
        };
        assert_eq!(
            refused(&settings),
            "brand `radius`: 25 is too large; give 0 to 24 pixels"
        );
    }

    #[test]
    fn links_lead_to_pages_and_help_to_a_mailbox_as_well() {
        type Set = fn(&mut BrandSettings, String);
        let with = |change: Set, url: &str| {
            let mut settings = BrandSettings::default();
            change(&mut settings, url.to_owned());
            settings
        };
        let all: [(&str, Set); 3] = [
            ("terms_url", |settings, url| settings.terms_url = Some(url)),
            ("privacy_url", |settings, url| {
                settings.privacy_url = Some(url);
            }),
            ("support_url", |settings, url| {
                settings.support_url = Some(url);
            }),
        ];
        for (key, set) in all {
            for url in [
                "",
                "/terms",
                "javascript:alert(1)",
                "data:text/html,x",
                "https://me:secret@example.com/",
                "mailto:nobody",
                "mailto:help@example.com?bcc=spy@example.com",
            ] {
                assert_eq!(wrong(&with(set, url)), key, "{url}");
            }
            let brand = Brand::parse(&with(set, "https://example.com/page")).unwrap();
            assert_eq!(brand.links()[0].href(), "https://example.com/page");
            let mailbox = Brand::parse(&with(set, "mailto:help@example.com"));
            assert_eq!(mailbox.is_ok(), key == "support_url", "{key}");
        }
    }

    #[test]
    fn a_name_of_ones_own_brings_no_sign_of_latchkey_along() {
        let settings = BrandSettings {
            name: Some("<Ärger & Söhne>".into()),
            ..BrandSettings::default()
        };
        let brand = Brand::parse(&settings).unwrap();
        assert!(
            brand.logo_url().starts_with("/assets/mark-"),
            "{}",
            brand.logo_url()
        );
        assert_eq!(brand.favicon(), (brand.logo_url(), "image/svg+xml"));
        let mark = brand.mark.unwrap();
        let svg = String::from_utf8(mark.served().bytes.to_vec()).unwrap();
        assert!(svg.contains(">Ä</text>"), "{svg}");
        assert_eq!(Brand::default().favicon().0, assets::url("favicon.svg"));
    }

    #[test]
    fn a_wordmark_without_a_logo_is_refused() {
        let settings = BrandSettings {
            wordmark: true,
            ..BrandSettings::default()
        };
        assert_eq!(wrong(&settings), "wordmark");
    }

    #[test]
    fn a_logo_is_taken_by_its_content() {
        let page = std::env::temp_dir().join(format!("logo-{}.svg", std::process::id()));
        std::fs::write(&page, "<html><script>alert(1)</script>").unwrap();
        let settings = BrandSettings {
            logo: Some(page.clone()),
            ..BrandSettings::default()
        };
        let problem = refused(&settings);
        std::fs::write(&page, "<svg xmlns='http://www.w3.org/2000/svg'/>").unwrap();
        let brand = Brand::parse(&settings).unwrap();
        std::fs::remove_file(&page).unwrap();
        assert!(
            problem.ends_with("is neither SVG nor PNG; give one of these"),
            "{problem}"
        );
        assert!(brand.logo_url().starts_with("/assets/logo-"));
    }
}
