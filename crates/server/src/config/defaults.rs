//! The file of defaults, made from what the sections declare.

use std::fmt::Write as _;

use crate::config::key::Key;

/// Comments are broken before this column.
const WIDTH: usize = 98;

const HEAD: &str = "\
# Latchkey's configuration. Every key stands here with its default; keys that have none are
# commented out, with an example.
#
# These defaults hold where nothing else is said: by the file given with --config (or latchkey.toml
# in the data directory, if there is one), then by environment variables:
# LATCHKEY_PORTAL__SIGN_ON__CLIENT_ID sets client_id in [portal.sign_on]. In a variable a list is
# separated by commas. A file of yours needs only the keys that differ.
#
# A secret x may be given as x_file instead: the path of a file that holds it and nothing else.
#
# `latchkey config check` names everything that is wrong; `latchkey config show` prints what is in
# effect, without the secrets.
";

/// What a section declares, in the order of the file.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Declared {
    /// A heading.
    Section {
        path: &'static str,
        meaning: &'static str,
    },
    /// A key of the section above.
    Key(Key),
}

/// The commented file.
pub(super) fn file(declared: &[Declared]) -> String {
    let mut text = HEAD.to_owned();
    let mut first = false;
    // Writing into a String cannot fail.
    for declared in declared {
        match declared {
            Declared::Section { path, meaning } => {
                let _ = writeln!(text, "\n[{path}]");
                comment(&mut text, meaning);
                first = true;
            }
            Declared::Key(key) => {
                if !key.meaning.is_empty() && !first {
                    text.push('\n');
                }
                first = false;
                comment(&mut text, key.meaning);
                let _ = match key.default() {
                    Some(value) => writeln!(text, "{} = {}", key.name(), value.to_toml()),
                    None => writeln!(text, "# {} = {}", key.name(), key.right_value()),
                };
            }
        }
    }
    text
}

fn comment(text: &mut String, meaning: &str) {
    let mut line = String::new();
    for word in meaning.split(' ').filter(|word| !word.is_empty()) {
        if line.len() + 1 + word.len() > WIDTH {
            let _ = writeln!(text, "#{line}");
            line.clear();
        }
        line.push(' ');
        line.push_str(word);
    }
    if !line.is_empty() {
        let _ = writeln!(text, "#{line}");
    }
}
