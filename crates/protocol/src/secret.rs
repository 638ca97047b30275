//! Secrets: in flight they hide from `Debug`, at rest there is only their digest.

use std::fmt;

use aws_lc_rs::{constant_time, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::Random;

/// The SHA-256 of `text` in base64url: 43 characters.
///
/// Right for secrets that are random; a password needs a slow hash instead.
///
/// ```
/// use pingone_protocol::secret::sha256;
///
/// assert_eq!(sha256("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
/// ```
pub fn sha256(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, text.as_bytes()))
}

/// Whether two texts are equal, found out in a time that tells nothing about where they differ.
pub fn is_equal(one: &str, other: &str) -> bool {
    constant_time::verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

macro_rules! secrets {
    ($($(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Deserialize)]
        #[serde(transparent)]
        pub struct $name(SecretString);

        impl $name {
            /// Wraps the secret text.
            pub fn new(text: impl Into<String>) -> Self {
                Self(SecretString::from(text.into()))
            }

            /// The secret text, to send, hash or compare it; never to log it.
            pub fn expose(&self) -> &str {
                self.0.expose_secret()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }

        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({"type": "string", "format": "password"})
            }
        }
    )+};
}

macro_rules! digests {
    ($($secret:ident => $(#[$doc:meta])* $name:ident;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Wraps a digest that was read from a store.
            pub fn from_stored(text: String) -> Self {
                Self(text)
            }

            /// The digest: 43 characters of base64url.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                is_equal(&self.0, &other.0)
            }
        }

        impl Eq for $name {}

        impl $secret {
            /// What a store keeps of it.
            pub fn digest(&self) -> $name {
                $name(sha256(self.expose()))
            }
        }
    )+};
}

secrets! {
    /// An access token.
    AccessToken;
    /// An authorization code.
    AuthorizationCode;
    /// A client secret.
    ClientSecret;
    /// What an authenticator application makes one-time passwords of.
    DeviceSecret;
    /// An ID token. It carries personal data, so it is kept out of logs like a secret.
    IdToken;
    /// A one-time password, of a device or mailed.
    OneTimePassword;
    /// A password as a person typed it. It has no digest: it takes a slow hash.
    Password;
    /// A private key in PEM.
    PrivateKeyPem;
    /// A code that was mailed to a person who forgot the password.
    RecoveryCode;
    /// A refresh token.
    RefreshToken;
    /// The value of a browser session's cookie.
    SessionToken;
    /// A code that was mailed to a person to prove the mail address.
    VerificationCode;
}

digests! {
    AccessToken => /** The digest of an access token. */ AccessTokenDigest;
    AuthorizationCode => /** The digest of an authorization code. */ AuthorizationCodeDigest;
    ClientSecret => /** The digest of a client secret. */ ClientSecretDigest;
    RefreshToken => /** The digest of a refresh token. */ RefreshTokenDigest;
    SessionToken => /** The digest of a session token. */ SessionTokenDigest;
}

/// Length of the codes that PingOne mails: eight characters (flows, "Codes").
const MAILED_CODE_LENGTH: usize = 8;

impl AuthorizationCode {
    /// A new code: a UUID, as PingOne's are.
    pub fn random(random: &dyn Random) -> Self {
        Self::new(random.uuid().hyphenated().to_string())
    }
}

impl ClientSecret {
    /// A new secret of 86 characters; PingOne promises at least 64.
    pub fn random(random: &dyn Random) -> Self {
        Self::new(format!("{}{}", random.token(), random.token()))
    }
}

impl RefreshToken {
    /// A new opaque refresh token of 256 random bits.
    pub fn random(random: &dyn Random) -> Self {
        Self::new(random.token())
    }
}

impl SessionToken {
    /// A new session token of 256 random bits.
    pub fn random(random: &dyn Random) -> Self {
        Self::new(random.token())
    }
}

macro_rules! mailed_codes {
    ($($name:ident)+) => {$(
        impl $name {
            /// A new code of eight characters.
            pub fn random(random: &dyn Random) -> Self {
                Self::new(random.code(MAILED_CODE_LENGTH))
            }

            /// Reads what a person typed: case, spaces and hyphens do not matter.
            pub fn from_typed(text: &str) -> Self {
                let code = text.chars().filter(|c| !c.is_whitespace() && *c != '-').take(64);
                Self::new(code.collect::<String>().to_uppercase())
            }
        }
    )+};
}

mailed_codes! { RecoveryCode VerificationCode }

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SeededRandom;

    #[test]
    fn a_secret_does_not_show_in_debug() {
        let password = Password::new("Sunny-Harbour-42");
        assert_eq!(format!("{password:?}"), "Password(hidden)");
    }

    #[test]
    fn a_typed_code_equals_the_mailed_one() {
        let code = RecoveryCode::random(&SeededRandom::new(3));
        let (one, two) = code.expose().split_at(4);
        let typed = format!(" {}-{two} ", one.to_lowercase());
        assert_eq!(RecoveryCode::from_typed(&typed).expose(), code.expose());
        assert_ne!(RecoveryCode::from_typed("AAAAAAAA").expose(), code.expose());
    }

    #[test]
    fn the_digest_is_sha_256_in_base64url() {
        // FIPS 180-4, the one-block message "abc".
        assert_eq!(sha256("abc"), "ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0");
    }
}
