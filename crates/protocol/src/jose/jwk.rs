//! Public keys as JSON: [RFC 7517](https://www.rfc-editor.org/rfc/rfc7517).

use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

/// How many keys of a set are kept; the rest is left out.
const MAX_KEYS: usize = 64;

/// The largest key set that is read, in bytes. Certificate chains make sets large.
const MAX_SET_BYTES: usize = 256 * 1024;

/// One public key.
///
/// Members that this type does not name survive in [`Jwk::others`], so a set that is read and
/// written again loses nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Jwk {
    /// The family: `RSA`, `EC`, `OKP`, …
    pub kty: String,
    /// RSA: the public exponent, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// The key's name, which tokens repeat in their header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
    /// What the key is for: `sig` or `enc`.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub key_use: Option<String>,
    /// The only algorithm that the key is for. PingOne leaves it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alg: Option<String>,
    /// RSA: the modulus, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// EC and OKP: the curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// EC and OKP: the first coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// EC: the second coordinate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// The SHA-1 of the certificate, base64url.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x5t: Option<String>,
    /// The certificate chain, leaf first, each in standard base64.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub x5c: Vec<String>,
    /// All further members.
    #[serde(flatten)]
    pub others: Map<String, Value>,
}

impl Jwk {
    /// A key of family `kty` (`RSA`, `EC`, `OKP`, …) without any members yet.
    pub fn new(kty: impl Into<String>) -> Self {
        Self {
            kty: kty.into(),
            e: None,
            kid: None,
            key_use: None,
            alg: None,
            n: None,
            crv: None,
            x: None,
            y: None,
            x5t: None,
            x5c: Vec::new(),
            others: Map::new(),
        }
    }

    /// The SHA-256 thumbprint, base64url; nothing for a key of an unknown family.
    ///
    /// See [RFC 7638](https://www.rfc-editor.org/rfc/rfc7638).
    pub fn thumbprint(&self) -> Option<String> {
        let json = serde_json::to_value(self).ok()?;
        let key: jsonwebtoken::jwk::Jwk = serde_json::from_value(json).ok()?;
        key.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256)
            .ok()
    }
}

/// A set of public keys, as a JWKS endpoint publishes it.
///
/// An entry that is no key at all is left out without making the set unreadable
/// ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)); of very long sets the first
/// 64 keys are kept.
///
/// ```
/// use pingone_protocol::jose::JwkSet;
///
/// let set = JwkSet::parse(br#"{"keys": [{"kty": "RSA", "n": "AQ", "e": "AQAB"}, "no key"]}"#)?;
/// assert_eq!(set.keys.len(), 1);
/// # Ok::<(), pingone_protocol::jose::JwkSetError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct JwkSet {
    /// The keys, in the order of the document.
    #[serde(deserialize_with = "readable_keys")]
    pub keys: Vec<Jwk>,
}

/// A document that is no usable key set.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum JwkSetError {
    /// The document is larger than anybody's keys need.
    #[error("the key set has {bytes} bytes, more than the {MAX_SET_BYTES} that are read")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The document is not JSON with an array `keys`.
    #[error("the key set is not a JSON object with an array `keys`")]
    Malformed(#[source] serde_json::Error),
}

impl JwkSet {
    /// A set of these keys.
    pub fn new(keys: Vec<Jwk>) -> Self {
        Self { keys }
    }

    /// Reads a JWKS document.
    ///
    /// # Errors
    ///
    /// [`JwkSetError`] when it is too large or is no key set. Single keys that cannot be read are
    /// no error.
    pub fn parse(document: &[u8]) -> Result<Self, JwkSetError> {
        if document.len() > MAX_SET_BYTES {
            return Err(JwkSetError::TooLarge {
                bytes: document.len(),
            });
        }
        serde_json::from_slice(document).map_err(JwkSetError::Malformed)
    }
}

fn readable_keys<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Jwk>, D::Error> {
    struct Keys;

    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<Jwk>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array of keys")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Vec<Jwk>, A::Error> {
            let mut keys = Vec::new();
            while keys.len() < MAX_KEYS {
                let Some(entry) = entries.next_element::<Value>()? else {
                    return Ok(keys);
                };
                keys.extend(serde_json::from_value::<Jwk>(entry).ok());
            }
            while entries.next_element::<IgnoredAny>()?.is_some() {}
            Ok(keys)
        }
    }

    deserializer.deserialize_seq(Keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 7638, section 3.1.
    #[test]
    fn thumbprint_of_the_specification_example() {
        let key: Jwk = serde_json::from_str(
            r#"{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}"#,
        )
        .unwrap();
        assert_eq!(
            key.thumbprint().as_deref(),
            Some("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
        );
    }

    #[test]
    fn strange_keys_and_members_do_not_spoil_the_set() {
        let set = JwkSet::parse(
            br#"{"keys":[{"kty":"FUTURE","kid":"a","zzz":{"b":1}}, 17, {"kid":"no family"},
                {"kty":"RSA","n":5}, {"kty":"RSA","n":"AQ","e":"AQAB"}], "more": true}"#,
        )
        .unwrap();
        let families: Vec<_> = set.keys.iter().map(|key| key.kty.as_str()).collect();
        assert_eq!(families, ["FUTURE", "RSA"]);
        let written = serde_json::to_string(&set).unwrap();
        assert!(written.contains(r#""zzz":{"b":1}"#), "{written}");
        assert_eq!(set.keys[0].thumbprint(), None);
    }

    #[test]
    fn long_and_large_sets_are_bounded() {
        let many = format!(
            "{{\"keys\":[{}]}}",
            vec![r#"{"kty":"RSA"}"#; 1000].join(",")
        );
        assert_eq!(JwkSet::parse(many.as_bytes()).unwrap().keys.len(), MAX_KEYS);

        let large = format!("{{\"keys\":[], \"x\":\"{}\"}}", "a".repeat(MAX_SET_BYTES));
        assert!(matches!(
            JwkSet::parse(large.as_bytes()),
            Err(JwkSetError::TooLarge { .. })
        ));
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for document in ["", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[}"#, "<html>"] {
            assert!(
                matches!(
                    JwkSet::parse(document.as_bytes()),
                    Err(JwkSetError::Malformed(_))
                ),
                "{document}"
            );
        }
    }
}
