//! Texts from outside, on one line.

use std::borrow::Cow;

use crate::names::is_visible;

/// A text in which everything can be seen, on one line: control and format characters, line breaks
/// and the like stand there as `\u{202e}`. Whoever sent the text wrote none of the lines around it.
pub fn visible(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_visible) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_visible(character) {
            shown.push(character);
        } else {
            shown.extend(character.escape_unicode());
        }
    }
    Cow::Owned(shown)
}
