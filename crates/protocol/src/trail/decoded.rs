//! A token taken apart: what its header and its claims say. Its signature is left out, so that what
//! is kept opens nothing.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::Shown;
use crate::jose::MAX_TOKEN_BYTES;
use crate::names::is_visible;

/// Claims of more than so many bytes are left out.
const LARGEST_CLAIM: usize = 1024;

/// So many claims are kept.
const MOST_CLAIMS: usize = 64;

/// Claims about the token and the sign-on. All others are about the person.
const ABOUT_THE_SIGN_ON: &[&str] = &[
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "azp",
    "c_hash",
    "client_id",
    "env",
    "exp",
    "iat",
    "iss",
    "jti",
    "nbf",
    "nonce",
    "org",
    "p1.region",
    "p1.rid",
    "scope",
    "sid",
    "sub",
];

/// What a token says.
#[derive(Clone, Debug, PartialEq)]
pub struct Decoded {
    /// What kind of token it is, as `ID token`.
    pub name: &'static str,
    /// Its fingerprint.
    pub print: Shown,
    /// Its header, in the bounds of the claims; empty when the token cannot be read by anybody but its
    /// issuer.
    pub header: Map<String, Value>,
    /// Its claims. The nonce is a fingerprint.
    pub claims: Map<String, Value>,
}

impl Decoded {
    /// Takes a token apart. Nothing is verified.
    pub fn read(name: &'static str, token: &str) -> Self {
        let mut parts = token.split('.');
        let (header, claims, signature) = (parts.next(), parts.next(), parts.next());
        let is_signed = signature.is_some() && parts.next().is_none();
        let object = |part: Option<&str>| {
            let part = part.filter(|_| is_signed && token.len() <= MAX_TOKEN_BYTES);
            let bytes = part.and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
            let object = bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            object.unwrap_or_default()
        };
        Self {
            name,
            print: Shown::fingerprint(token),
            header: bounded(object(header)),
            claims: bounded(object(claims)),
        }
    }

    /// Whether there was anything to read.
    pub fn is_readable(&self) -> bool {
        !self.header.is_empty()
    }

    /// Members of a token as JSON on one line, with nothing in it that cannot be seen.
    pub fn in_a_line(members: &Map<String, Value>) -> String {
        let text = serde_json::to_string(members).unwrap_or_default();
        json_in_sight(&text)
    }

    /// The same with a line for each member.
    pub fn in_lines(members: &Map<String, Value>) -> String {
        let text = serde_json::to_string_pretty(members).unwrap_or_default();
        let lines: Vec<String> = text.lines().map(json_in_sight).collect();
        lines.join("\n")
    }

    /// Its claims for whoever is not to know about the person: of those, the names alone.
    pub fn without_person(&self) -> Map<String, Value> {
        let claims = self.claims.iter().map(|(name, value)| {
            let is_harmless = ABOUT_THE_SIGN_ON.contains(&name.as_str());
            let value = if is_harmless {
                value.clone()
            } else {
                json!("(not shown)")
            };
            (name.clone(), value)
        });
        claims.collect()
    }
}

/// JSON with what cannot be seen as JSON writes it: `\u202e`.
fn json_in_sight(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_visible(character) {
            shown.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            // Writing into a String cannot fail.
            let _ = write!(shown, "\\u{unit:04x}");
        }
    }
    shown
}

fn bounded(members: Map<String, Value>) -> Map<String, Value> {
    let members = members.into_iter().take(MOST_CLAIMS);
    members
        .map(|(name, value)| {
            let value = match (name.as_str(), &value) {
                ("nonce", Value::String(nonce)) => json!(Shown::fingerprint(nonce).to_string()),
                _ if value.to_string().len() > LARGEST_CLAIM => json!("(too large to show)"),
                _ => value,
            };
            (name.chars().take(64).collect(), value)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jose::{SigningAlgorithm, SigningKey};

    #[test]
    fn a_token_is_shown_without_its_signature_and_nonce() {
        let key = SigningKey::generate(SigningAlgorithm::Es256, "key-1").unwrap();
        let claims = json!({"sub": "7d2f", "nonce": "n-0S6_WzA2Mj", "email": "ada@example.com",
                            "long": "x".repeat(5000)});
        let token = key.sign(&claims).unwrap();
        let decoded = Decoded::read("ID token", &token);
        assert_eq!(decoded.header["kid"], "key-1");
        assert_eq!(decoded.claims["email"], "ada@example.com");
        assert_eq!(decoded.claims["long"], "(too large to show)");
        assert_eq!(
            decoded.claims["nonce"],
            Shown::fingerprint("n-0S6_WzA2Mj").to_string()
        );
        let signature = token.rsplit('.').next().unwrap();
        assert!(!format!("{decoded:?}").contains(signature));
        let told = decoded.without_person();
        assert_eq!(told["sub"], "7d2f");
        assert_eq!(told["email"], "(not shown)");
    }

    #[test]
    fn what_is_no_token_shows_nothing() {
        for text in ["", "opaque", "a.b", "a.b.c.d.e", &"x".repeat(100_000)] {
            assert!(!Decoded::read("access token", text).is_readable(), "{text}");
        }
    }
}
