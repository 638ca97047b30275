//! Mails: one structure, rendered as HTML and as plain text, in the design of the pages.
//!
//! Mail programs demand inline styles and know no custom properties. There is no image but the logo
//! of the environment or of the brand, which comes from this service; without one nothing is loaded.

use askama::Template;

use crate::{
    brand::{Brand, FootLink, MailLetter},
    messages::Messages,
    theme::{MailColours, MailLook},
};

/// What a mail says.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MailText {
    /// The subject line.
    pub subject: String,
    /// The heading, often the same.
    pub heading: String,
    /// The paragraphs before the code.
    pub paragraphs: Vec<String>,
    /// A code to type, shown large. Codes, not links: a mail scanner follows links.
    pub code: Option<String>,
    /// The paragraphs after the code: how long it is good for, what to do if one did not ask.
    pub notes: Vec<String>,
}

/// A mail rendered twice.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailBody {
    /// The HTML part.
    pub html: String,
    /// The plain-text part.
    pub text: String,
}

impl MailText {
    /// Renders both parts in the brand, or in what an environment shows in its place. `base` is the
    /// address of this service, without a slash at its end.
    ///
    /// # Errors
    ///
    /// [`askama::Error`] when a template cannot be rendered, which no content can cause.
    pub fn render(
        &self,
        messages: &Messages,
        brand: &Brand,
        look: &MailLook,
        base: &str,
    ) -> Result<MailBody, askama::Error> {
        let name = look.name.as_deref().unwrap_or(brand.name());
        let footer = messages.format("mail-footer", &[("brand", name)]);
        let own_footer = look.footer.as_deref();
        let own_footer = own_footer.filter(|footer| !footer.trim().is_empty());
        let own_footer = own_footer.or(brand.footer());
        let links: Vec<_> = brand
            .links()
            .iter()
            .map(|link| (messages.text(link.text_id()), link))
            .collect();
        let html = HtmlPart {
            lang: messages.language(),
            brand: name,
            sign: Sign::of(brand, look, base),
            own_footer,
            is_themed: look.colours.is_some(),
            colours: look.colours.clone().unwrap_or_else(|| usual(brand)),
            accent_dark: brand.mail_accents().1,
            links: &links,
            footer: &footer,
            mail: self,
        };
        let text = TextPart {
            brand: name,
            own_footer,
            links: &links,
            footer: &footer,
            mail: self,
        };
        Ok(MailBody {
            html: html.render()?,
            text: text.render()?,
        })
    }
}

/// What stands before the name.
enum Sign {
    /// A picture, by its whole address, and another one for dark surroundings.
    Logo {
        light: String,
        dark: Option<String>,
        /// Whether it says the name, so that this is not written beside it.
        is_wordmark: bool,
    },
    /// The first letter of the name, in the colours of the brand or of a theme.
    Letter(MailLetter),
    Nothing,
}

impl Sign {
    fn of(brand: &Brand, look: &MailLook, base: &str) -> Self {
        if let Some(logo) = &look.logo {
            return Self::Logo {
                light: logo.clone(),
                dark: None,
                is_wordmark: false,
            };
        }
        let whole = |path: &str| format!("{base}{path}");
        let (light, dark) = brand.mail_logos();
        let (light, dark) = (light.map(whole), dark.map(whole));
        let is_wordmark = brand.is_wordmark() && look.name.is_none();
        let logo = match &look.colours {
            Some(colours) if colours.is_dark => (dark.or(light), None),
            Some(_) => (light, None),
            None => (light, dark),
        };
        match (logo, brand.mail_letter()) {
            ((Some(light), dark), _) => Self::Logo {
                light,
                dark,
                is_wordmark,
            },
            // Its letter is not that of another name.
            ((None, _), Some(letter)) if look.name.is_none() => Self::Letter(match &look.colours {
                Some(colours) => {
                    let pair = (colours.accent.clone(), colours.page.clone());
                    MailLetter {
                        light: pair.clone(),
                        dark: pair,
                        ..letter
                    }
                }
                None => letter,
            }),
            ((None, _), _) => Self::Nothing,
        }
    }
}

/// The colours of the installation's mails in light surroundings.
fn usual(brand: &Brand) -> MailColours {
    let (accent, _) = brand.mail_accents();
    let colour = str::to_owned;
    MailColours {
        page: colour("#f4f5f8"),
        foot: colour("#555d6e"),
        card: colour("#ffffff"),
        line: colour("#dfe2ea"),
        raised: colour("#f4f5f8"),
        ink: colour("#161a23"),
        soft: colour("#555d6e"),
        heading: colour("#161a23"),
        accent,
        is_dark: false,
    }
}

#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlPart<'a> {
    lang: String,
    brand: &'a str,
    sign: Sign,
    own_footer: Option<&'a str>,
    /// Whether the colours are an environment's, which are the same in the dark.
    is_themed: bool,
    colours: MailColours,
    accent_dark: String,
    links: &'a [(String, &'a FootLink)],
    footer: &'a str,
    mail: &'a MailText,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct TextPart<'a> {
    brand: &'a str,
    own_footer: Option<&'a str>,
    links: &'a [(String, &'a FootLink)],
    footer: &'a str,
    mail: &'a MailText,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recovery() -> MailText {
        MailText {
            subject: "Your recovery code".into(),
            heading: "Your recovery code".into(),
            paragraphs: vec![
                "Hello Ada <b>Lovelace</b>,".into(),
                "enter this code to choose a new password:".into(),
            ],
            code: Some("K7QM2XWP".into()),
            notes: vec!["The code is good for 5 minutes.".into()],
        }
    }

    fn body() -> MailBody {
        recovery()
            .render(
                &Messages::english(&[]),
                &Brand::default(),
                &MailLook::default(),
                "https://id.example",
            )
            .unwrap()
    }

    #[test]
    fn a_mail_of_an_environment_shows_its_name_logo_footer_and_colours() {
        let colours = crate::Theme {
            background: Some("#102030"),
            picture: None,
            card: "#ffffff",
            text: "#222222",
            heading: "#333333",
            link: "#0000aa",
            button: "#0000aa",
            button_text: "#ffffff",
        };
        let look = MailLook {
            name: Some("Harbour & Sons".into()),
            logo: Some("https://id.example/logo.png".into()),
            footer: Some("Pier 4".into()),
            colours: Some(colours.mail_colours()),
        };
        let english = Messages::english(&[]);
        let body = recovery()
            .render(&english, &Brand::default(), &look, "https://id.example")
            .unwrap();
        for part in [
            "Harbour &#38; Sons",
            "src=\"https://id.example/logo.png\"",
            "#102030",
            "Pier 4",
        ] {
            assert!(body.html.contains(part), "{part}\n{}", body.html);
        }
        assert_eq!(body.html.matches("https:").count(), 1, "{}", body.html);
        assert!(!body.html.contains("prefers-color-scheme"), "{}", body.html);
        assert!(body.text.contains("Harbour & Sons") && body.text.contains("Pier 4"));
    }

    #[test]
    fn the_plain_text_reads_well() {
        insta::assert_snapshot!(body().text);
    }

    #[test]
    fn the_html_escapes_loads_nothing_and_links_nowhere() {
        let html = body().html;
        assert!(html.contains("Ada &#60;b&#62;Lovelace"));
        assert!(html.contains("K7QM2XWP"));
        for forbidden in [
            "<img", "url(", "href=", "src=", "http:", "https:", "<script",
        ] {
            assert!(!html.contains(forbidden), "{forbidden}");
        }
        insta::assert_snapshot!(html);
    }
}
