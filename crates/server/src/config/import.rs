//! Turns the Python-style `config.cfg` of the PingOne samples into our TOML, saying of each key what
//! became of it.

mod python;

use std::collections::BTreeMap;
use std::fmt::Write as _;

pub use python::{NotPython, Value};

use python::Assignment;

/// What became of one key of the old file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fate {
    /// The old key.
    pub key: String,
    /// Its line, counted from one.
    pub line: usize,
    /// A sentence.
    pub what: String,
}

/// A file that was read: our TOML and the fate of each key.
#[derive(Clone, Debug)]
pub struct Imported {
    /// Configuration for Latchkey.
    pub toml: String,
    /// One entry for each key of the old file, in its order.
    pub fates: Vec<Fate>,
}

/// Every key that a sample's file may hold, in the order of the README of the samples.
const KNOWN: [&str; 17] = [
    "AUTH_URL",
    "API_URL",
    "ENVIRONMENT_ID",
    "CLIENT_ID",
    "CLIENT_SECRET",
    "OAUTH_REDIRECT_PATH",
    "SCOPE",
    "MAX_AGE",
    "PROMPT",
    "GRANT_TYPE",
    "RESPONSE_TYPE",
    "TOKEN_AUTH_METHOD",
    "LOGOUT_URI",
    "SECRET_KEY",
    "WTF_CSRF_ENABLED",
    "DEBUG",
    "ENV",
];

/// Reads a sample's configuration file.
///
/// # Errors
///
/// [`NotPython`] with the line that is no assignment of a text, a number, `True`, `False` or `None`.
pub fn import(text: &str) -> Result<Imported, NotPython> {
    let assignments = python::parse(text)?;
    let mut import = Import::new(&assignments);
    for assignment in &assignments {
        let what = import.take(assignment);
        import.fates.push(Fate {
            key: assignment.key.clone(),
            line: assignment.line,
            what,
        });
    }
    import.issuer();
    Ok(Imported {
        toml: import.toml(),
        fates: import.fates,
    })
}

/// Whether the value is one of the samples' `<fill me in>`.
fn is_placeholder(text: &str) -> bool {
    text.starts_with('<') && text.ends_with('>')
}

struct Import {
    /// The registration sample's application is a worker; the authentication sample's one signs
    /// people on.
    worker: bool,
    texts: BTreeMap<String, String>,
    /// Section → key → TOML of the value, or `None` for one that has to be filled in.
    sections: BTreeMap<&'static str, Vec<(&'static str, Option<String>)>>,
    fates: Vec<Fate>,
}

impl Import {
    fn new(assignments: &[Assignment]) -> Self {
        let texts: BTreeMap<String, String> = assignments
            .iter()
            .filter_map(|assignment| match &assignment.value {
                Value::Text(text) => Some((assignment.key.clone(), text.clone())),
                _ => None,
            })
            .collect();
        // The authentication sample cannot run without SCOPE; the registration sample has none.
        let worker = !texts.contains_key("SCOPE")
            && texts
                .get("GRANT_TYPE")
                .is_some_and(|grant| grant == "client_credentials");
        Self {
            worker,
            texts,
            sections: BTreeMap::new(),
            fates: Vec::new(),
        }
    }

    fn take(&mut self, assignment: &Assignment) -> String {
        match (assignment.key.as_str(), &assignment.value) {
            ("OAUTH_REDIRECT_PATH", Value::Text(text)) => self.redirect_path(text),
            ("SCOPE", Value::Text(text)) => {
                let scopes: Vec<toml::Value> = text
                    .split_whitespace()
                    .map(|scope| scope.to_owned().into())
                    .collect();
                self.put("portal.sign_on", "scopes", Some(toml::Value::Array(scopes)));
                "taken over as portal.sign_on.scopes".to_owned()
            }
            ("MAX_AGE", Value::Integer(seconds)) => self.max_age(*seconds),
            ("MAX_AGE", Value::Text(text)) => match text.trim().parse() {
                Ok(seconds) => self.max_age(seconds),
                Err(_) => "left out: it is no number of seconds".to_owned(),
            },
            ("GRANT_TYPE", Value::Text(text)) if self.worker => {
                format!("not needed: a worker application always uses {text}")
            }
            ("TOKEN_AUTH_METHOD", Value::Text(_)) if self.worker => {
                "not needed: a worker's credentials go into the header".to_owned()
            }
            ("SECRET_KEY", _) => "left out: the keys that cookies depend on are made by the \
                                  program and kept in the data directory (keyring_file)"
                .to_owned(),
            ("WTF_CSRF_ENABLED", Value::Boolean(false)) => {
                "left out: forms are always protected, which cannot be turned off".to_owned()
            }
            ("WTF_CSRF_ENABLED", _) => "left out: forms are always protected".to_owned(),
            ("DEBUG", value) => self.debug(value),
            ("ENV", Value::Text(text)) => self.environment(text),
            (_, Value::None) => "left out: it is None".to_owned(),
            (key, Value::Text(text)) => match self.target(key) {
                Some((section, name)) => self.text(section, name, text),
                None => unknown(key),
            },
            (key, value) if KNOWN.contains(&key) => {
                format!("left out: {} is not what this key takes", value.kind())
            }
            (key, _) => unknown(key),
        }
    }

    /// Where a text goes as it is.
    fn target(&self, key: &str) -> Option<(&'static str, &'static str)> {
        Some(match key {
            "AUTH_URL" => ("portal.pingone", "auth_url"),
            "API_URL" => ("portal.pingone", "api_url"),
            "ENVIRONMENT_ID" => ("portal.pingone", "environment_id"),
            "CLIENT_ID" if self.worker => ("portal.pingone", "worker_client_id"),
            "CLIENT_ID" => ("portal.sign_on", "client_id"),
            "CLIENT_SECRET" if self.worker => ("portal.pingone", "worker_client_secret"),
            "CLIENT_SECRET" => ("portal.sign_on", "client_secret"),
            "PROMPT" => ("portal.sign_on", "prompt"),
            "GRANT_TYPE" => ("portal.sign_on", "grant_type"),
            "RESPONSE_TYPE" => ("portal.sign_on", "response_type"),
            "TOKEN_AUTH_METHOD" => ("portal.sign_on", "token_endpoint_auth_method"),
            "LOGOUT_URI" => ("portal.sign_on", "post_sign_off_url"),
            _ => return None,
        })
    }

    fn text(&mut self, section: &'static str, key: &'static str, text: &str) -> String {
        if text.is_empty() {
            return "left out: it is empty".to_owned();
        }
        if is_placeholder(text) {
            self.put(section, key, None);
            return format!("a placeholder; fill in {section}.{key}");
        }
        self.put(section, key, Some(text.to_owned().into()));
        match key {
            "client_secret" | "worker_client_secret" => format!(
                "taken over as {section}.{key}; better keep it in a file of its own and name that \
                 with {key}_file"
            ),
            "worker_client_id" => {
                format!("taken over as {section}.{key}: this file is a worker application's")
            }
            _ => format!("taken over as {section}.{key}"),
        }
    }

    fn max_age(&mut self, seconds: i64) -> String {
        self.put("portal.sign_on", "max_age", Some(seconds.into()));
        "taken over as portal.sign_on.max_age".to_owned()
    }

    fn redirect_path(&mut self, text: &str) -> String {
        // The samples ship with '</callback>', which is both: a placeholder and a hint.
        let path = if is_placeholder(text) {
            text.trim_matches(['<', '>'])
        } else {
            text
        };
        if self.worker {
            return "not needed: a worker application is never redirected to".to_owned();
        }
        if !path.starts_with('/') {
            return "left out: it is no path; the default is \"/callback\"".to_owned();
        }
        self.put(
            "portal.sign_on",
            "redirect_path",
            Some(path.to_owned().into()),
        );
        "taken over as portal.sign_on.redirect_path".to_owned()
    }

    fn debug(&mut self, value: &Value) -> String {
        match value {
            Value::Boolean(true) if !self.has_mode() && !self.texts.contains_key("ENV") => {
                self.mode("development")
            }
            Value::Boolean(true) => {
                "left out: mode = \"development\" shows the causes of errors".to_owned()
            }
            _ => "left out: mode says whether pages show the causes of errors".to_owned(),
        }
    }

    fn environment(&mut self, text: &str) -> String {
        match text {
            "development" => self.mode("development"),
            "production" => self.mode("production"),
            other => format!("left out: mode is \"development\" or \"production\", not {other}"),
        }
    }

    fn mode(&mut self, mode: &str) -> String {
        self.put("", "mode", Some(mode.to_owned().into()));
        format!("taken over as mode = \"{mode}\"")
    }

    fn has_mode(&self) -> bool {
        self.sections
            .get("")
            .is_some_and(|keys| keys.iter().any(|(key, _)| *key == "mode"))
    }

    /// The samples put the issuer together from two keys.
    fn issuer(&mut self) {
        if self.worker {
            return;
        }
        let usable = |key| self.texts.get(key).filter(|text| !is_placeholder(text));
        let issuer = match (usable("AUTH_URL"), usable("ENVIRONMENT_ID")) {
            (Some(base), Some(id)) => {
                Some(format!("{}/{id}/as", base.trim_end_matches('/')).into())
            }
            _ => None,
        };
        if issuer.is_some() || self.texts.contains_key("ENVIRONMENT_ID") {
            self.put("portal.sign_on", "issuer", issuer);
        }
    }

    fn put(&mut self, section: &'static str, key: &'static str, value: Option<toml::Value>) {
        let keys = self.sections.entry(section).or_default();
        keys.retain(|(known, _)| *known != key);
        keys.push((key, value.map(|value| value.to_string())));
    }

    fn toml(&self) -> String {
        let mut text = String::new();
        for (section, keys) in &self.sections {
            if !section.is_empty() {
                // Writing into a String cannot fail.
                let _ = writeln!(text, "\n[{section}]");
            }
            for (key, value) in keys {
                let _ = match value {
                    Some(value) => writeln!(text, "{key} = {value}"),
                    None => writeln!(text, "# {key} = \"…\"  # to be filled in"),
                };
            }
        }
        text.trim_start().to_owned()
    }
}

fn unknown(key: &str) -> String {
    let nearest = KNOWN
        .iter()
        .map(|known| (strsim::jaro_winkler(key, known), known))
        .filter(|(likeness, _)| *likeness > 0.88)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, known)) => format!("unknown and left out; did you mean {known}?"),
        None => "unknown and left out".to_owned(),
    }
}
