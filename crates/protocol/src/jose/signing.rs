//! Private keys that sign tokens.

use std::fmt;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::Jwk;

/// The algorithms that we sign with.
///
/// RS256 is PingOne's and the default; ES256 signs fourteen times as fast, for applications that
/// ask for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SigningAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256, keys of 2048 bits.
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    /// ECDSA on P-256 with SHA-256.
    #[serde(rename = "ES256")]
    Es256,
}

impl SigningAlgorithm {
    /// The name in a token's header.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
        }
    }
}

impl From<SigningAlgorithm> for Algorithm {
    fn from(algorithm: SigningAlgorithm) -> Self {
        match algorithm {
            SigningAlgorithm::Rs256 => Self::RS256,
            SigningAlgorithm::Es256 => Self::ES256,
        }
    }
}

/// A private key that could not be made or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The cryptographic library made no key.
    #[error("a new {} key could not be made", .0.as_str())]
    Generation(SigningAlgorithm),
    /// The bytes are not such a key in PKCS#8.
    #[error("these bytes are no {} private key in PKCS#8 form", .0.as_str())]
    Unreadable(SigningAlgorithm),
    /// The key would not be written out.
    #[error("the private key could not be written in PKCS#8 form")]
    Unwritable,
}

/// A token that could not be signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SigningError {
    /// The claims cannot be JSON.
    #[error("the claims cannot be written as JSON")]
    Claims(#[source] serde_json::Error),
    /// The cryptographic library refused.
    #[error("the signature could not be made")]
    Signature,
}

/// A private key with its name, parsed once and ready to sign.
///
/// An RSA signature takes about a quarter of a millisecond of CPU: with many at once, call
/// [`SigningKey::sign`] off the async threads.
///
/// ```
/// use pingone_protocol::jose::{JwkSet, SigningAlgorithm, SigningKey};
///
/// let key = SigningKey::generate(SigningAlgorithm::Es256, "key-1")?;
/// let token = key.sign(&serde_json::json!({"sub": "ada"}))?;
/// assert_eq!(token.split('.').count(), 3);
/// let published = JwkSet::new(vec![key.public_jwk(&[])]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct SigningKey {
    kid: String,
    pair: Pair,
    header: ProtectedHeader,
}

enum Pair {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
}

/// A token's header, encoded once: `{"kid", "alg"}` and, if wanted, `typ`.
#[derive(Clone, Debug)]
pub struct ProtectedHeader(String);

impl SigningKey {
    /// Makes a new key; `kid` is its name, at PingOne a UUID.
    ///
    /// The randomness is the cryptographic library's own.
    ///
    /// # Errors
    ///
    /// [`KeyError::Generation`] when the library fails.
    pub fn generate(algorithm: SigningAlgorithm, kid: impl Into<String>) -> Result<Self, KeyError> {
        let failed = |_| KeyError::Generation(algorithm);
        let pair = match algorithm {
            SigningAlgorithm::Rs256 => {
                Pair::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).map_err(failed)?)
            }
            SigningAlgorithm::Es256 => Pair::P256(
                EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(failed)?,
            ),
        };
        Ok(Self::new(pair, kid.into()))
    }

    /// Reads a key in DER-encoded PKCS#8.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unreadable`] for anything but a key for `algorithm`.
    pub fn from_pkcs8(
        algorithm: SigningAlgorithm,
        kid: impl Into<String>,
        pkcs8: &[u8],
    ) -> Result<Self, KeyError> {
        let unreadable = |_| KeyError::Unreadable(algorithm);
        let pair = match algorithm {
            SigningAlgorithm::Rs256 => {
                Pair::Rsa(RsaKeyPair::from_pkcs8(pkcs8).map_err(unreadable)?)
            }
            SigningAlgorithm::Es256 => Pair::P256(
                EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8)
                    .map_err(unreadable)?,
            ),
        };
        Ok(Self::new(pair, kid.into()))
    }

    fn new(pair: Pair, kid: String) -> Self {
        let header = ProtectedHeader::encode(&kid, pair.algorithm(), None);
        Self { kid, pair, header }
    }

    /// The private key in DER-encoded PKCS#8; the bytes are wiped when dropped.
    ///
    /// # Errors
    ///
    /// [`KeyError::Unwritable`] when the library fails.
    pub fn to_pkcs8(&self) -> Result<Zeroizing<Vec<u8>>, KeyError> {
        let unwritable = |_| KeyError::Unwritable;
        let bytes = match &self.pair {
            Pair::Rsa(pair) => pair.as_der().map_err(unwritable)?.as_ref().to_vec(),
            Pair::P256(pair) => pair.to_pkcs8v1().map_err(unwritable)?.as_ref().to_vec(),
        };
        Ok(Zeroizing::new(bytes))
    }

    /// The key's name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The algorithm of its signatures.
    pub const fn algorithm(&self) -> SigningAlgorithm {
        self.pair.algorithm()
    }

    /// The header of this key's tokens with a `typ`, such as `at+jwt` or `logout+jwt`.
    ///
    /// Make it once and keep it for [`SigningKey::sign_with`].
    pub fn header(&self, typ: &str) -> ProtectedHeader {
        ProtectedHeader::encode(&self.kid, self.algorithm(), Some(typ))
    }

    /// Signs claims; the header is `{"kid", "alg"}`, as PingOne's.
    ///
    /// # Errors
    ///
    /// [`SigningError`] when the claims cannot be JSON or the library fails.
    pub fn sign(&self, claims: &impl Serialize) -> Result<String, SigningError> {
        self.sign_with(&self.header, claims)
    }

    /// Signs claims under a header made by [`SigningKey::header`] of this same key.
    ///
    /// # Errors
    ///
    /// [`SigningError`] when the claims cannot be JSON or the library fails.
    pub fn sign_with(
        &self,
        header: &ProtectedHeader,
        claims: &impl Serialize,
    ) -> Result<String, SigningError> {
        let payload = serde_json::to_vec(claims).map_err(SigningError::Claims)?;
        let signature_bytes = self.pair.signature_bytes();
        let mut token =
            String::with_capacity(header.0.len() + (payload.len() + signature_bytes) * 4 / 3 + 8);
        token.push_str(&header.0);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&payload, &mut token);
        let signature = self.pair.sign(token.as_bytes())?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
        Ok(token)
    }

    /// The public half for the JWKS, with `alg` and the members that PingOne's keys have.
    ///
    /// `certificate_chain` holds DER certificates, the leaf over this very key first; there are
    /// clients that read the key from the certificate and not from `n` and `e`. Without a chain
    /// `x5t` and `x5c` are left out.
    pub fn public_jwk(&self, certificate_chain: &[Vec<u8>]) -> Jwk {
        let mut jwk = self.pair.public_jwk();
        jwk.kid = Some(self.kid.clone());
        jwk.key_use = Some("sig".to_owned());
        jwk.alg = Some(self.algorithm().as_str().to_owned());
        jwk.x5t = certificate_chain
            .first()
            .map(|leaf| URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, leaf)));
        jwk.x5c = certificate_chain
            .iter()
            .map(|certificate| STANDARD.encode(certificate))
            .collect();
        jwk
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

impl ProtectedHeader {
    fn encode(kid: &str, algorithm: SigningAlgorithm, typ: Option<&str>) -> Self {
        #[derive(Serialize)]
        struct Members<'a> {
            kid: &'a str,
            alg: &'static str,
            #[serde(skip_serializing_if = "Option::is_none")]
            typ: Option<&'a str>,
        }

        let members = Members {
            kid,
            alg: algorithm.as_str(),
            typ,
        };
        let json = serde_json::to_vec(&members).expect("three texts are always JSON");
        Self(URL_SAFE_NO_PAD.encode(json))
    }
}

impl Pair {
    const fn algorithm(&self) -> SigningAlgorithm {
        match self {
            Self::Rsa(_) => SigningAlgorithm::Rs256,
            Self::P256(_) => SigningAlgorithm::Es256,
        }
    }

    fn signature_bytes(&self) -> usize {
        match self {
            Self::Rsa(pair) => pair.public_modulus_len(),
            Self::P256(_) => 64,
        }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SigningError> {
        let failed = |_| SigningError::Signature;
        match self {
            Self::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(
                    &RSA_PKCS1_SHA256,
                    &SystemRandom::new(),
                    message,
                    &mut signature,
                )
                .map_err(failed)?;
                Ok(signature)
            }
            Self::P256(pair) => {
                let signature = pair.sign(&SystemRandom::new(), message).map_err(failed)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }

    fn public_jwk(&self) -> Jwk {
        match self {
            Self::Rsa(pair) => {
                let public = pair.public_key();
                let number = |positive: aws_lc_rs::io::Positive<'_>| {
                    Some(URL_SAFE_NO_PAD.encode(positive.big_endian_without_leading_zero()))
                };
                let mut jwk = Jwk::new("RSA");
                jwk.e = number(public.exponent());
                jwk.n = number(public.modulus());
                jwk
            }
            Self::P256(pair) => {
                // An uncompressed point: 0x04, then both coordinates.
                let point = pair.public_key().as_ref().get(1..).unwrap_or_default();
                let (x, y) = point.split_at(point.len() / 2);
                let mut jwk = Jwk::new("EC");
                jwk.crv = Some("P-256".to_owned());
                jwk.x = Some(URL_SAFE_NO_PAD.encode(x));
                jwk.y = Some(URL_SAFE_NO_PAD.encode(y));
                jwk
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fixtures::rsa_key;
    use super::*;
    use crate::jose::{JwkSet, VerificationKeys};

    fn keys_of(key: &SigningKey) -> VerificationKeys {
        VerificationKeys::from_set(&JwkSet {
            keys: vec![key.public_jwk(&[])],
        })
    }

    #[test]
    fn the_header_is_pingones() {
        let token = rsa_key().sign(&json!({})).unwrap();
        let (header, _) = token.split_once('.').unwrap();
        assert_eq!(
            String::from_utf8(URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap(),
            format!(r#"{{"kid":"{}","alg":"RS256"}}"#, rsa_key().kid())
        );
    }

    #[test]
    fn a_typ_is_written_and_read() {
        let token = rsa_key()
            .sign_with(&rsa_key().header("at+jwt"), &json!({"a": 1}))
            .unwrap();
        let read = keys_of(rsa_key())
            .verify::<serde_json::Value>(&token, &[Algorithm::RS256])
            .unwrap();
        assert_eq!(read.typ.as_deref(), Some("at+jwt"));
        assert_eq!(read.claims, json!({"a": 1}));
    }

    #[test]
    fn both_algorithms_sign_what_the_library_verifies_and_survive_pkcs8() {
        for algorithm in [SigningAlgorithm::Rs256, SigningAlgorithm::Es256] {
            let key = SigningKey::generate(algorithm, "k").unwrap();
            let again = SigningKey::from_pkcs8(algorithm, "k", &key.to_pkcs8().unwrap()).unwrap();
            assert_eq!(again.public_jwk(&[]), key.public_jwk(&[]));
            let token = again.sign(&json!({"sub": "ada"})).unwrap();
            let read = keys_of(&key)
                .verify::<serde_json::Value>(&token, &[algorithm.into()])
                .unwrap();
            assert_eq!(read.claims, json!({"sub": "ada"}));
        }
    }

    #[test]
    fn a_key_of_the_other_kind_is_unreadable() {
        let pkcs8 = rsa_key().to_pkcs8().unwrap();
        assert_eq!(
            SigningKey::from_pkcs8(SigningAlgorithm::Es256, "k", &pkcs8).unwrap_err(),
            KeyError::Unreadable(SigningAlgorithm::Es256)
        );
        assert_eq!(
            SigningKey::from_pkcs8(SigningAlgorithm::Rs256, "k", b"junk").unwrap_err(),
            KeyError::Unreadable(SigningAlgorithm::Rs256)
        );
    }

    #[test]
    fn the_public_key_carries_its_certificates() {
        let chain = [b"leaf".to_vec(), b"root".to_vec()];
        let jwk = rsa_key().public_jwk(&chain);
        assert_eq!(jwk.e.as_deref(), Some("AQAB"));
        assert_eq!(jwk.key_use.as_deref(), Some("sig"));
        assert_eq!(jwk.x5c, [STANDARD.encode("leaf"), STANDARD.encode("root")]);
        assert_eq!(jwk.x5t.map(|hash| hash.len()), Some(27));
        assert!(rsa_key().public_jwk(&[]).x5t.is_none());
    }

    #[test]
    fn debug_shows_no_key_material() {
        assert_eq!(
            format!("{:?}", rsa_key()),
            format!(
                "SigningKey {{ kid: {:?}, algorithm: Rs256, .. }}",
                rsa_key().kid()
            )
        );
    }
}
