//! Proof key for code exchange: [RFC 7636](https://www.rfc-editor.org/rfc/rfc7636).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Random;
use crate::secret::{is_equal, sha256};

/// A code verifier or challenge that RFC 7636 does not allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPkce {
    /// Not 43 to 128 unreserved characters (§4.1, §4.2).
    #[error("a code verifier or challenge has 43 to 128 characters of A-Z a-z 0-9 - . _ ~")]
    Text,
    /// A method other than `plain` and `S256`.
    #[error("the code challenge method is neither S256 nor plain")]
    Method,
}

/// The secret that the client keeps until it redeems the code (§4.1).
///
/// It is not `Clone`, so it is used once.
///
/// ```
/// use pingone_protocol::SystemRandom;
/// use pingone_protocol::oauth::CodeVerifier;
///
/// let verifier = CodeVerifier::random(&SystemRandom);
/// assert!(verifier.challenge().is_met_by(&verifier));
/// ```
#[derive(PartialEq, Eq)]
pub struct CodeVerifier(String);

impl fmt::Debug for CodeVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeVerifier(hidden)")
    }
}

impl CodeVerifier {
    /// A new verifier of 256 random bits.
    pub fn random(random: &dyn Random) -> Self {
        Self(random.token())
    }

    /// Reads a verifier.
    ///
    /// # Errors
    ///
    /// [`InvalidPkce::Text`] when its length or a character is not allowed.
    pub fn parse(text: &str) -> Result<Self, InvalidPkce> {
        check(text)?;
        Ok(Self(text.to_owned()))
    }

    /// The verifier's text, for the token request.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Its S256 challenge (§4.2).
    pub fn challenge(&self) -> CodeChallenge {
        CodeChallenge {
            method: CodeChallengeMethod::S256,
            text: sha256(&self.0),
        }
    }
}

/// How a challenge follows from a verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CodeChallengeMethod {
    /// The verifier itself.
    #[serde(rename = "plain")]
    Plain,
    /// Its SHA-256 in base64url.
    S256,
}

impl CodeChallengeMethod {
    /// All that there are.
    pub const ALL: [Self; 2] = [Self::Plain, Self::S256];

    /// Reads a method; absent means `plain` (§4.3).
    ///
    /// # Errors
    ///
    /// [`InvalidPkce::Method`] for any other name.
    pub fn parse(text: Option<&str>) -> Result<Self, InvalidPkce> {
        let Some(text) = text else {
            return Ok(Self::Plain);
        };
        let known = Self::ALL.into_iter().find(|method| method.as_str() == text);
        known.ok_or(InvalidPkce::Method)
    }

    /// The method's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::S256 => "S256",
        }
    }
}

/// What the client shows when it asks for a code (§4.2).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeChallenge {
    method: CodeChallengeMethod,
    text: String,
}

impl CodeChallenge {
    /// Reads a challenge and its method.
    ///
    /// # Errors
    ///
    /// [`InvalidPkce`] when one of them is not allowed.
    pub fn parse(text: &str, method: Option<&str>) -> Result<Self, InvalidPkce> {
        check(text)?;
        Ok(Self {
            method: CodeChallengeMethod::parse(method)?,
            text: text.to_owned(),
        })
    }

    /// The method.
    pub fn method(&self) -> CodeChallengeMethod {
        self.method
    }

    /// The challenge's text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether `verifier` is the one behind this challenge (§4.6).
    pub fn is_met_by(&self, verifier: &CodeVerifier) -> bool {
        match self.method {
            CodeChallengeMethod::Plain => is_equal(&self.text, &verifier.0),
            CodeChallengeMethod::S256 => is_equal(&self.text, &sha256(&verifier.0)),
        }
    }
}

fn check(text: &str) -> Result<(), InvalidPkce> {
    let unreserved = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~');
    if (43..=128).contains(&text.len()) && text.chars().all(unreserved) {
        Ok(())
    } else {
        Err(InvalidPkce::Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7636, appendix B.
    #[test]
    fn the_example_of_the_rfc_is_met() {
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge =
            CodeChallenge::parse("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", Some("S256"))
                .unwrap();
        assert_eq!(verifier.challenge(), challenge);
        assert!(challenge.is_met_by(&verifier));
        let plain = CodeChallenge::parse(challenge.as_str(), None).unwrap();
        assert!(!plain.is_met_by(&verifier), "plain must not pass for S256");
    }

    #[test]
    fn short_long_and_odd_texts_are_refused() {
        for text in ["", "a", &"a".repeat(42), &"a".repeat(129), &"ä".repeat(43)] {
            assert_eq!(CodeVerifier::parse(text), Err(InvalidPkce::Text), "{text}");
        }
        assert_eq!(
            CodeChallenge::parse(&"a".repeat(43), Some("s256")),
            Err(InvalidPkce::Method)
        );
    }
}
