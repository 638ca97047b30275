//! Signatures of others: which key, which algorithm, and whether it holds.

use std::fmt;

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512,
    RSA_PSS_2048_8192_SHA256, RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters,
    RsaPublicKeyComponents, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::Algorithm;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::{Jwk, JwkSet};

/// The longest token that is looked at, in bytes.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// The smallest RSA modulus that is trusted: 2048 bits.
const MIN_RSA_MODULUS_BYTES: usize = 256;

/// How much of an unknown `kid` or `alg` an error repeats.
const QUOTED_CHARACTERS: usize = 64;

/// Public keys, parsed once, that may have signed a token.
///
/// A key is used only with algorithms that its type and its `alg` member allow, and only if the
/// caller allows them too; what a token's header says selects among these and widens nothing
/// ([RFC 8725 §3.1](https://www.rfc-editor.org/rfc/rfc8725#section-3.1)). A token without a
/// signature can never pass.
///
/// ```
/// use pingone_protocol::jose::{Algorithm, JwkSet, SigningAlgorithm, SigningKey, VerificationKeys};
///
/// let key = SigningKey::generate(SigningAlgorithm::Es256, "key-1")?;
/// let keys = VerificationKeys::from_set(&JwkSet::new(vec![key.public_jwk(&[])]));
/// let token = key.sign(&serde_json::json!({"sub": "ada"}))?;
/// let verified = keys.verify::<serde_json::Value>(&token, &[Algorithm::ES256])?;
/// assert_eq!(verified.claims["sub"], "ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct VerificationKeys {
    keys: Vec<VerificationKey>,
}

#[derive(Clone)]
struct VerificationKey {
    kid: Option<String>,
    /// The key, ready for each algorithm that it may be used with: what a verification needs of it
    /// is computed once and not for every token.
    ready: Vec<(Algorithm, ParsedPublicKey)>,
}

/// A token whose signature holds. What its claims say is still to be judged.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct VerifiedToken<T> {
    /// The algorithm of the signature.
    pub algorithm: Algorithm,
    /// The header's `typ`.
    pub typ: Option<String>,
    /// The payload.
    pub claims: T,
}

/// A token that is not what it should be.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It is longer than [`MAX_TOKEN_BYTES`].
    #[error("the token has {bytes} bytes, more than the {MAX_TOKEN_BYTES} that are read")]
    TooLong {
        /// Its length.
        bytes: usize,
    },
    /// It is not three parts in base64url with a JSON header.
    #[error("the token is no signed token in compact form")]
    Malformed,
    /// It has five parts: encrypted tokens are not accepted.
    #[error("the token is encrypted; only signed tokens are accepted")]
    Encrypted,
    /// It demands extensions that nobody here knows
    /// ([RFC 7515 §4.1.11](https://www.rfc-editor.org/rfc/rfc7515#section-4.1.11)).
    #[error("the token's header marks extensions as critical, and none is supported")]
    CriticalExtension,
    /// Its algorithm is not among those that the configuration allows.
    #[error("the token is signed with `{algorithm}`, which is not allowed here")]
    AlgorithmNotAllowed {
        /// What the header says.
        algorithm: String,
    },
    /// No key has its `kid`: the keys may have been rotated, so fetch them again, once.
    #[error("no known key is named `{kid}`")]
    UnknownKey {
        /// What the header says.
        kid: String,
    },
    /// Its header names no key, and none fits its algorithm.
    #[error("the token names no key, and no known key fits its algorithm")]
    NoKeyFits,
    /// Its header names no key, and several fit.
    #[error("the token names no key, and {count} known keys fit its algorithm")]
    SeveralKeysFit {
        /// How many.
        count: usize,
    },
    /// The key that it names is for other algorithms.
    #[error("the key named `{kid}` is not for the token's algorithm")]
    KeyDoesNotFit {
        /// What the header says.
        kid: String,
    },
    /// The signature is not that key's over this text.
    #[error("the token's signature does not hold")]
    InvalidSignature,
    /// The signature holds, but the claims are not of the expected form.
    #[error("the token's claims cannot be read: {reason}")]
    InvalidClaims {
        /// Which claim, and why.
        reason: String,
    },
}

impl VerificationKeys {
    /// Takes the keys of a set that can verify signatures; encryption keys, unknown types and keys
    /// that are too weak are left out.
    pub fn from_set(set: &JwkSet) -> Self {
        Self {
            keys: set
                .keys
                .iter()
                .filter_map(VerificationKey::from_jwk)
                .collect(),
        }
    }

    /// How many usable keys there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether no key is usable.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Checks a token's signature and reads its claims.
    ///
    /// The key is the one that the header's `kid` names; without a `kid` it is the only key that
    /// fits the algorithm, if there is exactly one. Nothing in the claims is checked.
    ///
    /// # Errors
    ///
    /// [`TokenError::UnknownKey`] when the keys should be fetched again; any other variant when
    /// the token is no good.
    pub fn verify<T: DeserializeOwned>(
        &self,
        token: &str,
        allowed: &[Algorithm],
    ) -> Result<VerifiedToken<T>, TokenError> {
        let header = Header::read(token)?;
        let algorithm = header.algorithm(allowed)?;
        let key = self.choose(header.kid.as_deref(), algorithm)?;

        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let signature = decoded(signature)?;
        key.verify_sig(message.as_bytes(), &signature)
            .map_err(|_| TokenError::InvalidSignature)?;
        let (_, payload) = message.split_once('.').ok_or(TokenError::Malformed)?;
        let claims = serde_json::from_slice(&decoded(payload)?);
        let claims = claims.map_err(|cause| TokenError::InvalidClaims {
            reason: cause.to_string(),
        })?;
        Ok(VerifiedToken {
            algorithm,
            typ: header.typ,
            claims,
        })
    }

    fn choose<'a>(
        &'a self,
        kid: Option<&str>,
        algorithm: Algorithm,
    ) -> Result<&'a ParsedPublicKey, TokenError> {
        let fits = |key: &'a VerificationKey| key.ready_for(algorithm);
        let Some(kid) = kid else {
            let mut fitting = self.keys.iter().filter_map(fits);
            return match (fitting.next(), fitting.count()) {
                (Some(key), 0) => Ok(key),
                (Some(_), others) => Err(TokenError::SeveralKeysFit { count: others + 1 }),
                (None, _) => Err(TokenError::NoKeyFits),
            };
        };
        let mut named = self
            .keys
            .iter()
            .filter(|key| key.kid.as_deref() == Some(kid))
            .peekable();
        if named.peek().is_none() {
            return Err(TokenError::UnknownKey { kid: quoted(kid) });
        }
        named
            .find_map(fits)
            .ok_or_else(|| TokenError::KeyDoesNotFit { kid: quoted(kid) })
    }
}

impl VerificationKey {
    fn from_jwk(jwk: &Jwk) -> Option<Self> {
        if jwk
            .key_use
            .as_deref()
            .is_some_and(|purpose| purpose != "sig")
        {
            return None;
        }
        if let Some(operations) = jwk.others.get("key_ops") {
            let may_verify = |operation: &serde_json::Value| operation.as_str() == Some("verify");
            if !operations.as_array()?.iter().any(may_verify) {
                return None;
            }
        }
        let named = |algorithm: &Algorithm| {
            jwk.alg
                .as_deref()
                .is_none_or(|name| name.parse().ok() == Some(*algorithm))
        };
        let ready: Vec<_> = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
            ("RSA", _) => {
                let components = RsaPublicKeyComponents {
                    n: member(jwk.n.as_deref())?,
                    e: member(jwk.e.as_deref())?,
                };
                if components.n.len() < MIN_RSA_MODULUS_BYTES {
                    return None;
                }
                let algorithms = RSA.iter().filter(|(algorithm, _)| named(algorithm));
                algorithms
                    .map(|(algorithm, parameters)| {
                        let key = components.to_parsed_public_key(parameters).ok()?;
                        Some((*algorithm, key))
                    })
                    .collect::<Option<_>>()?
            }
            ("EC", Some("P-256")) => {
                let key = ec_key(&ECDSA_P256_SHA256_FIXED, jwk)?;
                vec![(Algorithm::ES256, key)]
            }
            ("EC", Some("P-384")) => {
                let key = ec_key(&ECDSA_P384_SHA384_FIXED, jwk)?;
                vec![(Algorithm::ES384, key)]
            }
            ("OKP", Some("Ed25519")) => {
                let key = ParsedPublicKey::new(&ED25519, member(jwk.x.as_deref())?).ok()?;
                vec![(Algorithm::EdDSA, key)]
            }
            _ => return None,
        };
        let ready: Vec<_> = ready
            .into_iter()
            .filter(|(algorithm, _)| named(algorithm))
            .collect();
        if ready.is_empty() {
            return None;
        }
        Some(Self {
            kid: jwk.kid.clone(),
            ready,
        })
    }

    fn ready_for(&self, algorithm: Algorithm) -> Option<&ParsedPublicKey> {
        let mut ready = self.ready.iter();
        let found = ready.find(|(known, _)| *known == algorithm);
        found.map(|(_, key)| key)
    }
}

impl fmt::Debug for VerificationKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let algorithms: Vec<_> = self.ready.iter().map(|(algorithm, _)| algorithm).collect();
        f.debug_struct("VerificationKey")
            .field("kid", &self.kid)
            .field("algorithms", &algorithms)
            .finish_non_exhaustive()
    }
}

const RSA: [(Algorithm, &RsaParameters); 6] = [
    (Algorithm::RS256, &RSA_PKCS1_2048_8192_SHA256),
    (Algorithm::RS384, &RSA_PKCS1_2048_8192_SHA384),
    (Algorithm::RS512, &RSA_PKCS1_2048_8192_SHA512),
    (Algorithm::PS256, &RSA_PSS_2048_8192_SHA256),
    (Algorithm::PS384, &RSA_PSS_2048_8192_SHA384),
    (Algorithm::PS512, &RSA_PSS_2048_8192_SHA512),
];

fn member(text: Option<&str>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

/// A point of a curve, written uncompressed
/// ([SEC 1 §2.3.3](https://www.secg.org/sec1-v2.pdf): `04`, x, y).
fn ec_key(algorithm: &'static dyn VerificationAlgorithm, jwk: &Jwk) -> Option<ParsedPublicKey> {
    let (x, y) = (member(jwk.x.as_deref())?, member(jwk.y.as_deref())?);
    ParsedPublicKey::new(algorithm, [&[4], &*x, &*y].concat()).ok()
}

fn decoded(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(part)
        .map_err(|_| TokenError::Malformed)
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "present")]
    crit: bool,
}

impl Header {
    fn read(token: &str) -> Result<Self, TokenError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(TokenError::TooLong { bytes: token.len() });
        }
        match token.bytes().filter(|byte| *byte == b'.').count() {
            2 => {}
            4 => return Err(TokenError::Encrypted),
            _ => return Err(TokenError::Malformed),
        }
        let (encoded, _) = token.split_once('.').ok_or(TokenError::Malformed)?;
        let json = URL_SAFE_NO_PAD
            .decode(encoded)
            .map_err(|_| TokenError::Malformed)?;
        let header: Self = serde_json::from_slice(&json).map_err(|_| TokenError::Malformed)?;
        if header.crit {
            return Err(TokenError::CriticalExtension);
        }
        Ok(header)
    }

    fn algorithm(&self, allowed: &[Algorithm]) -> Result<Algorithm, TokenError> {
        let known: Option<Algorithm> = self.alg.parse().ok();
        known
            .filter(|algorithm| allowed.contains(algorithm))
            .ok_or_else(|| TokenError::AlgorithmNotAllowed {
                algorithm: quoted(&self.alg),
            })
    }
}

/// Any `crit` at all, `null` and nonsense included, counts as one.
fn present<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    serde::de::IgnoredAny::deserialize(deserializer)?;
    Ok(true)
}

fn quoted(text: &str) -> String {
    text.chars().take(QUOTED_CHARACTERS).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::super::fixtures::{other_rsa_key, published, rsa_key};
    use super::super::{SigningAlgorithm, SigningKey};
    use super::*;

    const RS256: &[Algorithm] = &[Algorithm::RS256];

    fn with_header(header: &Value, payload: &Value, signature: &str) -> String {
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        format!("{}.{}.{signature}", part(header), part(payload))
    }

    /// A token with any header, really signed: the header cannot be chosen through `SigningKey`.
    fn signed_with_header(header: &Value) -> String {
        use aws_lc_rs::rand::SystemRandom;
        use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};

        let pair = RsaKeyPair::from_pkcs8(&rsa_key().to_pkcs8().unwrap()).unwrap();
        let unsigned = with_header(header, &json!({"sub": "ada"}), "");
        let message = unsigned.trim_end_matches('.');
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(
            &RSA_PKCS1_SHA256,
            &SystemRandom::new(),
            message.as_bytes(),
            &mut signature,
        )
        .unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn check(keys: &VerificationKeys, token: &str) -> Result<Value, TokenError> {
        keys.verify::<Value>(token, RS256).map(|token| token.claims)
    }

    /// RFC 7515, appendix A.2.
    const RFC_MODULUS: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
    const RFC_TOKEN: &str = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";

    fn rfc_keys() -> VerificationKeys {
        let mut jwk = Jwk::new("RSA");
        jwk.n = Some(RFC_MODULUS.to_owned());
        jwk.e = Some("AQAB".to_owned());
        VerificationKeys::from_set(&JwkSet { keys: vec![jwk] })
    }

    #[test]
    fn rfc_7515_appendix_a_2() {
        let claims = check(&rfc_keys(), RFC_TOKEN).unwrap();
        assert_eq!(
            claims,
            json!({"iss": "joe", "exp": 1_300_819_380, "http://example.com/is_root": true})
        );
    }

    #[test]
    fn every_flipped_byte_and_every_truncation_is_refused() {
        let keys = rfc_keys();
        for position in 0..RFC_TOKEN.len() {
            let mut bytes = RFC_TOKEN.as_bytes().to_vec();
            bytes[position] ^= 1;
            let token = String::from_utf8(bytes).unwrap();
            assert!(check(&keys, &token).is_err(), "byte {position} flipped");
            let (cut, _) = RFC_TOKEN.split_at(position);
            assert!(check(&keys, cut).is_err(), "cut at {position}");
        }
        assert!(check(&keys, &format!("{RFC_TOKEN}A")).is_err());
        assert!(check(&keys, &format!("{RFC_TOKEN}=")).is_err());
        assert!(check(&keys, &format!(" {RFC_TOKEN}")).is_err());
    }

    #[test]
    fn idtoken_sig_rs256_is_accepted() {
        let token = rsa_key().sign(&json!({"sub": "ada"})).unwrap();
        assert_eq!(
            check(&published(&[other_rsa_key(), rsa_key()]), &token).unwrap(),
            json!({"sub": "ada"})
        );
    }

    #[test]
    fn invalid_sig_rs256_is_refused() {
        let impostor = SigningKey::from_pkcs8(
            SigningAlgorithm::Rs256,
            rsa_key().kid(),
            &other_rsa_key().to_pkcs8().unwrap(),
        )
        .unwrap();
        let token = impostor.sign(&json!({"sub": "ada"})).unwrap();
        assert!(matches!(
            check(&published(&[rsa_key()]), &token),
            Err(TokenError::InvalidSignature)
        ));
    }

    #[test]
    fn invalid_sig_es256_is_refused() {
        let key = SigningKey::generate(SigningAlgorithm::Es256, "e").unwrap();
        let other = SigningKey::generate(SigningAlgorithm::Es256, "e").unwrap();
        let token = other.sign(&json!({})).unwrap();
        assert!(matches!(
            published(&[&key]).verify::<Value>(&token, &[Algorithm::ES256]),
            Err(TokenError::InvalidSignature)
        ));
        assert!(
            published(&[&other])
                .verify::<Value>(&token, &[Algorithm::ES256])
                .is_ok()
        );
    }

    #[test]
    fn idtoken_sig_none_is_refused() {
        let keys = published(&[rsa_key()]);
        for name in ["none", "None", "NONE", "nOnE", ""] {
            for kid in [json!(rsa_key().kid()), Value::Null] {
                let token = with_header(&json!({"alg": name, "kid": kid}), &json!({}), "");
                assert!(
                    matches!(
                        check(&keys, &token),
                        Err(TokenError::AlgorithmNotAllowed { .. })
                    ),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn the_header_does_not_choose_the_algorithm() {
        // The classic: the public key used as an HMAC secret.
        let keys = published(&[rsa_key()]);
        let header = json!({"alg": "HS256", "kid": rsa_key().kid()});
        let token = with_header(&header, &json!({}), "c2ln");
        assert!(matches!(
            check(&keys, &token),
            Err(TokenError::AlgorithmNotAllowed { .. })
        ));
        // Even with HS256 allowed by mistake, an RSA key is none for it.
        assert!(matches!(
            keys.verify::<Value>(&token, &[Algorithm::HS256, Algorithm::RS256]),
            Err(TokenError::KeyDoesNotFit { .. })
        ));
    }

    #[test]
    fn a_key_is_bound_to_its_own_algorithm() {
        let token = rsa_key().sign(&json!({})).unwrap();
        let mut jwk = rsa_key().public_jwk(&[]);
        jwk.alg = Some("RS512".to_owned());
        let keys = VerificationKeys::from_set(&JwkSet { keys: vec![jwk] });
        assert!(matches!(
            check(&keys, &token),
            Err(TokenError::KeyDoesNotFit { .. })
        ));
    }

    #[test]
    fn kid_absent_with_one_key_is_accepted() {
        let token = signed_with_header(&json!({"alg": "RS256"}));
        let ec = SigningKey::generate(SigningAlgorithm::Es256, "e").unwrap();
        assert!(check(&published(&[rsa_key()]), &token).is_ok());
        // A key that cannot have made the signature does not count.
        assert!(check(&published(&[&ec, rsa_key()]), &token).is_ok());
    }

    #[test]
    fn kid_absent_with_several_keys_is_refused() {
        let token = signed_with_header(&json!({"alg": "RS256"}));
        assert!(matches!(
            check(&published(&[rsa_key(), other_rsa_key()]), &token),
            Err(TokenError::SeveralKeysFit { count: 2 })
        ));
        assert!(matches!(
            check(&published(&[]), &token),
            Err(TokenError::NoKeyFits)
        ));
    }

    #[test]
    fn an_unknown_kid_asks_for_the_keys_again() {
        let token = rsa_key().sign(&json!({})).unwrap();
        match check(&published(&[other_rsa_key()]), &token) {
            Err(TokenError::UnknownKey { kid }) => assert_eq!(kid, rsa_key().kid()),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn signing_key_rotation_keeps_old_tokens_good_while_the_old_key_is_published() {
        let before = rsa_key().sign(&json!({})).unwrap();
        let after = other_rsa_key().sign(&json!({})).unwrap();
        let both = published(&[rsa_key(), other_rsa_key()]);
        assert!(check(&both, &before).is_ok());
        assert!(check(&both, &after).is_ok());
    }

    #[test]
    fn critical_extensions_are_refused() {
        let keys = published(&[rsa_key()]);
        for crit in [json!(["b64"]), json!([]), json!(null), json!("x")] {
            let token = signed_with_header(&json!({"alg": "RS256", "crit": crit}));
            assert!(
                matches!(check(&keys, &token), Err(TokenError::CriticalExtension)),
                "{crit}"
            );
        }
    }

    #[test]
    fn keys_in_the_header_are_not_believed() {
        let foreign = serde_json::to_value(other_rsa_key().public_jwk(&[])).unwrap();
        let token = signed_with_header(&json!({"alg": "RS256", "kid": "x", "jwk": foreign}));
        assert!(matches!(
            check(&published(&[rsa_key()]), &token),
            Err(TokenError::UnknownKey { .. })
        ));
    }

    #[test]
    fn long_encrypted_and_broken_tokens_are_refused_before_any_key_is_tried() {
        let keys = published(&[rsa_key()]);
        let long = "a".repeat(MAX_TOKEN_BYTES + 1);
        assert!(matches!(
            check(&keys, &long),
            Err(TokenError::TooLong { .. })
        ));
        assert!(matches!(
            check(&keys, "a.b.c.d.e"),
            Err(TokenError::Encrypted)
        ));
        for token in [
            "",
            ".",
            "..",
            "a",
            "a.b",
            "a.b.c",
            "a.b.c.d",
            "e30.e30.",
            "W10.e30.e30",
        ] {
            assert!(
                matches!(check(&keys, token), Err(TokenError::Malformed)),
                "{token}"
            );
        }
    }

    #[test]
    fn keys_that_cannot_verify_are_left_out() {
        let good = rsa_key().public_jwk(&[]);
        let mut encryption = good.clone();
        encryption.key_use = Some("enc".to_owned());
        let mut signing_only = good.clone();
        signing_only
            .others
            .insert("key_ops".to_owned(), json!(["sign"]));
        let mut weak = good.clone();
        weak.n = Some(URL_SAFE_NO_PAD.encode([0xff; 128]));
        let mut secret = Jwk::new("oct");
        secret.others.insert("k".to_owned(), json!("c2VjcmV0"));
        let set = JwkSet {
            keys: vec![encryption, signing_only, weak, secret, good],
        };
        assert_eq!(VerificationKeys::from_set(&set).len(), 1);
    }

    proptest! {
        #[test]
        fn no_text_is_a_token(text in "[ -~]{0,40}(\\.[A-Za-z0-9_-]{0,40}){0,4}") {
            prop_assert!(check(&published(&[rsa_key()]), &text).is_err());
        }

        #[test]
        fn no_header_makes_a_token(
            alg in any::<String>(), kid in proptest::option::of(any::<String>()),
        ) {
            let token = with_header(&json!({"alg": alg, "kid": kid}), &json!({}), "c2ln");
            prop_assert!(check(&published(&[rsa_key()]), &token).is_err());
        }
    }
}
