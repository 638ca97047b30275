//! Runs along the alphabet and along a keyboard's rows, forwards and backwards.

/// Letters of the alphabet; capital and small letters are the same.
pub(super) fn longest_alphabet_run(password: &str) -> usize {
    longest_run(password, |a, b| {
        a.is_ascii_lowercase() && b.is_ascii_lowercase() && u32::from(a) + 1 == u32::from(b)
    })
}

/// Digits; after 9 comes 0, as on a keyboard.
pub(super) fn longest_number_run(password: &str) -> usize {
    longest_run(password, |a, b| {
        let next = u32::from(a) + 1 == u32::from(b) || (a == '9' && b == '0');
        a.is_ascii_digit() && b.is_ascii_digit() && next
    })
}

/// Rows of letters on an English keyboard.
pub(super) fn longest_qwerty_run(password: &str) -> usize {
    longest_run(password, |a, b| {
        ["qwertyuiop", "asdfghjkl", "zxcvbnm"]
            .iter()
            .any(|row| neighbours(row, a, b))
    })
}

/// The row of digits on an American keyboard with the shift key held.
pub(super) fn longest_shifted_number_row_run(password: &str) -> usize {
    longest_run(password, |a, b| neighbours("!@#$%^&*()", a, b))
}

fn neighbours(row: &str, a: char, b: char) -> bool {
    row.chars()
        .zip(row.chars().skip(1))
        .any(|pair| pair == (a, b))
}

fn longest_run(password: &str, follows: impl Fn(char, char) -> bool) -> usize {
    let (mut longest, mut forwards, mut backwards) = (0, 0, 0);
    let mut previous = None;
    for character in password
        .chars()
        .map(|character| character.to_ascii_lowercase())
    {
        let continues = |direction: bool| {
            previous.is_some_and(|previous| {
                if direction {
                    follows(previous, character)
                } else {
                    follows(character, previous)
                }
            })
        };
        forwards = if continues(true) { forwards + 1 } else { 1 };
        backwards = if continues(false) { backwards + 1 } else { 1 };
        longest = longest.max(forwards).max(backwards);
        previous = Some(character);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_measured() {
        for (password, alphabet, number, qwerty, shifted) in [
            ("", 0, 0, 0, 0),
            ("a", 1, 1, 1, 1),
            ("abc", 3, 1, 1, 1),
            ("xaBcDx", 4, 1, 1, 1),
            ("cba", 3, 1, 1, 1),
            ("abcba", 3, 1, 1, 1),
            ("abdce", 2, 1, 1, 1),
            ("x1234x", 1, 4, 1, 1),
            ("7890", 1, 4, 1, 1),
            ("0987", 1, 4, 1, 1),
            ("1357", 1, 1, 1, 1),
            ("qwErt", 1, 1, 5, 1),
            ("lkj", 3, 1, 3, 1),
            ("pa", 1, 1, 1, 1),
            ("!@#$x", 1, 1, 1, 4),
            (")(*", 1, 1, 1, 3),
            ("zäb", 1, 1, 1, 1),
            ("z{", 1, 1, 1, 1),
            ("/0", 1, 1, 1, 1),
        ] {
            let measured = (
                longest_alphabet_run(password),
                longest_number_run(password),
                longest_qwerty_run(password),
                longest_shifted_number_row_run(password),
            );
            assert_eq!(measured, (alphabet, number, qwerty, shifted), "{password}");
        }
    }
}
