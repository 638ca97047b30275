//! A message for the next page, such as "Your password has been changed."

use serde::{Deserialize, Serialize};

/// How a message is meant; it decides colour, icon and the word read before the text.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Something failed.
    Danger,
    /// Something to know.
    Info,
    /// Something was done.
    Success,
    /// Something to mind.
    Warning,
}

impl Level {
    /// The level as style sheets and texts name it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Danger => "danger",
            Self::Info => "info",
            Self::Success => "success",
            Self::Warning => "warning",
        }
    }
}

/// A message that survives exactly one page; the session carries it there.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Flash {
    /// How it is meant.
    pub level: Level,
    /// One or two sentences, already in the reader's language.
    pub text: String,
}

impl Flash {
    /// A message that something failed.
    pub fn danger(text: impl Into<String>) -> Self {
        Self {
            level: Level::Danger,
            text: text.into(),
        }
    }

    /// A message to know.
    pub fn info(text: impl Into<String>) -> Self {
        Self {
            level: Level::Info,
            text: text.into(),
        }
    }

    /// A message that something was done.
    pub fn success(text: impl Into<String>) -> Self {
        Self {
            level: Level::Success,
            text: text.into(),
        }
    }

    /// A message to mind.
    pub fn warning(text: impl Into<String>) -> Self {
        Self {
            level: Level::Warning,
            text: text.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_comes_back_from_a_session_as_it_went_in() {
        let flash = Flash::success("Your password has been changed.");
        let stored = serde_json::to_string(&flash).unwrap();
        assert_eq!(
            stored,
            r#"{"level":"success","text":"Your password has been changed."}"#
        );
        assert_eq!(serde_json::from_str::<Flash>(&stored).unwrap(), flash);
    }
}
