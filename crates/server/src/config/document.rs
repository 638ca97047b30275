//! The sources of the configuration, laid over one another: defaults ← file ← environment ← options.
//!
//! A document is flat: every value stands under its dotted path with the place it came from. What
//! the values mean is the reader's business.

use std::collections::BTreeMap;
use std::ffi::OsString;

use toml::de::{DeTable, DeValue};

use crate::config::problem::{Origin, Problem};

/// The prefix of environment variables that set keys.
const PREFIX: &str = "LATCHKEY_";

/// Variables with our prefix that the command line reads itself.
const NOT_KEYS: [&str; 2] = ["LATCHKEY_CONFIG", "LATCHKEY_ENV_FILE"];

/// A value as a source gave it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Raw {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<Self>),
    /// From the environment: what it is depends on what the key wants.
    Untyped(String),
    /// Of a kind that no key takes; named for the message.
    Other(&'static str),
}

impl Raw {
    /// The kind, for messages.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Untyped(_) => "a text",
            Self::Integer(_) => "a number",
            Self::Boolean(_) => "true or false",
            Self::List(_) => "a list",
            Self::Other(kind) => kind,
        }
    }

    /// The value as it would stand in a file; what is no value, in brackets.
    pub(crate) fn to_toml(&self) -> String {
        match self {
            Self::Text(text) => toml::Value::String(text.clone()).to_string(),
            Self::Untyped(text) => text.clone(),
            Self::Integer(value) => value.to_string(),
            Self::Boolean(value) => value.to_string(),
            Self::List(items) => {
                let items: Vec<String> = items.iter().map(Self::to_toml).collect();
                format!("[{}]", items.join(", "))
            }
            Self::Other(kind) => format!("({kind})"),
        }
    }
}

/// A value and its origin.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) raw: Raw,
    pub(crate) origin: Origin,
}

/// All values by dotted path.
#[derive(Clone, Debug, Default)]
pub(crate) struct Document {
    entries: BTreeMap<String, Entry>,
}

impl Document {
    /// Lays a TOML text over what is there. `name` is the file's name for messages.
    ///
    /// # Errors
    ///
    /// A [`Problem`] when the text isn't TOML. It names the line but doesn't show it, since the line
    /// may hold a secret.
    pub(crate) fn overlay_toml(&mut self, text: &str, name: &str) -> Result<(), Problem> {
        let at = |offset: usize| Origin::File {
            path: name.to_owned(),
            line: line_of(text, offset),
        };
        let table = DeTable::parse(text).map_err(|error| Problem {
            key: "the file".to_owned(),
            origin: Some(at(error.span().map_or(0, |span| span.start))),
            what: format!("is not TOML: {}", error.message().replace('\n', " ")),
            example: Some("listen = \"localhost:8080\" in the section [portal]".to_owned()),
        })?;
        self.overlay_table("", table.get_ref(), &at);
        Ok(())
    }

    fn overlay_table(&mut self, prefix: &str, table: &DeTable<'_>, at: &dyn Fn(usize) -> Origin) {
        for (key, value) in table {
            let path = match prefix {
                "" => key.get_ref().to_string(),
                prefix => format!("{prefix}.{}", key.get_ref()),
            };
            if let DeValue::Table(inner) = value.get_ref() {
                self.overlay_table(&path, inner, at);
            } else {
                let entry = Entry {
                    raw: raw(value.get_ref()),
                    origin: at(key.span().start),
                };
                self.entries.insert(path, entry);
            }
        }
    }

    /// Lays environment variables over what is there: `LATCHKEY_IDP__ARGON2__LANES` becomes
    /// `idp.argon2.lanes`. Variables without our prefix are passed over. Returns what could not be
    /// read.
    pub(crate) fn overlay_environment(
        &mut self,
        variables: impl IntoIterator<Item = (OsString, OsString)>,
    ) -> Vec<Problem> {
        let mut problems = Vec::new();
        for (name, value) in variables {
            let Some(name) = name
                .to_str()
                .filter(|name| is_ours(name))
                .map(str::to_owned)
            else {
                continue;
            };
            let path = name
                .trim_start_matches(PREFIX)
                .to_lowercase()
                .replace("__", ".");
            let origin = Origin::Environment(name);
            match value.into_string() {
                Ok(value) => {
                    self.entries.insert(
                        path,
                        Entry {
                            raw: Raw::Untyped(value),
                            origin,
                        },
                    );
                }
                Err(_) => problems.push(Problem {
                    key: path,
                    origin: Some(origin),
                    what: "is not UTF-8".to_owned(),
                    example: None,
                }),
            }
        }
        problems
    }

    /// Sets one key from an option of the command line.
    pub(crate) fn set(&mut self, path: &str, value: &str, option: &'static str) {
        let entry = Entry {
            raw: Raw::Untyped(value.to_owned()),
            origin: Origin::Option(option),
        };
        self.entries.insert(path.to_owned(), entry);
    }

    /// The value at a path.
    pub(crate) fn find(&self, path: &str) -> Option<&Entry> {
        self.entries.get(path)
    }

    /// All values in the order of their paths.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(path, entry)| (path.as_str(), entry))
    }
}

/// Whether a variable sets a key.
///
/// Kubernetes gives every container the variables `{SERVICE}_PORT…` and `{SERVICE}_SERVICE_…` of each
/// service; one called `latchkey` must not stop the program from starting.
fn is_ours(name: &str) -> bool {
    let Some(rest) = name.strip_prefix(PREFIX) else {
        return false;
    };
    let of_kubernetes = rest == "PORT" || rest.starts_with("PORT_") || rest.starts_with("SERVICE_");
    !NOT_KEYS.contains(&name) && !of_kubernetes
}

fn raw(value: &DeValue<'_>) -> Raw {
    match value {
        DeValue::String(text) => Raw::Text(text.to_string()),
        DeValue::Integer(integer) => {
            let digits = integer.as_str();
            i64::from_str_radix(digits, integer.radix())
                .map_or(Raw::Other("a number too large"), Raw::Integer)
        }
        DeValue::Boolean(value) => Raw::Boolean(*value),
        DeValue::Array(items) => Raw::List(items.iter().map(|item| raw(item.get_ref())).collect()),
        DeValue::Float(_) => Raw::Other("a number with a fraction"),
        DeValue::Datetime(_) => Raw::Other("a date"),
        DeValue::Table(_) => Raw::Other("a section"),
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|byte| *byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn later_sources_win_and_say_where_they_are() {
        let mut document = Document::default();
        document
            .overlay_toml("[portal]\nlisten = \"a\"\n", "w.toml")
            .unwrap();
        document
            .overlay_toml("\n\n[portal]\nlisten = \"b\"\n", "x.toml")
            .unwrap();
        let entry = document.find("portal.listen").unwrap();
        assert_eq!(entry.raw, Raw::Text("b".to_owned()));
        assert_eq!(entry.origin.to_string(), "x.toml line 4");

        let problems =
            document.overlay_environment([("LATCHKEY_PORTAL__LISTEN".into(), "c".into())]);
        assert!(problems.is_empty());
        let entry = document.find("portal.listen").unwrap();
        assert_eq!(entry.raw, Raw::Untyped("c".to_owned()));
        assert_eq!(entry.origin.to_string(), "LATCHKEY_PORTAL__LISTEN");
    }

    #[test]
    fn variables_that_are_not_keys_are_passed_over() {
        let mut document = Document::default();
        let names = [
            "PATH",
            "LATCHKEY_CONFIG",
            "LATCHKEY_PORT",
            "LATCHKEY_PORT_8080_TCP",
            "LATCHKEY_SERVICE_HOST",
        ];
        document.overlay_environment(names.map(|name| (name.into(), "x".into())));
        assert_eq!(document.iter().count(), 0);
    }

    #[test]
    fn a_broken_file_is_named_without_showing_the_line() {
        let problem = Document::default()
            .overlay_toml("a = 1\nsecret = \"hunter2\nb = 2\n", "x.toml")
            .unwrap_err()
            .to_string();
        assert!(problem.contains("x.toml line 2"), "{problem}");
        assert!(!problem.contains("hunter2"), "{problem}");
    }
}
