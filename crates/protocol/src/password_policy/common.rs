//! Passwords that many people use.
//!
//! The list and its licence are described in `COMMON_PASSWORDS.md` beside this file.

use aws_lc_rs::digest::{SHA256, digest};

/// Sorted 64-bit hashes of the entries, big-endian.
static LIST: &[u8] = include_bytes!("common_passwords.bin");

/// Whether a password, or what it is a variant of, is in the list.
///
/// Variants are looked up in lower case:
/// - the password itself;
/// - without the digits and signs at its end (`Sunshine2026!` → `sunshine`), as long as these are
///   not longer than what is left and at least four characters are left: somebody who appends ten
///   random digits to a word has made a password of their own;
/// - each of these with digits and signs read as the letters that they stand for
///   (`P@55w0rd` → `password`).
pub(super) fn is_commonly_used(password: &str) -> bool {
    let lower = password.to_lowercase();
    let stem = stem(&lower);
    let readings = |text: &str| {
        contains(text)
            || contains(&read_as_letters(text, 'i'))
            || contains(&read_as_letters(text, 'l'))
    };
    readings(&lower) || stem.is_some_and(readings)
}

fn contains(text: &str) -> bool {
    let hash = digest(&SHA256, text.as_bytes());
    let Some(wanted) = hash.as_ref().first_chunk::<8>() else {
        return false;
    };
    let (entries, _rest) = LIST.as_chunks::<8>();
    entries.binary_search(wanted).is_ok()
}

fn stem(lower: &str) -> Option<&str> {
    let stem = lower.trim_end_matches(|character: char| !character.is_alphabetic());
    let (kept, cut) = (
        stem.chars().count(),
        lower.chars().count() - stem.chars().count(),
    );
    (cut > 0 && kept >= 4 && cut <= kept).then_some(stem)
}

/// `one` is what the digit 1 and its look-alikes stand for: `i` or `l`.
fn read_as_letters(lower: &str, one: char) -> String {
    lower
        .chars()
        .map(|character| match character {
            '@' | '4' => 'a',
            '8' => 'b',
            '3' | '€' => 'e',
            '9' => 'g',
            '1' | '!' | '|' => one,
            '0' => 'o',
            '$' | '5' => 's',
            '7' | '+' => 't',
            '2' => 'z',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_and_sorted() {
        let (entries, rest) = LIST.as_chunks::<8>();
        assert_eq!((entries.len(), rest.len()), (19_640, 0));
        assert!(entries.is_sorted());
    }

    #[test]
    fn entries_and_their_variants_are_found() {
        for password in [
            "password",
            "PASSWORD",
            "123456",
            "qwerty",
            "iloveyou",
            "P@ssw0rd",
            "Pa55word",
            "P@55W0RD!",
            "Password1",
            "Password12345",
            "Sunshine2026!",
            "dr4gon",
            "M0nkey!!",
            "1LOVEYOU",
            "We1come",
            "Princess.",
        ] {
            assert!(is_commonly_used(password), "{password}");
        }
    }

    #[test]
    fn others_are_not() {
        for password in [
            "",
            "2FederateM0re!",
            "correct horse battery staple",
            "Tr0ub4dor&3-x",
            "monkey8371920463",
            "abc-84736251",
            "kWq82#fLz0",
            "密码是一个秘密",
        ] {
            assert!(!is_commonly_used(password), "{password}");
        }
    }
}
