//! What is wrong with a configured brand: all of it, by key.

use std::fmt;

/// Why a brand was refused: everything that is wrong with it.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub struct InvalidBrand {
    pub(super) problems: Vec<BrandProblem>,
}

/// One thing that is wrong with a brand.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BrandProblem {
    key: &'static str,
    what: String,
}

impl InvalidBrand {
    /// What is wrong, in the order of [`BrandSettings`](super::BrandSettings); at least one thing.
    pub fn problems(&self) -> &[BrandProblem] {
        &self.problems
    }
}

impl fmt::Display for InvalidBrand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            let between = if index == 0 { "" } else { "; " };
            write!(f, "{between}brand `{}`: {}", problem.key, problem.what)?;
        }
        Ok(())
    }
}

impl BrandProblem {
    pub(super) fn new(key: &'static str, what: impl Into<String>) -> Self {
        Self {
            key,
            what: what.into(),
        }
    }

    /// The key of [`BrandSettings`](super::BrandSettings) to correct.
    pub fn key(&self) -> &'static str {
        self.key
    }

    /// What is wrong with its value, and what it may be.
    pub fn what(&self) -> &str {
        &self.what
    }
}

/// Gathers what is wrong, so that all of it is told at once.
#[derive(Default)]
pub(super) struct Judged {
    pub(super) problems: Vec<BrandProblem>,
}

impl Judged {
    /// The value, or `instead` to go on with.
    pub(super) fn take<T>(&mut self, parsed: Result<T, BrandProblem>, instead: T) -> T {
        parsed.unwrap_or_else(|problem| {
            self.problems.push(problem);
            instead
        })
    }
}
