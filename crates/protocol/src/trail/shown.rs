//! What may be shown of a value.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher as _;
use std::sync::OnceLock;

use super::address;
use super::visible::visible;

/// Longer texts are cut, in characters.
const LONGEST: usize = 256;

/// What may be shown of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// There was none.
    Absent,
    /// Of a value that is random and secret, or belongs to nobody else: a number that follows from
    /// it and from a key that this process alone has. Two values with one number are the same, and
    /// nothing leads back.
    Fingerprint(u64),
    /// There was one, and nothing is said about it.
    Hidden,
    /// The value.
    Text(String),
}

/// Something of which it is known what may be shown.
pub trait Show {
    /// What may be shown.
    fn show(self) -> Shown;
}

/// A random value, of which a fingerprint is shown.
#[derive(Clone, Copy)]
pub struct Fingerprinted<'a>(pub Option<&'a str>);

/// A value of which nothing is shown.
#[derive(Clone, Copy, Debug)]
pub struct Hidden;

/// What is shown is made only where somebody listens.
#[derive(Clone, Copy)]
pub struct Made<F>(pub F);

impl Shown {
    /// A text that is known to be harmless, cut where it is too long.
    pub fn text(text: &str) -> Self {
        Self::Text(cut(text))
    }

    /// A web address without user, query and fragment, any of which may carry a secret; that there
    /// were some is said. What is no address is hidden.
    pub fn address(text: &str) -> Self {
        match address::shown(text) {
            Some(shown) => Self::text(&shown),
            None => Self::Hidden,
        }
    }

    /// The fingerprint of a value.
    pub fn fingerprint(value: &str) -> Self {
        static KEY: OnceLock<RandomState> = OnceLock::new();
        Self::Fingerprint(KEY.get_or_init(RandomState::new).hash_one(value))
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Absent => f.write_str("(none)"),
            Self::Fingerprint(number) => write!(f, "#{:08x}", number >> 32),
            Self::Hidden => f.write_str("(hidden)"),
            Self::Text(text) => f.write_str(&visible(text)),
        }
    }
}

fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

impl Show for Shown {
    fn show(self) -> Shown {
        self
    }
}

impl Show for &str {
    fn show(self) -> Shown {
        Shown::text(self)
    }
}

impl Show for &String {
    fn show(self) -> Shown {
        Shown::text(self)
    }
}

impl Show for Option<&str> {
    fn show(self) -> Shown {
        self.map_or(Shown::Absent, Shown::text)
    }
}

impl Show for Fingerprinted<'_> {
    fn show(self) -> Shown {
        self.0.map_or(Shown::Absent, Shown::fingerprint)
    }
}

impl Show for Hidden {
    fn show(self) -> Shown {
        Shown::Hidden
    }
}

impl<F: FnOnce() -> Shown> Show for Made<F> {
    fn show(self) -> Shown {
        (self.0)()
    }
}

impl fmt::Debug for Fingerprinted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprinted(..)")
    }
}

impl<F> fmt::Debug for Made<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Made(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_tells_values_apart_and_leads_nowhere() {
        let one = Shown::fingerprint("a code");
        assert_eq!(one, Shown::fingerprint("a code"));
        assert_ne!(one, Shown::fingerprint("another"));
        assert_eq!(one.to_string().len(), 9, "{one}");
    }

    #[test]
    fn what_cannot_be_seen_is_written_out() {
        for (text, shown) in [
            ("Ada Lovelace", "Ada Lovelace"),
            ("हिन्दी, e\u{301}", "हिन्दी, e\u{301}"),
            ("a\r\nFailed: b", r"a\u{d}\u{a}Failed: b"),
            ("\u{202e}txt", r"\u{202e}txt"),
            ("\u{e0041}", r"\u{e0041}"),
        ] {
            assert_eq!(Shown::text(text).to_string(), shown);
        }
    }

    #[test]
    fn long_texts_are_cut() {
        let shown = Shown::text(&"x".repeat(5000)).to_string();
        assert_eq!(shown.chars().count(), LONGEST + 1);
    }
}
