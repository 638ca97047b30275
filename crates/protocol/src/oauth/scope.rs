//! Scopes: [RFC 6749 §3.3](https://www.rfc-editor.org/rfc/rfc6749#section-3.3).

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

/// More scopes than this are refused in one request.
const MOST_SCOPES: usize = 64;

/// A scope text that RFC 6749 does not allow.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// A character outside of `%x21 / %x23-5B / %x5D-7E`.
    #[error("a scope holds a character that RFC 6749 §3.3 does not allow")]
    Character,
    /// More than 64 scopes.
    #[error("there are more than {MOST_SCOPES} scopes")]
    TooMany,
}

/// A set of scopes. Order and repetition mean nothing.
///
/// ```
/// use pingone_protocol::oauth::Scopes;
///
/// let granted = Scopes::parse("profile openid")?;
/// assert!(Scopes::from_iter(["openid"]).is_subset_of(&granted));
/// assert_eq!(granted.to_string(), "openid profile");
/// # Ok::<(), pingone_protocol::oauth::InvalidScope>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(BTreeSet<String>);

impl Scopes {
    /// Reads scopes separated by spaces.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] for a character that is not allowed, or too many.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        let allowed = |c: char| matches!(c, '\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
        let mut scopes = BTreeSet::new();
        for scope in text.split(' ').filter(|scope| !scope.is_empty()) {
            if !scope.chars().all(allowed) {
                return Err(InvalidScope::Character);
            }
            scopes.insert(scope.to_owned());
        }
        if scopes.len() > MOST_SCOPES {
            return Err(InvalidScope::TooMany);
        }
        Ok(Self(scopes))
    }

    /// Whether a scope is among them.
    pub fn contains(&self, scope: &str) -> bool {
        self.0.contains(scope)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether all of them are among `other`.
    pub fn is_subset_of(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// Those that `keep` wants.
    #[must_use]
    pub fn filtered(&self, keep: impl Fn(&str) -> bool) -> Self {
        Self(self.0.iter().filter(|scope| keep(scope)).cloned().collect())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, scope) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope)?;
        }
        Ok(())
    }
}

impl TryFrom<String> for Scopes {
    type Error = InvalidScope;

    fn try_from(text: String) -> Result<Self, InvalidScope> {
        Self::parse(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

impl<'a> FromIterator<&'a str> for Scopes {
    fn from_iter<T: IntoIterator<Item = &'a str>>(scopes: T) -> Self {
        Self(scopes.into_iter().map(str::to_owned).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_repetition_mean_nothing() {
        let one = Scopes::parse("openid p1:read:userPassword  email openid").unwrap();
        assert_eq!(
            one,
            Scopes::parse("email openid p1:read:userPassword").unwrap()
        );
        assert_eq!(one.to_string(), "email openid p1:read:userPassword");
    }

    #[test]
    fn quotes_controls_and_other_alphabets_are_refused() {
        for text in ["a\"b", "a\\b", "a\nb", "ä", "a\tb"] {
            assert_eq!(
                Scopes::parse(text),
                Err(InvalidScope::Character),
                "{text:?}"
            );
        }
    }
}
