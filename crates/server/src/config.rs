//! The configuration: defaults ← file ← environment ← command line, read once into [`Settings`].
//!
//! Environment variables are read nowhere else.

mod defaults;
mod document;
pub mod import;
mod key;
mod problem;
mod production;
mod reader;
mod reference;
mod sections;
mod servers;
pub mod settings;
mod unknown;

use std::ffi::OsString;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use platform::{Clock as _, SystemClock};

use crate::config::document::Document;
use crate::config::reader::{Reader, Reading, Shown};

pub use problem::{InvalidConfiguration, Origin, Problem};
pub use servers::Servers;
pub use settings::Settings;

/// The name of the file that is read from the data directory when none is named.
pub const FILE_NAME: &str = "latchkey.toml";

/// Where a configuration comes from, beside the defaults.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// A file that must exist.
    pub file: Option<PathBuf>,
    /// A file that is read if it exists.
    pub file_if_present: Option<PathBuf>,
    /// TOML from the program that starts us, laid over the files; for tests.
    pub inline: Option<String>,
    /// Environment variables; those without our prefix are passed over.
    pub environment: Vec<(OsString, OsString)>,
    /// Keys set by options of the command line: key, value, option.
    pub options: Vec<(&'static str, String, &'static str)>,
}

impl Sources {
    /// This process's environment variables and nothing else.
    pub fn process() -> Self {
        Self {
            environment: std::env::vars_os().collect(),
            ..Self::default()
        }
    }

    /// Sets a key as an option of the command line does.
    #[must_use]
    pub fn option(
        mut self,
        key: &'static str,
        value: impl Into<String>,
        name: &'static str,
    ) -> Self {
        self.options.push((key, value.into(), name));
        self
    }
}

/// What was read: settings, or problems, and in both cases what is in effect.
#[derive(Debug)]
pub struct Loaded {
    settings: Settings,
    problems: Vec<Problem>,
    shown: Vec<Shown>,
}

impl Loaded {
    /// Reads all sources, noting every problem.
    pub fn read(sources: &Sources) -> Self {
        let mut document = Document::default();
        let mut problems = Vec::new();
        for (path, required) in [(&sources.file_if_present, false), (&sources.file, true)] {
            if let Some(path) = path {
                problems.extend(overlay_file(&mut document, path, required).err());
            }
        }
        if let Some(text) = &sources.inline {
            problems.extend(document.overlay_toml(text, "(given)").err());
        }
        problems.extend(document.overlay_environment(sources.environment.iter().cloned()));
        for (key, value, option) in &sources.options {
            document.set(key, value, option);
        }

        let (settings, reading) = read(&document);
        problems.extend(reading.problems);
        Self {
            settings,
            problems,
            shown: reading.shown,
        }
    }

    /// The settings for serving both servers, if nothing is wrong.
    ///
    /// # Errors
    ///
    /// As [`settings_for`](Self::settings_for).
    pub fn settings(self) -> Result<Settings, InvalidConfiguration> {
        self.settings_for(Servers::Both)
    }

    /// The settings for serving these servers, if nothing is wrong; what production asks of them is
    /// checked here too.
    ///
    /// # Errors
    ///
    /// All problems at once.
    pub fn settings_for(self, served: Servers) -> Result<Settings, InvalidConfiguration> {
        let problems = self.problems_for(served);
        if problems.is_empty() {
            Ok(self.settings)
        } else {
            Err(InvalidConfiguration::new(problems))
        }
    }

    /// The settings for a command that serves nothing, so that what production asks for doesn't
    /// matter.
    ///
    /// # Errors
    ///
    /// All problems of the sources at once.
    pub fn settings_for_tools(self) -> Result<Settings, InvalidConfiguration> {
        if self.problems.is_empty() {
            Ok(self.settings)
        } else {
            Err(InvalidConfiguration::new(self.problems))
        }
    }

    /// The settings for a command that uses nothing of the servers' own sections, which need not be
    /// right yet: files of secrets that they name may be what the command brings.
    ///
    /// # Errors
    ///
    /// All problems of the other sections at once.
    pub fn settings_beside_servers(mut self) -> Result<Settings, InvalidConfiguration> {
        let of_servers = ["portal.", "idp."];
        self.problems
            .retain(|problem| !of_servers.iter().any(|name| problem.key.starts_with(name)));
        self.settings_for_tools()
    }

    /// Every problem of serving both servers, what production refuses among them.
    pub fn problems(&self) -> Vec<Problem> {
        self.problems_for(Servers::Both)
    }

    /// Every problem of serving these servers, what production refuses among them.
    pub fn problems_for(&self, served: Servers) -> Vec<Problem> {
        let mut problems = self.problems.clone();
        let refusals = production::refusals(&self.settings, served, SystemClock.now());
        // What was not understood is not missing, too.
        let is_told = |refusal: &Problem| {
            let about = |problem: &Problem| {
                problem.key == refusal.key
                    || (refusal.key == "portal.sign_on.issuer"
                        && problem.key == "portal.sign_on.client_id")
            };
            self.problems.iter().any(about)
        };
        problems.extend(refusals.into_iter().filter(|refusal| !is_told(refusal)));
        problems
    }

    /// The data directory as configured, whatever else is wrong.
    pub fn data_dir(&self) -> Option<&Path> {
        self.settings.data_dir.as_deref()
    }

    /// What is in effect, as TOML with the origin of each value; secrets are hidden.
    pub fn show(&self) -> String {
        let mut text = String::new();
        let mut sections: Vec<&str> = Vec::new();
        for shown in &self.shown {
            let section = section_of(&shown.key);
            if !sections.contains(&section) {
                sections.push(section);
            }
        }
        for section in sections {
            let rows = self
                .shown
                .iter()
                .filter(|shown| section_of(&shown.key) == section);
            let rows: Vec<String> = rows.filter_map(row).collect();
            if rows.is_empty() {
                continue;
            }
            if !section.is_empty() {
                // Writing into a String cannot fail.
                let _ = writeln!(text, "\n[{section}]");
            }
            for row in rows {
                text.push_str(&row);
            }
        }
        text
    }
}

/// The commented file of defaults, with every key that there is.
pub fn defaults() -> String {
    let (_, reading) = read(&Document::default());
    defaults::file(&reading.declared)
}

/// The page of the documentation that tells of every key.
pub fn reference() -> String {
    let (_, reading) = read(&Document::default());
    reference::page(&reading.declared)
}

fn read(document: &Document) -> (Settings, Reading) {
    let mut reader = Reader::new(document);
    let settings = sections::settings(&mut reader);
    (settings, reader.finish())
}

fn row(shown: &Shown) -> Option<String> {
    let value = shown.value.as_ref()?;
    let name = shown.key.rsplit('.').next().unwrap_or(&shown.key);
    Some(match &shown.origin {
        Some(Origin::Default) | None => format!("{name} = {value}\n"),
        Some(origin) => format!("{name} = {value}  # {origin}\n"),
    })
}

fn section_of(key: &str) -> &str {
    key.rsplit_once('.').map_or("", |(section, _)| section)
}

fn overlay_file(document: &mut Document, path: &Path, required: bool) -> Result<(), Problem> {
    let name = path.display().to_string();
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if !required && error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => {
            return Err(Problem {
                key: "--config".to_owned(),
                origin: None,
                what: format!("the file {name} could not be read: {error}"),
                example: Some("the path of a file that this user can read".to_owned()),
            });
        }
    };
    document.overlay_toml(&text, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_have_no_problem() {
        let loaded = Loaded::read(&Sources::default());
        assert_eq!(loaded.problems(), []);
        loaded.settings().unwrap();
    }

    /// Who starts from the file of defaults starts from the defaults.
    #[test]
    fn the_file_of_defaults_says_what_holds_without_it() {
        let text = defaults();
        let sources = Sources {
            inline: Some(text.clone()),
            ..Sources::default()
        };
        let with = Loaded::read(&sources);
        assert_eq!(with.problems(), [], "{text}");
        let without = Loaded::read(&Sources::default());
        let values = |loaded: &Loaded| -> Vec<(String, Option<String>)> {
            let shown = loaded.shown.iter();
            shown
                .map(|shown| (shown.key.clone(), shown.value.clone()))
                .collect()
        };
        assert_eq!(values(&with), values(&without));
    }

    /// Every example is one that its key takes: the file with all of them in effect contradicts
    /// itself, but each value is of its type.
    #[test]
    fn every_example_of_the_file_of_defaults_is_read_by_its_key() {
        let mut section = String::new();
        let mut count = 0;
        for line in defaults().lines() {
            if line.starts_with('[') {
                section = line.to_owned();
            }
            let Some(row) = line.strip_prefix("# ") else {
                continue;
            };
            let Some((key, _)) = row.split_once(" = ") else {
                continue;
            };
            if !key
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            {
                continue;
            }
            count += 1;
            let sources = Sources {
                inline: Some(format!("{section}\n{row}")),
                ..Sources::default()
            };
            for problem in Loaded::read(&sources).problems() {
                let said = problem.to_string();
                let is_of_the_value = problem.origin.is_some()
                    && !said.contains("could not be")
                    && !said.contains("cannot be read")
                    && !said.contains("contrast");
                assert!(!is_of_the_value, "{section} {line}: {said}");
            }
        }
        assert!(count > 20, "{count}");
    }
}
