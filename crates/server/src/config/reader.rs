//! Typed reading of a [`Document`] that goes on after a mistake, so that all of them are told at once.
//!
//! Every read names its key once. What was read is remembered: keys that nobody asked for are
//! unknown, and [`Shown`] lists what is in effect.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use secrecy::SecretString;

use crate::config::document::{Document, Entry, Raw};
use crate::config::problem::{Origin, Problem};
use crate::config::unknown::unknown;

/// A secret's file may be this long; the longest real one is a PEM key.
const SECRET_FILE_LIMIT: u64 = 64 * 1024;

/// A key as it is in effect.
#[derive(Clone, Debug)]
pub(crate) struct Shown {
    pub(crate) key: String,
    /// TOML of the value; a secret is a row of asterisks.
    pub(crate) value: Option<String>,
    pub(crate) origin: Option<Origin>,
}

/// Reads keys of a document and gathers problems.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    document: &'a Document,
    defaults: &'a Document,
    known: BTreeSet<String>,
    shown: Vec<Shown>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    /// `defaults` supplies what reading goes on with after a mistake.
    pub(crate) fn new(document: &'a Document, defaults: &'a Document) -> Self {
        Self {
            document,
            defaults,
            known: BTreeSet::new(),
            shown: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Adds a problem that concerns several keys or is found outside.
    pub(crate) fn problem(&mut self, key: &str, what: impl Into<String>, example: &str) {
        let origin = self.document.find(key).map(|entry| entry.origin.clone());
        self.problems.push(Problem {
            key: key.to_owned(),
            origin,
            what: what.into(),
            example: Some(example.to_owned()),
        });
    }

    /// Whether there is a value at all, right or wrong.
    pub(crate) fn is_given(&self, key: &str) -> bool {
        let entry = self.document.find(key);
        entry.is_some_and(|entry| !is_empty(&entry.raw))
    }

    /// A text that may be absent; an empty one is.
    pub(crate) fn text(&mut self, key: &str, example: &str) -> Option<String> {
        self.read(key, example, |text| Ok::<String, String>(text.to_owned()))
    }

    /// A text that may be absent, parsed.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        key: &str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let entry = self.take(key, quoted)?.clone();
        let text = match entry.raw.clone() {
            Raw::Text(text) | Raw::Untyped(text) => text,
            ref other => {
                self.wrong(
                    key,
                    &entry,
                    format!("is {}, not a text", other.kind()),
                    example,
                );
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        match parse(&text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(key, &entry, format!("`{text}` {error}"), example);
                None
            }
        }
    }

    /// A text that the defaults have, parsed. After a mistake, the default.
    pub(crate) fn need<T, E: Display>(
        &mut self,
        key: &str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let before = self.problems.len();
        let value = self.read(key, example, &parse);
        if value.is_none() && self.problems.len() == before {
            self.problem(key, "is empty", example);
        }
        value.or_else(|| match &self.defaults.find(key)?.raw {
            Raw::Text(text) => parse(text).ok(),
            _ => None,
        })
    }

    /// One of several words.
    pub(crate) fn choice<T: Copy>(&mut self, key: &str, first: T, words: &[(&str, T)]) -> T {
        let names: Vec<String> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let example = names.first().cloned().unwrap_or_default();
        let find = |text: &str| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
                .ok_or_else(|| format!("is none of {}", names.join(", ")))
        };
        self.read(key, &example, find).unwrap_or(first)
    }

    /// A whole number within bounds; after a mistake, the default or the lower bound.
    pub(crate) fn integer(&mut self, key: &str, bounds: RangeInclusive<i64>) -> i64 {
        let fallback = match self.defaults.find(key).map(|entry| &entry.raw) {
            Some(Raw::Integer(value)) => *value,
            _ => *bounds.start(),
        };
        self.optional_integer(key, bounds, fallback)
            .unwrap_or(fallback)
    }

    /// A whole number within bounds that may be absent.
    pub(crate) fn optional_integer(
        &mut self,
        key: &str,
        bounds: RangeInclusive<i64>,
        example: i64,
    ) -> Option<i64> {
        let entry = self.take(key, bare)?.clone();
        let example = example.to_string();
        let value = match &entry.raw {
            Raw::Integer(value) => Some(*value),
            Raw::Untyped(text) if text.is_empty() => return None,
            Raw::Untyped(text) => text.trim().parse().ok(),
            _ => None,
        };
        match value {
            Some(value) if bounds.contains(&value) => Some(value),
            Some(value) => {
                let (low, high) = (bounds.start(), bounds.end());
                let what = format!("{value} is not between {low} and {high}");
                self.wrong(key, &entry, what, &example);
                None
            }
            None => {
                self.wrong(key, &entry, "is not a whole number".to_owned(), &example);
                None
            }
        }
    }

    /// True or false; after a mistake, false.
    pub(crate) fn boolean(&mut self, key: &str) -> bool {
        let Some(entry) = self.take(key, bare).cloned() else {
            return false;
        };
        match &entry.raw {
            Raw::Boolean(value) => *value,
            Raw::Untyped(text) if text == "true" => true,
            Raw::Untyped(text) if text == "false" => false,
            _ => {
                self.wrong(key, &entry, "is neither true nor false".to_owned(), "true");
                false
            }
        }
    }

    /// A list of texts, parsed one by one. What cannot be parsed is a problem and left out.
    pub(crate) fn list<T, E: Display>(
        &mut self,
        key: &str,
        example: &str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(entry) = self.take(key, listed).cloned() else {
            return Vec::new();
        };
        let texts: Vec<&str> = match &entry.raw {
            Raw::Untyped(text) => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .collect(),
            Raw::List(items) => {
                let texts: Vec<&str> = items
                    .iter()
                    .filter_map(|item| match item {
                        Raw::Text(text) => Some(text.as_str()),
                        _ => None,
                    })
                    .collect();
                if texts.len() < items.len() {
                    let what = "holds something that is not a text".to_owned();
                    self.wrong(key, &entry, what, example);
                }
                texts
            }
            other => {
                let what = format!("is {}, not a list of texts", other.kind());
                self.wrong(key, &entry, what, example);
                Vec::new()
            }
        };
        let mut values = Vec::with_capacity(texts.len());
        for text in texts {
            match parse(text) {
                Ok(value) => values.push(value),
                Err(error) => self.wrong(key, &entry, format!("`{text}` {error}"), example),
            }
        }
        values
    }

    /// A secret: `key`, or `key_file` with the path of a file that holds it; not both.
    pub(crate) fn secret(&mut self, key: &str) -> Option<SecretString> {
        let file_key = format!("{key}_file");
        let given = self.take(key, hidden).cloned();
        let file = self
            .take(&file_key, quoted)
            .filter(|entry| !is_empty(&entry.raw))
            .cloned();
        if let (Some(given), Some(_)) = (&given, &file)
            && given.origin != Origin::Default
            && !is_empty(&given.raw)
        {
            let what = format!("is given twice, here and by {file_key}; leave one away");
            self.wrong(key, given, what, &format!("{file_key} alone"));
            return None;
        }
        if let Some(file) = file {
            let text = self.secret_file(&file_key, &file)?;
            return Some(SecretString::from(text));
        }
        let entry = given?;
        match &entry.raw {
            Raw::Text(text) | Raw::Untyped(text) if text.is_empty() => None,
            Raw::Text(text) | Raw::Untyped(text) => Some(SecretString::from(text.clone())),
            other => {
                let what = format!("is {}, not a text", other.kind());
                self.wrong(key, &entry, what, "the secret between quotation marks");
                None
            }
        }
    }

    /// A path of a file or folder.
    pub(crate) fn path(&mut self, key: &str, example: &str) -> Option<PathBuf> {
        self.text(key, example).map(PathBuf::from)
    }

    /// The path of a file that can be opened.
    pub(crate) fn file(&mut self, key: &str, example: &str) -> Option<PathBuf> {
        self.read(key, example, |text| match fs::File::open(text) {
            Ok(_) => Ok(PathBuf::from(text)),
            Err(error) => Err(format!("could not be opened: {error}")),
        })
    }

    /// Notes a problem when a file cannot be opened.
    pub(crate) fn opens(&mut self, key: &str, path: &Path, example: &str) {
        if let Err(error) = fs::File::open(path) {
            self.problem(
                key,
                format!("`{}` could not be opened: {error}", path.display()),
                example,
            );
        }
    }

    /// Ends the reading: problems, unknown keys among them, and what is in effect.
    pub(crate) fn finish(mut self) -> (Vec<Problem>, Vec<Shown>) {
        let unknown: Vec<Problem> = self
            .document
            .iter()
            .filter(|(key, _)| !self.known.contains(*key))
            .map(|(key, entry)| unknown(key, entry, &self.known))
            .collect();
        self.problems.extend(unknown);
        (self.problems, self.shown)
    }

    fn secret_file(&mut self, key: &str, entry: &Entry) -> Option<String> {
        let (Raw::Text(path) | Raw::Untyped(path)) = &entry.raw else {
            let what = format!("is {}, not the path of a file", entry.raw.kind());
            self.wrong(key, entry, what, "\"/run/secrets/latchkey\"");
            return None;
        };
        let read = match fs::metadata(path) {
            Ok(metadata) if metadata.len() > SECRET_FILE_LIMIT => {
                Err(format!("`{path}` is longer than {SECRET_FILE_LIMIT} bytes"))
            }
            _ => fs::read_to_string(path)
                .map_err(|error| format!("`{path}` could not be read: {error}")),
        };
        match read {
            Ok(text) if text.trim().is_empty() => {
                self.wrong(
                    key,
                    entry,
                    format!("`{path}` is empty"),
                    "a file with the secret",
                );
                None
            }
            // An editor ends the last line; the secret doesn't.
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(what) => {
                self.wrong(key, entry, what, "a file that this user can read");
                None
            }
        }
    }

    fn take(&mut self, key: &str, show: fn(&Raw) -> String) -> Option<&'a Entry> {
        self.known.insert(key.to_owned());
        let entry = self.document.find(key);
        self.shown.push(Shown {
            key: key.to_owned(),
            value: entry.map(|entry| show(&entry.raw)),
            origin: entry.map(|entry| entry.origin.clone()),
        });
        entry
    }

    fn wrong(&mut self, key: &str, entry: &Entry, what: String, example: &str) {
        self.problems.push(Problem {
            key: key.to_owned(),
            origin: Some(entry.origin.clone()),
            what,
            example: Some(example.to_owned()),
        });
    }
}

/// Whether a variable or key is there without a value, which is as good as absent.
fn is_empty(raw: &Raw) -> bool {
    matches!(raw, Raw::Text(text) | Raw::Untyped(text) if text.is_empty())
}

fn quoted(raw: &Raw) -> String {
    match raw {
        Raw::Text(text) | Raw::Untyped(text) => toml::Value::String(text.clone()).to_string(),
        other => bare(other),
    }
}

fn bare(raw: &Raw) -> String {
    match raw {
        Raw::Text(_) => quoted(raw),
        Raw::Untyped(text) => text.clone(),
        Raw::Integer(value) => value.to_string(),
        Raw::Boolean(value) => value.to_string(),
        Raw::List(items) => {
            let items: Vec<String> = items.iter().map(quoted).collect();
            format!("[{}]", items.join(", "))
        }
        Raw::Other(kind) => format!("({kind})"),
    }
}

fn listed(raw: &Raw) -> String {
    match raw {
        Raw::Untyped(text) => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            bare(&Raw::List(
                items.map(|item| Raw::Text(item.to_owned())).collect(),
            ))
        }
        other => bare(other),
    }
}

fn hidden(_: &Raw) -> String {
    "\"********\"".to_owned()
}
