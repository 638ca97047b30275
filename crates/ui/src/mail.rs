//! Mails: one structure, rendered as HTML and as plain text, in the design of the pages.
//!
//! Mail programs demand inline styles and know no custom properties. There is no image but the logo
//! of an environment that has one, which comes from this service; without one nothing is loaded.

use askama::Template;

use crate::{
    brand::Brand,
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
    /// Renders both parts in the brand, or in what an environment shows in its place; the footer
    /// names it and `sender`, the environment's name.
    ///
    /// # Errors
    ///
    /// [`askama::Error`] when a template cannot be rendered, which no content can cause.
    pub fn render(
        &self,
        messages: &Messages,
        brand: &Brand,
        look: &MailLook,
        sender: &str,
    ) -> Result<MailBody, askama::Error> {
        let name = look.name.as_deref().unwrap_or(brand.name());
        let footer = messages.format("mail-footer", &[("brand", name), ("environment", sender)]);
        let (accent, accent_dark) = brand.mail_accents();
        let html = HtmlPart {
            lang: messages.language(),
            brand: name,
            logo: look.logo.as_deref(),
            own_footer: look.footer.as_deref(),
            is_themed: look.colours.is_some(),
            colours: look.colours.clone().unwrap_or_else(|| usual(accent)),
            accent_dark,
            footer: &footer,
            mail: self,
        };
        let text = TextPart {
            brand: name,
            own_footer: look.footer.as_deref(),
            footer: &footer,
            mail: self,
        };
        Ok(MailBody {
            html: html.render()?,
            text: text.render()?,
        })
    }
}

/// The colours of the installation's mails in light surroundings.
fn usual(accent: String) -> MailColours {
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
    }
}

#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlPart<'a> {
    lang: String,
    brand: &'a str,
    logo: Option<&'a str>,
    own_footer: Option<&'a str>,
    /// Whether the colours are an environment's, which are the same in the dark.
    is_themed: bool,
    colours: MailColours,
    accent_dark: String,
    footer: &'a str,
    mail: &'a MailText,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct TextPart<'a> {
    brand: &'a str,
    own_footer: Option<&'a str>,
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
                "Demo",
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
            .render(&english, &Brand::default(), &look, "Demo")
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
