//! What can be wrong with a configuration, said so that a person can mend it.

use std::fmt;

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The program's own default.
    Default,
    /// A line of a configuration file.
    File {
        /// The file as it was named.
        path: String,
        /// The line, counted from one.
        line: usize,
    },
    /// An environment variable.
    Environment(String),
    /// An option of the command line.
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{path} line {line}"),
            Self::Environment(name) => f.write_str(name),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// One thing that is wrong: which key, what about it, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key with its sections, as in `portal.sign_on.client_id`.
    pub key: String,
    /// Where the value came from; `None` when it is missing.
    pub origin: Option<Origin>,
    /// What is wrong, and what to do if that isn't plain.
    pub what: String,
    /// A value that would be right.
    pub example: Option<String>,
}

impl Problem {
    /// A problem with a key that no source sets.
    pub fn missing(key: &str, what: impl Into<String>, example: &str) -> Self {
        Self {
            key: key.to_owned(),
            origin: None,
            what: what.into(),
            example: Some(example.to_owned()),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.what)?;
        if let Some(example) = &self.example {
            write!(f, "; for example {example}")?;
        }
        match &self.origin {
            Some(Origin::Default) | None => Ok(()),
            Some(origin) => write!(f, " ({origin})"),
        }
    }
}

/// All problems of a configuration, in the order of the default file.
#[derive(Clone, Debug, thiserror::Error)]
pub struct InvalidConfiguration {
    problems: Vec<Problem>,
}

impl InvalidConfiguration {
    /// Gathers problems; there is at least one.
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for InvalidConfiguration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.problems.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        write!(f, "the configuration has {count} {noun}:")?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        Ok(())
    }
}
