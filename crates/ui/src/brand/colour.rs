//! Colours: a strict parse, and contrast as
//! [WCAG 2.2](https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio) measures it.

use std::fmt;

/// The least contrast of text, WCAG 2.2 success criterion 1.4.3.
pub(crate) const READABLE: f64 = 4.5;

/// An opaque sRGB colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
}

impl Colour {
    pub(crate) const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue }
    }

    /// Reads `#rgb` or `#rrggbb` and nothing else, so that no text reaches a style sheet.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let digits: Vec<u8> = digits
            .chars()
            .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
            .collect::<Option<_>>()?;
        match digits.as_slice() {
            [r, g, b] => Some(Self::new(r * 17, g * 17, b * 17)),
            [r1, r2, g1, g2, b1, b2] => Some(Self::new(r1 * 16 + r2, g1 * 16 + g2, b1 * 16 + b2)),
            _ => None,
        }
    }

    /// The contrast ratio of two colours, 1 to 21.
    pub(crate) fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// This colour, moved towards `goal` just as far as `background` needs to carry it readably.
    pub(crate) fn readable_on(self, background: Self, goal: Self) -> Self {
        (0..=50)
            .map(|step| self.mix(goal, f64::from(step) / 50.0))
            .find(|candidate| candidate.contrast(background) >= READABLE)
            .unwrap_or(goal)
    }

    /// Mixes in a share (0 to 1) of another colour.
    pub(crate) fn mix(self, other: Self, share: f64) -> Self {
        let channel = |a: u8, b: u8| {
            let mixed = f64::from(a) + (f64::from(b) - f64::from(a)) * share;
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "a mix of two bytes lies between them"
            )]
            {
                mixed.round() as u8
            }
        };
        Self::new(
            channel(self.red, other.red),
            channel(self.green, other.green),
            channel(self.blue, other.blue),
        )
    }

    fn luminance(self) -> f64 {
        let channel = |value: u8| {
            let value = f64::from(value) / 255.0;
            if value <= 0.040_45 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(self.red) + 0.7152 * channel(self.green) + 0.0722 * channel(self.blue)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hexadecimal_colours_are_read() {
        assert_eq!(Colour::parse("#fff"), Some(Colour::new(255, 255, 255)));
        assert_eq!(
            Colour::parse("#3046C5"),
            Some(Colour::new(0x30, 0x46, 0xc5))
        );
        for text in [
            "",
            "#",
            "red",
            "#ff",
            "#fffff",
            "#ggg",
            "#fff;}",
            "rgb(0,0,0)",
            "#+1+1+1",
            "#١١١",
        ] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn contrast_is_what_the_guidelines_say() {
        let (black, white) = (Colour::new(0, 0, 0), Colour::new(255, 255, 255));
        assert!((black.contrast(white) - 21.0).abs() < 0.001);
        let grey = Colour::parse("#767676").unwrap();
        assert!((grey.contrast(white) - 4.54).abs() < 0.01);
    }

    #[test]
    fn an_unreadable_colour_is_moved_until_it_can_be_read() {
        let white = Colour::new(255, 255, 255);
        let yellow = Colour::parse("#ffdd00").unwrap();
        let link = yellow.readable_on(white, Colour::new(0, 0, 0));
        assert!(link.contrast(white) >= READABLE);
        let blue = Colour::parse("#3046c5").unwrap();
        assert_eq!(blue.readable_on(white, Colour::new(0, 0, 0)), blue);
    }
}
