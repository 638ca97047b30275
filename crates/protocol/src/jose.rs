//! Signed tokens: keys, key sets, signatures and the checks of what a token says.
//!
//! Verification is the work of the `jsonwebtoken` crate; what stands around it decides which key
//! and which algorithm it may use, so that nothing is believed because a token's header says it
//! ([RFC 8725 §3](https://www.rfc-editor.org/rfc/rfc8725#section-3)). Signing is done on aws-lc
//! directly, because `jsonwebtoken` parses the private key anew for each signature, which costs
//! more than the signature itself.
//!
//! | question | answer |
//! |---|---|
//! | what signs | [`SigningKey`] |
//! | what the public sees of it | [`Jwk`], [`JwkSet`] |
//! | whose signature is it | [`VerificationKeys`] |
//! | is this ID token for me | [`IdTokenVerifier`] |
//! | is this access token good here | [`AccessTokenVerifier`] |

mod access_token;
mod date;
mod id_token;
mod jwk;
mod signing;
mod verification;

#[cfg(test)]
mod fixtures;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

pub use self::access_token::{
    AccessTokenClaims, AccessTokenError, AccessTokenVerifier, AudienceCheck,
};
pub use self::date::NumericDate;
pub use self::id_token::{
    Audience, ExpectedIdToken, HashCheck, IdTokenClaims, IdTokenError, IdTokenVerifier,
    MaxAgeCheck, NonceCheck, OriginalIdToken, VerifiedIdToken,
};
pub use self::jwk::{Jwk, JwkSet, JwkSetError};
pub use self::signing::{KeyError, ProtectedHeader, SigningAlgorithm, SigningError, SigningKey};
pub use self::verification::{MAX_TOKEN_BYTES, TokenError, VerificationKeys, VerifiedToken};
pub use jsonwebtoken::Algorithm;

/// The left half of a token's or code's hash, as `at_hash` and `c_hash` carry it.
///
/// The hash function is the one that `algorithm`, the ID token's own, is built on; for `EdDSA`
/// that is SHA-512, as Ed25519 has it inside.
/// See [OpenID Connect Core §3.1.3.6](https://openid.net/specs/openid-connect-core-1_0.html#CodeIDToken).
///
/// ```
/// use pingone_protocol::jose::{Algorithm, left_half_hash};
///
/// let token = "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y";
/// assert_eq!(left_half_hash(Algorithm::RS256, token), "77QmUPtjPfzWtF2AnpK9RQ");
/// ```
pub fn left_half_hash(algorithm: Algorithm, value: &str) -> String {
    let function = match algorithm {
        Algorithm::HS384 | Algorithm::ES384 | Algorithm::RS384 | Algorithm::PS384 => {
            &digest::SHA384
        }
        Algorithm::HS512 | Algorithm::RS512 | Algorithm::PS512 | Algorithm::EdDSA => {
            &digest::SHA512
        }
        _ => &digest::SHA256,
    };
    let hash = digest::digest(function, value.as_bytes());
    let (left, _right) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(left)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// OpenID Connect Core, appendices A.3 and A.4.
    #[test]
    fn hashes_of_the_specification_examples() {
        assert_eq!(
            left_half_hash(
                Algorithm::RS256,
                "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
            ),
            "77QmUPtjPfzWtF2AnpK9RQ"
        );
        assert_eq!(
            left_half_hash(
                Algorithm::RS256,
                "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
            ),
            "LDktKdoQak3Pk0cnXxCltA"
        );
    }

    #[test]
    fn the_hash_function_follows_the_algorithm() {
        for (algorithm, bytes) in [
            (Algorithm::RS256, 16),
            (Algorithm::ES256, 16),
            (Algorithm::PS384, 24),
            (Algorithm::RS512, 32),
            (Algorithm::EdDSA, 32),
        ] {
            let hash = URL_SAFE_NO_PAD
                .decode(left_half_hash(algorithm, "token"))
                .unwrap();
            assert_eq!(hash.len(), bytes, "{algorithm:?}");
        }
    }
}
