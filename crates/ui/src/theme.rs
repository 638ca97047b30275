//! How the pages of an environment look, where it has a theme of its own: its colours as a style
//! sheet of custom properties, none of them less readable than
//! [WCAG 2.2](https://www.w3.org/TR/WCAG22/#contrast-minimum) asks.

use std::fmt::Write as _;

use crate::brand::colour::{Colour, READABLE};

const BLACK: Colour = Colour::new(0, 0, 0);
const WHITE: Colour = Colour::new(0xff, 0xff, 0xff);
const INK: Colour = Colour::new(0x16, 0x1a, 0x23);

/// The least contrast of what is no text, WCAG 2.2 success criterion 1.4.11.
const VISIBLE: f64 = 3.0;

const SITE: &str = include_str!("../assets/site.css");

/// What an environment shows in the place of the installation's brand.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Look {
    /// The name in the top bar and titles.
    pub name: Option<String>,
    /// The path of the logo.
    pub logo: Option<String>,
    /// A line or more at the foot.
    pub footer: Option<String>,
    /// The path of the style sheet that [`Theme::style_sheet`] makes.
    pub style: Option<String>,
    /// Whether that is dark where the logo stands, in all surroundings.
    pub is_dark: bool,
}

/// What an environment shows in its mails in the place of the installation's brand.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct MailLook {
    /// The name above the text.
    pub name: Option<String>,
    /// The whole address of the logo.
    pub logo: Option<String>,
    /// A line or more at the foot.
    pub footer: Option<String>,
    /// The colours that [`Theme::mail_colours`] makes.
    pub colours: Option<MailColours>,
}

/// The colours of a mail, each `#rrggbb`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct MailColours {
    pub(crate) page: String,
    pub(crate) foot: String,
    pub(crate) card: String,
    pub(crate) line: String,
    pub(crate) raised: String,
    pub(crate) ink: String,
    pub(crate) soft: String,
    pub(crate) heading: String,
    pub(crate) accent: String,
    /// Whether the logo stands on a dark ground.
    pub(crate) is_dark: bool,
}

/// The colours of a theme, each `#rrggbb`; what follows is not looked at.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Theme<'a> {
    /// Behind the card; the brand's where there is none.
    pub background: Option<&'a str>,
    /// The path of a picture behind the card; it must need no escaping.
    pub picture: Option<&'a str>,
    /// The card.
    pub card: &'a str,
    /// Text on the card.
    pub text: &'a str,
    /// The heading.
    pub heading: &'a str,
    /// Links.
    pub link: &'a str,
    /// Buttons.
    pub button: &'a str,
    /// Text on buttons.
    pub button_text: &'a str,
}

impl Theme<'_> {
    /// The colours of a mail, which are the same in light and dark surroundings: mail programs know
    /// no custom properties.
    pub fn mail_colours(&self) -> MailColours {
        let card = read(self.card).unwrap_or(WHITE);
        let text = text_on(card, read(self.text));
        let raised = card.mix(text, 0.06);
        let page = self.background.and_then(read).unwrap_or(raised);
        MailColours {
            page: page.to_string(),
            foot: text_on(page, Some(text)).to_string(),
            card: card.to_string(),
            line: card.mix(text, 0.16).to_string(),
            raised: raised.to_string(),
            // The code stands on what is raised.
            ink: text_on(raised, Some(text)).to_string(),
            soft: text.to_string(),
            heading: text_on(card, read(self.heading)).to_string(),
            accent: text_on(page, read(self.link)).to_string(),
            is_dark: !is_light(page),
        }
    }

    /// Whether it is dark where the logo stands: around the card, or on its colour where a picture
    /// is.
    pub fn is_dark(&self) -> bool {
        let around = self.background.filter(|_| self.picture.is_none());
        around
            .or(self.picture.map(|_| self.card))
            .and_then(read)
            .is_some_and(|ground| !is_light(ground))
    }

    /// The style sheet. What the theme colours is the same in light and dark surroundings; what it
    /// leaves alone stays as the brand has it in each.
    pub fn style_sheet(&self) -> String {
        let card = read(self.card).unwrap_or(WHITE);
        let on_card = |colour: &str| text_on(card, read(colour));
        let (text, heading, link) = (
            on_card(self.text),
            on_card(self.heading),
            on_card(self.link),
        );
        let button = read(self.button).unwrap_or(link);
        let button_text = text_on(button, read(self.button_text));
        // Away from the text, so that it stays as readable as it is.
        let is_text_lighter = BLACK.contrast(button_text) > BLACK.contrast(button);
        let away = if is_text_lighter { BLACK } else { WHITE };
        let hover = button.mix(away, 0.14);
        let control = text.mix(card, 0.3);
        let control = if control.contrast(card) < VISIBLE {
            text
        } else {
            control
        };
        let base = base(is_light(card));
        let raised = card.mix(text, 0.06);
        let line = card.mix(text, 0.16);
        let properties = format!(
            "{base} --page: {card}; --surface: {card}; --surface-raised: {raised}; \
             --line: {line}; --control: {control}; --ink: {text}; --soft: {text}; \
             --link: {link}; --accent: {button}; --accent-text: {button_text}; \
             --accent-hover: {hover}; color: {text};"
        );
        let mut css = format!(".shell-card main {{ {properties} }}\n");
        let _ = writeln!(css, ".shell-card h1 {{ color: {heading}; }}");
        let background = self.background.and_then(read);
        if let Some(background) = background {
            let text = text_on(background, None);
            let _ = writeln!(
                css,
                ".shell-card {{ --page: {background}; --ink: {text}; --soft: {text}; \
                 --link: {text}; }}"
            );
        }
        if let Some(picture) = self.picture {
            let _ = writeln!(
                css,
                ".shell-card {{ background: var(--page) url(\"{picture}\") center / cover fixed; }}\n\
                 .shell-card .brand, .shell-card .foot {{ background: {card}; color: {text}; }}\n\
                 .shell-card .brand {{ padding: 0.25rem 0.75rem; border-radius: var(--radius); }}"
            );
        }
        // There the card is the whole page.
        let _ = writeln!(
            css,
            "@media (max-width: 30rem) {{ .shell-card {{ {properties} background: {card}; }} }}"
        );
        css
    }
}

fn read(text: &str) -> Option<Colour> {
    Colour::parse(text.get(..7)?)
}

fn is_light(ground: Colour) -> bool {
    BLACK.contrast(ground) >= WHITE.contrast(ground)
}

/// The colour that is farthest from another.
fn opposite(colour: Colour) -> Colour {
    if is_light(colour) { BLACK } else { WHITE }
}

/// The wanted colour of text, moved as far as the ground needs to carry it readably.
fn text_on(ground: Colour, wanted: Option<Colour>) -> Colour {
    let farthest = opposite(ground);
    let usual = if INK.contrast(ground) >= READABLE {
        INK
    } else {
        farthest
    };
    wanted.unwrap_or(usual).readable_on(ground, farthest)
}

/// The custom properties of site.css in light or in dark surroundings.
fn base(is_light: bool) -> &'static str {
    let mut blocks = SITE.split(":root {").skip(1);
    let light = blocks.next().unwrap_or_default();
    let dark = blocks.next().unwrap_or_default();
    let block = |text: &'static str| text.split('}').next().unwrap_or_default().trim();
    if is_light { block(light) } else { block(dark) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn theme() -> Theme<'static> {
        Theme {
            background: Some("#123456"),
            picture: None,
            card: "#ffffff",
            text: "#686f77",
            heading: "#686f77",
            link: "#007CBA",
            button: "#007CBA",
            button_text: "#ffffff",
        }
    }

    fn value(css: &str, name: &str) -> Colour {
        let behind = css.split(&format!(" {name}: ")).last().unwrap();
        Colour::parse(behind.get(..7).unwrap()).unwrap()
    }

    #[test]
    fn readable_colours_are_those_of_the_theme() {
        let css = theme().style_sheet();
        for part in [
            "--ink: #686f77",
            "--accent-text: #ffffff",
            "--page: #123456",
        ] {
            assert!(css.contains(part), "{part}\n{css}");
        }
    }

    #[test]
    fn no_text_is_less_readable_than_people_need() {
        for ground in ["#ffffff", "#000000", "#808080", "#ffdd00", "#0000ff"] {
            for text in ["#ffffff", "#000000", "#777777", "#ffdd00", "nonsense"] {
                let css = Theme {
                    background: None,
                    card: ground,
                    text,
                    heading: text,
                    link: text,
                    button: ground,
                    button_text: text,
                    ..theme()
                }
                .style_sheet();
                let card = value(&css, "--surface");
                for name in ["--ink", "--soft", "--link"] {
                    let contrast = value(&css, name).contrast(card);
                    assert!(
                        contrast >= READABLE,
                        "{name} {text} on {ground}: {contrast}"
                    );
                }
                for name in ["--accent", "--accent-hover"] {
                    let contrast = value(&css, "--accent-text").contrast(value(&css, name));
                    assert!(
                        contrast >= READABLE,
                        "{name} {text} on {ground}: {contrast}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_text_of_a_mail_is_less_readable_than_people_need() {
        let grounds = ["#ffffff", "#000000", "#808080", "#ffdd00", "nonsense"];
        for (card, background) in grounds
            .into_iter()
            .flat_map(|card| grounds.map(|page| (card, page)))
        {
            let theme = Theme {
                card,
                background: Some(background),
                ..theme()
            };
            let colours = theme.mail_colours();
            for (text, ground) in [
                (&colours.ink, &colours.raised),
                (&colours.ink, &colours.card),
                (&colours.soft, &colours.card),
                (&colours.heading, &colours.card),
                (&colours.foot, &colours.page),
                (&colours.accent, &colours.page),
            ] {
                let [text, ground] = [text, ground].map(|colour| Colour::parse(colour).unwrap());
                assert!(
                    text.contrast(ground) >= READABLE,
                    "{card} {background} {colours:?}"
                );
            }
        }
    }

    #[test]
    fn nothing_but_colours_reaches_the_style_sheet() {
        let css = Theme {
            card: "#fff;}",
            text: "red;} body {",
            background: Some("url(x)"),
            ..theme()
        }
        .style_sheet();
        assert!(
            !css.contains("red") && !css.contains("body") && !css.contains("url("),
            "{css}"
        );
    }

    #[test]
    fn what_the_card_needs_is_found_in_the_style_sheet_of_the_site() {
        for is_light in [true, false] {
            let base = base(is_light);
            assert!(
                base.contains("--danger-ground: #") && base.ends_with(';'),
                "{base}"
            );
        }
        assert_ne!(base(true), base(false));
    }
}
