//! The page of all settings, made from what the sections declare.

use std::fmt::Write as _;

use crate::config::defaults::Declared;
use crate::config::key::Key;

const HEAD: &str = "\
# Every setting

Written by `cargo xtask generate` from the declarations that the program reads its configuration by.

Four sources lie over one another, each over those before it: the defaults below, the file (`--config`, or `latchkey.toml` in the data directory), environment variables, and options of the command line.
The variable of a key is `LATCHKEY_` and its path in capitals, with two underscores for each dot: `LATCHKEY_PORTAL__SIGN_ON__CLIENT_ID` is `client_id` in `[portal.sign_on]`.
In a variable a list is separated by commas.
A secret `x` may be given as `x_file`: the path of a file that holds it and nothing else.

A key without a meaning of its own is told by those above it, or by its name.
A key that nobody knows stops the start, with the nearest one that there is.
`latchkey config check` names everything that is wrong, `latchkey config show` prints what is in effect and where each value comes from, and `latchkey config show --default` prints this page as a file to begin with.
";

const TABLE: &str = "\n| key | default | meaning |\n|---|---|---|\n";

/// The page.
pub(super) fn page(declared: &[Declared]) -> String {
    let mut text = HEAD.to_owned();
    let starts_with_section = matches!(declared.first(), Some(Declared::Section { .. }));
    if !starts_with_section {
        text.push_str("\n## Above all sections\n");
        text.push_str(TABLE);
    }
    // Writing into a String cannot fail.
    for declared in declared {
        match declared {
            Declared::Section { path, meaning } => {
                let _ = writeln!(text, "\n## `[{path}]`");
                if !meaning.is_empty() {
                    let _ = writeln!(text, "\n{}", escaped(meaning));
                }
                text.push_str(TABLE);
            }
            Declared::Key(key) => row(&mut text, key),
        }
    }
    text
}

fn row(text: &mut String, key: &Key) {
    let default = key.default().map(|value| code(&value.to_toml()));
    let example = match default {
        Some(_) => String::new(),
        None => format!("For example {}.", code(&key.right_value())),
    };
    let meaning = format!("{} {example}", escaped(key.meaning));
    let default = default.as_deref().unwrap_or("none");
    let _ = writeln!(
        text,
        "| `{}` | {default} | {} |",
        key.name(),
        meaning.trim()
    );
}

/// A cell's code, in which a column's border has to be escaped, too.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('|', "\\|"))
}

/// A cell's words: neither a column's border nor the beginning of an element.
fn escaped(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}
