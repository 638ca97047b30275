//! The values of a brand, each read strictly: what is refused says what may be given.

use url::Url;

use super::colour::{Colour, READABLE};
use super::problem::BrandProblem;
use super::{BLACK, BrandSettings, FootLink, INK, WHITE};

/// The longest name that a top bar takes.
const LONGEST_NAME: usize = 40;
/// The largest radius of a corner, CSS pixels.
const LARGEST_RADIUS: u8 = 24;
/// The longest text at the foot of pages and mails.
const LONGEST_FOOTER: usize = 200;
pub(super) const SYSTEM_FONT: &str =
    "system-ui, -apple-system, \"Segoe UI\", Roboto, \"Helvetica Neue\", Arial, sans-serif";

pub(super) fn parse_name(name: &str) -> Result<String, BrandProblem> {
    let length = name.chars().count();
    if name.trim() != name || length == 0 || length > LONGEST_NAME {
        return Err(BrandProblem::new(
            "name",
            format!("give 1 to {LONGEST_NAME} characters without spaces around them"),
        ));
    }
    if name.chars().any(char::is_control) {
        return Err(BrandProblem::new(
            "name",
            "it contains a control character; leave it out",
        ));
    }
    Ok(name.to_owned())
}

pub(super) fn parse_colour(
    key: &'static str,
    text: Option<&str>,
) -> Result<Option<Colour>, BrandProblem> {
    let Some(text) = text else { return Ok(None) };
    Colour::parse(text).map(Some).ok_or_else(|| {
        BrandProblem::new(
            key,
            format!("`{text}` is no colour; write it like `#2f45c5`"),
        )
    })
}

/// The colour of text on the accent: the wanted one if it can be read, else black or white.
pub(super) fn text_on(
    accent: Colour,
    key: &'static str,
    wanted: Option<Colour>,
) -> Result<Colour, BrandProblem> {
    let Some(text) = wanted else {
        let white_reads_better = WHITE.contrast(accent) >= INK.contrast(accent);
        let text = if white_reads_better { WHITE } else { INK };
        return Ok(if text.contrast(accent) >= READABLE {
            text
        } else {
            BLACK
        });
    };
    let contrast = text.contrast(accent);
    if contrast < READABLE {
        return Err(BrandProblem::new(
            key,
            format!(
                "{text} on {accent} has a contrast of {contrast:.1}; people need at least \
                 {READABLE}, so choose another, or leave the key out"
            ),
        ));
    }
    Ok(text)
}

pub(super) fn parse_radius(radius: u8) -> Result<u8, BrandProblem> {
    if radius > LARGEST_RADIUS {
        return Err(BrandProblem::new(
            "radius",
            format!("{radius} is too large; give 0 to {LARGEST_RADIUS} pixels"),
        ));
    }
    Ok(radius)
}

pub(super) fn parse_font(text: &str) -> Result<String, BrandProblem> {
    const GENERIC: [&str; 5] = [
        "monospace",
        "sans-serif",
        "serif",
        "system-ui",
        "ui-rounded",
    ];
    let is_plain = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    let mut families = Vec::new();
    for family in text.split(',').map(str::trim) {
        if family.is_empty() || family.len() > 60 || !family.chars().all(is_plain) {
            return Err(BrandProblem::new(
                "font",
                format!(
                    "`{family}` is no font family; use letters, digits, spaces and hyphens, with \
                     commas between families, like `Inter, sans-serif`"
                ),
            ));
        }
        let is_generic = GENERIC.contains(&family);
        families.push(if is_generic {
            family.to_owned()
        } else {
            format!("\"{family}\"")
        });
    }
    families.push(SYSTEM_FONT.to_owned());
    Ok(families.join(", "))
}

pub(super) fn parse_wordmark(settings: &BrandSettings) -> Result<bool, BrandProblem> {
    if settings.wordmark && settings.logo.is_none() {
        return Err(BrandProblem::new(
            "wordmark",
            "there is no logo that could say the name; give `logo`, too, or leave this out",
        ));
    }
    Ok(settings.wordmark)
}

pub(super) fn parse_footer(text: &str) -> Result<Option<String>, BrandProblem> {
    let length = text.chars().count();
    if length > LONGEST_FOOTER || text.chars().any(char::is_control) {
        return Err(BrandProblem::new(
            "footer",
            format!("give one line of at most {LONGEST_FOOTER} characters"),
        ));
    }
    let text = text.trim();
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

pub(super) fn parse_link(
    key: &'static str,
    text_id: &'static str,
    text: &str,
) -> Result<FootLink, BrandProblem> {
    let takes_mail = key == "support_url";
    let is_link = |url: &Url| match url.scheme() {
        "https" | "http" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        "mailto" => takes_mail && url.path().contains('@') && url.query().is_none(),
        _ => false,
    };
    let url = Url::parse(text).ok().filter(is_link);
    let url = url.ok_or_else(|| {
        let or_mail = if takes_mail {
            ", or one of a mailbox such as `mailto:help@example.com`"
        } else {
            ""
        };
        BrandProblem::new(
            key,
            format!("`{text}` is no address of a page; give one such as `https://www.example.com/terms`{or_mail}"),
        )
    })?;
    Ok(FootLink { text_id, url })
}
