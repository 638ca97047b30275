//! Mails: one structure, rendered as HTML and as plain text, in the design of the pages.
//!
//! Mail programs demand inline styles and know no custom properties; there are no images, so
//! nothing is loaded and nobody learns that a mail was opened.

use askama::Template;

use crate::{brand::Brand, messages::Messages};

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
    /// Renders both parts; the footer names the brand and `sender`, the environment's name.
    ///
    /// # Errors
    ///
    /// [`askama::Error`] when a template cannot be rendered, which no content can cause.
    pub fn render(
        &self,
        messages: &Messages,
        brand: &Brand,
        sender: &str,
    ) -> Result<MailBody, askama::Error> {
        let footer = messages.format(
            "mail-footer",
            &[("brand", brand.name()), ("environment", sender)],
        );
        let (accent, accent_dark) = brand.mail_accents();
        let html = HtmlPart {
            lang: messages.language(),
            brand: brand.name(),
            accent,
            accent_dark,
            footer: &footer,
            mail: self,
        };
        let text = TextPart {
            brand: brand.name(),
            footer: &footer,
            mail: self,
        };
        Ok(MailBody {
            html: html.render()?,
            text: text.render()?,
        })
    }
}

#[derive(Template)]
#[template(path = "mail.html")]
struct HtmlPart<'a> {
    lang: String,
    brand: &'a str,
    accent: String,
    accent_dark: String,
    footer: &'a str,
    mail: &'a MailText,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct TextPart<'a> {
    brand: &'a str,
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
            .render(&Messages::english(&[]), &Brand::default(), "Demo")
            .unwrap()
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
