//! Typed reading of a [`Document`] that goes on after a mistake, so that all of them are told at once.
//!
//! Every read declares its key. What was read is remembered: keys that nobody asked for are unknown,
//! [`Shown`] lists what is in effect, and the declarations make the file of defaults.

use std::collections::BTreeSet;
use std::fmt::Display;
use std::fs;
use std::io::Read as _;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use secrecy::SecretString;

use crate::config::defaults::Declared;
use crate::config::document::{Document, Entry, Raw};
use crate::config::key::Key;
use crate::config::problem::{Origin, Problem};
use crate::config::unknown::unknown;

/// A file that a key names may be this long: a system's whole list of authorities has half of it.
const LONGEST_FILE: u64 = 512 * 1024;

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
    declared: Vec<Declared>,
    known: BTreeSet<String>,
    shown: Vec<Shown>,
    problems: Vec<Problem>,
}

/// All that a [`Reader`] has come to know.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) problems: Vec<Problem>,
    pub(crate) shown: Vec<Shown>,
    pub(crate) declared: Vec<Declared>,
}

impl<'a> Reader<'a> {
    /// Reads what the sources set; where they set nothing, a key's own default holds.
    pub(crate) fn new(document: &'a Document) -> Self {
        Self {
            document,
            declared: Vec::new(),
            known: BTreeSet::new(),
            shown: Vec::new(),
            problems: Vec::new(),
        }
    }

    /// Begins a section of the file of defaults.
    pub(crate) fn section(&mut self, path: &'static str, meaning: &'static str) {
        self.declared.push(Declared::Section { path, meaning });
    }

    /// Adds a problem that concerns several keys or is found outside.
    pub(crate) fn problem(&mut self, path: &str, what: impl Into<String>, example: &str) {
        let origin = self.document.find(path).map(|entry| entry.origin.clone());
        self.problems.push(Problem {
            key: path.to_owned(),
            origin,
            what: what.into(),
            example: Some(example.to_owned()),
        });
    }

    /// Whether a source sets a value, right or wrong.
    pub(crate) fn is_given(&self, path: &str) -> bool {
        let entry = self.document.find(path);
        entry.is_some_and(|entry| !is_empty(&entry.raw))
    }

    /// A text that may be absent; an empty one is.
    pub(crate) fn text(&mut self, key: Key) -> Option<String> {
        self.read(key, |text| Ok::<String, String>(text.to_owned()))
    }

    /// A text that may be absent, parsed.
    pub(crate) fn read<T, E: Display>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let entry = self.take(key, quoted)?;
        let text = match &entry.raw {
            Raw::Text(text) | Raw::Untyped(text) => text,
            other => {
                let what = format!("is {}, not a text", other.kind());
                self.wrong(key, &entry, what);
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        match parse(text) {
            Ok(value) => Some(value),
            Err(error) => {
                self.wrong(key, &entry, format!("`{text}` {error}"));
                None
            }
        }
    }

    /// A text that has a default, parsed. After a mistake, the default.
    pub(crate) fn need<T, E: Display>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<T> {
        let before = self.problems.len();
        let value = self.read(key, &parse);
        if value.is_none() && self.problems.len() == before {
            self.problem(key.path, "is empty", &key.right_value());
        }
        value.or_else(|| match key.default()? {
            Raw::Text(text) => parse(&text).ok(),
            _ => None,
        })
    }

    /// One of several words. After a mistake, or empty, the first.
    pub(crate) fn choice<T: Copy>(&mut self, key: Key, first: T, words: &[(&str, T)]) -> T {
        let names: Vec<String> = words
            .iter()
            .map(|(word, _)| format!("\"{word}\""))
            .collect();
        let find = |text: &str| {
            words
                .iter()
                .find(|(word, _)| *word == text)
                .map(|(_, value)| *value)
                .ok_or_else(|| format!("is none of {}", names.join(", ")))
        };
        self.read(key, find).unwrap_or(first)
    }

    /// A whole number within bounds, as the type that holds it; after a mistake, the default.
    pub(crate) fn integer<T: TryFrom<i64> + Default>(
        &mut self,
        key: Key,
        bounds: RangeInclusive<i64>,
    ) -> T {
        let fallback = match key.default() {
            Some(Raw::Integer(value)) => value,
            _ => *bounds.start(),
        };
        let value = self.optional_integer(key, bounds).unwrap_or(fallback);
        T::try_from(value).unwrap_or_default()
    }

    /// A whole number within bounds that may be absent.
    pub(crate) fn optional_integer(
        &mut self,
        key: Key,
        bounds: RangeInclusive<i64>,
    ) -> Option<i64> {
        let entry = self.take(key, bare)?;
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
                self.wrong(key, &entry, what);
                None
            }
            None => {
                self.wrong(key, &entry, "is not a whole number".to_owned());
                None
            }
        }
    }

    /// True or false; after a mistake, false.
    pub(crate) fn boolean(&mut self, key: Key) -> bool {
        let Some(entry) = self.take(key, bare) else {
            return false;
        };
        match &entry.raw {
            Raw::Boolean(value) => *value,
            Raw::Untyped(text) if text == "true" => true,
            Raw::Untyped(text) if text == "false" => false,
            _ => {
                self.wrong(key, &entry, "is neither true nor false".to_owned());
                false
            }
        }
    }

    /// A list of texts, parsed one by one. What cannot be parsed is a problem and left out.
    pub(crate) fn list<T, E: Display>(
        &mut self,
        key: Key,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Vec<T> {
        let Some(entry) = self.take(key, listed) else {
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
                    self.wrong(key, &entry, what);
                }
                texts
            }
            other => {
                let what = format!("is {}, not a list of texts", other.kind());
                self.wrong(key, &entry, what);
                Vec::new()
            }
        };
        let mut values = Vec::with_capacity(texts.len());
        for text in texts {
            match parse(text) {
                Ok(value) => values.push(value),
                Err(error) => self.wrong(key, &entry, format!("`{text}` {error}")),
            }
        }
        values
    }

    /// A secret: `x`, or `x_file` with the path of a file that holds it; not both.
    pub(crate) fn secret(&mut self, key: Key) -> Option<SecretString> {
        let file_path = format!("{}_file", key.path);
        let given = self.take(key, hidden);
        let file = self
            .take_undeclared(&file_path, quoted)
            .filter(|entry| !is_empty(&entry.raw));
        if let (Some(given), Some(_)) = (&given, &file)
            && given.origin != Origin::Default
            && !is_empty(&given.raw)
        {
            let what = format!("is given twice, here and by {file_path}; leave one away");
            self.wrong_at(key.path, given, what, &format!("{file_path} alone"));
            return None;
        }
        if let Some(file) = file {
            let text = self.secret_file(&file_path, &file)?;
            return Some(SecretString::from(text));
        }
        let entry = given?;
        match &entry.raw {
            Raw::Text(text) | Raw::Untyped(text) if text.is_empty() => None,
            Raw::Text(text) | Raw::Untyped(text) => Some(SecretString::from(text.clone())),
            other => {
                let what = format!("is {}, not a text", other.kind());
                self.wrong_at(key.path, &entry, what, "the secret between quotation marks");
                None
            }
        }
    }

    /// A path of a file or folder.
    pub(crate) fn path(&mut self, key: Key) -> Option<PathBuf> {
        self.text(key).map(PathBuf::from)
    }

    /// The content of a file of certificates in PEM form; at least one certificate stands in it.
    pub(crate) fn authorities(&mut self, key: Key) -> Option<Vec<u8>> {
        self.read(key, |text| {
            let pem = bounded(Path::new(text))?;
            let mut certificates = CertificateDer::pem_slice_iter(&pem);
            match certificates.next() {
                None => Err("holds no certificate in PEM form (BEGIN CERTIFICATE)".to_owned()),
                Some(first) if first.is_err() || certificates.any(|next| next.is_err()) => {
                    Err("holds a damaged certificate".to_owned())
                }
                Some(_) => Ok(pem.clone()),
            }
        })
    }

    /// Ends the reading; unknown keys are among the problems.
    pub(crate) fn finish(mut self) -> Reading {
        let unknown: Vec<Problem> = self
            .document
            .iter()
            .filter(|(key, _)| !self.known.contains(*key))
            .map(|(key, entry)| unknown(key, entry, &self.known))
            .collect();
        self.problems.extend(unknown);
        Reading {
            problems: self.problems,
            shown: self.shown,
            declared: self.declared,
        }
    }

    fn secret_file(&mut self, path: &str, entry: &Entry) -> Option<String> {
        let (Raw::Text(file) | Raw::Untyped(file)) = &entry.raw else {
            let what = format!("is {}, not the path of a file", entry.raw.kind());
            self.wrong_at(path, entry, what, "\"/run/secrets/latchkey\"");
            return None;
        };
        let read = bounded(Path::new(file))
            .and_then(|bytes| String::from_utf8(bytes).map_err(|_| "is not UTF-8".to_owned()));
        match read {
            Ok(text) if text.trim().is_empty() => {
                let what = format!("`{file}` is empty");
                self.wrong_at(path, entry, what, "a file with the secret");
                None
            }
            // An editor ends the last line; the secret doesn't.
            Ok(text) => Some(text.trim_end_matches(['\r', '\n']).to_owned()),
            Err(what) => {
                let what = format!("`{file}` {what}");
                self.wrong_at(path, entry, what, "a file that this user can read");
                None
            }
        }
    }

    fn take(&mut self, key: Key, show: fn(&Raw) -> String) -> Option<Entry> {
        self.declared.push(Declared::Key(key));
        let entry = self.document.find(key.path).cloned().or_else(|| {
            Some(Entry {
                raw: key.default()?,
                origin: Origin::Default,
            })
        });
        self.note(key.path, entry.as_ref(), show);
        entry
    }

    fn take_undeclared(&mut self, path: &str, show: fn(&Raw) -> String) -> Option<Entry> {
        let entry = self.document.find(path).cloned();
        self.note(path, entry.as_ref(), show);
        entry
    }

    fn note(&mut self, path: &str, entry: Option<&Entry>, show: fn(&Raw) -> String) {
        self.known.insert(path.to_owned());
        self.shown.push(Shown {
            key: path.to_owned(),
            value: entry.map(|entry| show(&entry.raw)),
            origin: entry.map(|entry| entry.origin.clone()),
        });
    }

    fn wrong(&mut self, key: Key, entry: &Entry, what: String) {
        self.wrong_at(key.path, entry, what, &key.right_value());
    }

    fn wrong_at(&mut self, path: &str, entry: &Entry, what: String, example: &str) {
        self.problems.push(Problem {
            key: path.to_owned(),
            origin: Some(entry.origin.clone()),
            what,
            example: Some(example.to_owned()),
        });
    }
}

/// Reads a file that the configuration names, unless it is far too long to be what it should be.
fn bounded(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error| format!("could not be read: {error}");
    let mut bytes = Vec::new();
    fs::File::open(path)
        .map_err(failed)?
        .take(LONGEST_FILE + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > LONGEST_FILE {
        return Err(format!("is longer than {LONGEST_FILE} bytes"));
    }
    Ok(bytes)
}

/// Whether a variable or key is there without a value, which is as good as absent.
fn is_empty(raw: &Raw) -> bool {
    matches!(raw, Raw::Text(text) | Raw::Untyped(text) if text.is_empty())
}

/// As a text, whatever it looks like.
fn quoted(raw: &Raw) -> String {
    match raw {
        Raw::Untyped(text) => Raw::Text(text.clone()).to_toml(),
        other => other.to_toml(),
    }
}

/// As it was written.
fn bare(raw: &Raw) -> String {
    raw.to_toml()
}

/// As a list; a variable's commas separate.
fn listed(raw: &Raw) -> String {
    match raw {
        Raw::Untyped(text) => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            Raw::List(items.map(|item| Raw::Text(item.to_owned())).collect()).to_toml()
        }
        other => other.to_toml(),
    }
}

fn hidden(_: &Raw) -> String {
    "\"********\"".to_owned()
}
