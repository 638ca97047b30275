//! Patterns of paths.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// Longer patterns are refused.
const LONGEST: usize = 512;

/// A path in which `{name}` stands for any one part and `{*name}`, at the end, for all that follows.
#[derive(Clone, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub(super) struct Pattern {
    text: String,
    matcher: matchit::Router<()>,
}

/// A text that is no pattern.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{text}` is no pattern of paths: it begins with a slash, {{name}} stands for one part and \
     {{*name}}, at the end, for all that follows"
)]
pub(super) struct InvalidPattern {
    text: String,
}

impl Pattern {
    /// Whether a path is one of these.
    pub(super) fn matches(&self, path: &str) -> bool {
        self.matcher.at(path).is_ok()
    }
}

impl TryFrom<String> for Pattern {
    type Error = InvalidPattern;

    fn try_from(text: String) -> Result<Self, InvalidPattern> {
        let mut matcher = matchit::Router::new();
        if text.len() > LONGEST || !text.starts_with('/') || matcher.insert(&text, ()).is_err() {
            let text = text.chars().take(LONGEST).collect();
            return Err(InvalidPattern { text });
        }
        Ok(Self { text, matcher })
    }
}

impl From<Pattern> for String {
    fn from(pattern: Pattern) -> Self {
        pattern.text
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl JsonSchema for Pattern {
    fn schema_name() -> Cow<'static, str> {
        "Pattern".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^/",
            "maxLength": LONGEST,
            "description": "A path in which `{name}` stands for any one part and `{*name}`, at the \
                            end, for all that follows.",
            "examples": ["/v1/environments/{environment}/users", "/v1/{*rest}"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Result<Pattern, InvalidPattern> {
        Pattern::try_from(text.to_owned())
    }

    #[test]
    fn braces_stand_for_one_part_and_a_star_for_all_that_follows() {
        let users = pattern("/v1/environments/{environment}/users").unwrap();
        assert!(users.matches("/v1/environments/e1/users"));
        assert!(!users.matches("/v1/environments/e1/users/u1"));
        assert!(!users.matches("/v1/environments/e1/e2/users"));
        let all = pattern("/v1/{*rest}").unwrap();
        assert!(all.matches("/v1/environments/e1/users/u1"));
        assert!(!all.matches("/e1/as/token"));
    }

    #[test]
    fn what_is_no_pattern_is_refused_with_what_one_is() {
        for text in ["", "v1", "/a/{", "/a/{*rest}/b", "/{}"] {
            let refused = pattern(text).unwrap_err().to_string();
            assert!(refused.contains("begins with a slash"), "{refused}");
        }
    }
}
