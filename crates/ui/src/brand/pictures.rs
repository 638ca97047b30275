//! The pictures of a brand: files that are taken by their content, and a letter where there is none.

use std::path::Path;

use bytes::Bytes;

use super::{BrandProblem, Palette};
use crate::assets::Served;

/// The largest file, bytes.
const LARGEST: usize = 256 * 1024;

const ICO: &str = "image/x-icon";
const PNG: &str = "image/png";
const SVG: &str = "image/svg+xml";

/// A picture as it is served.
#[derive(Clone, Debug)]
pub(super) struct Picture(Served);

impl Picture {
    /// Its path.
    pub(super) fn url(&self) -> &str {
        &self.0.url
    }

    pub(super) fn media_type(&self) -> &'static str {
        self.0.content_type
    }

    pub(super) fn served(&self) -> &Served {
        &self.0
    }

    /// Its path, where mail programs show such pictures: SVG they do not.
    pub(super) fn in_mails(&self) -> Option<&str> {
        (self.media_type() == PNG).then(|| self.url())
    }
}

/// Reads the file of a key.
pub(super) fn read(key: &'static str, path: &Path) -> Result<Picture, BrandProblem> {
    let refuse = |problem: &str| BrandProblem::new(key, format!("{}: {problem}", path.display()));
    let bytes = std::fs::read(path).map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    if bytes.len() > LARGEST {
        return Err(refuse("is larger than 256 KiB; give a smaller file"));
    }
    let (is_icon, is_for_mails) = (key == "favicon", key == "mail_logo");
    // The content decides, not the file's name: a wrong type would not be shown (nosniff).
    let (extension, media_type) = if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        ("png", PNG)
    } else if is_for_mails {
        return Err(refuse(
            "is no PNG, and mail programs show no SVG; give a PNG",
        ));
    } else if is_icon && bytes.starts_with(b"\0\0\x01\0") {
        ("ico", ICO)
    } else if std::str::from_utf8(&bytes).is_ok_and(|text| text.contains("<svg")) {
        ("svg", SVG)
    } else if is_icon {
        return Err(refuse("is neither SVG, PNG nor ICO; give one of these"));
    } else {
        return Err(refuse("is neither SVG nor PNG; give one of these"));
    };
    let stem = key.replace('_', "-");
    let served = Served::new(&stem, extension, media_type, Bytes::from(bytes));
    Ok(Picture(served))
}

/// The first letter or digit of a name, as a capital.
pub(super) fn letter(name: &str) -> String {
    let first = name.chars().find(|c| c.is_alphanumeric());
    first.map_or_else(|| "·".to_owned(), |c| c.to_uppercase().collect())
}

/// The first letter of a name on the accent of each theme.
pub(super) fn mark(name: &str, light: Palette, dark: Palette) -> Picture {
    let rules = |palette: Palette| {
        format!(
            "rect {{ fill: {} }} text {{ fill: {} }}",
            palette.accent, palette.accent_text
        )
    };
    let (letter, light, dark) = (letter(name), rules(light), rules(dark));
    // A letter or digit needs no escaping.
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 32 32\" width=\"32\" height=\"32\">\n  \
         <style>{light} @media (prefers-color-scheme: dark) {{ {dark} }}</style>\n  \
         <rect width=\"32\" height=\"32\" rx=\"9\"/>\n  \
         <text x=\"16\" y=\"22.5\" text-anchor=\"middle\" font-family=\"system-ui, sans-serif\" \
         font-size=\"18\" font-weight=\"650\">{letter}</text>\n\
         </svg>\n"
    );
    Picture(Served::new("mark", "svg", SVG, Bytes::from(svg)))
}
