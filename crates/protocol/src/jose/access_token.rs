//! Access tokens as PingOne writes them, and the checks of a resource server.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use serde::{Deserialize, Serialize};

use super::{Audience, NumericDate, TokenError, VerificationKeys};

/// What an access token says, in the order in which PingOne writes it.
///
/// Claims that are about a user are absent from an application's own tokens (client credentials);
/// `env` and `org` stand only in tokens for the PingOne API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AccessTokenClaims {
    /// The application that it was issued to.
    pub client_id: String,
    /// Who issued it.
    pub iss: String,
    /// Its own name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jti: Option<String>,
    /// When it was issued.
    pub iat: NumericDate,
    /// From when on it is worthless.
    pub exp: NumericDate,
    /// Before when it is worthless; we issue none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// The resources that it is for; always an array when written.
    #[serde(serialize_with = "Audience::serialize_as_array")]
    pub aud: Audience,
    /// What it allows, separated by spaces; absent when nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// The user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// The browser session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// When the user proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// By which sign-on policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The organization.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The grant behind it: revoking that makes the token worthless at once. Ours, under PingOne's
    /// reserved prefix.
    #[serde(default, rename = "p1.gid", skip_serializing_if = "Option::is_none")]
    pub grant_id: Option<String>,
    /// Everything else, such as mapped attributes of a custom resource.
    #[serde(flatten)]
    pub additional: serde_json::Map<String, serde_json::Value>,
}

impl AccessTokenClaims {
    /// What every access token says: who asked for it, who issued it, what it is for, and when it
    /// was issued and expires.
    pub fn new(
        client_id: impl Into<String>,
        iss: impl Into<String>,
        aud: Audience,
        [iat, exp]: [NumericDate; 2],
    ) -> Self {
        Self {
            client_id: client_id.into(),
            iss: iss.into(),
            jti: None,
            iat,
            exp,
            nbf: None,
            aud,
            scope: None,
            sub: None,
            sid: None,
            auth_time: None,
            acr: None,
            env: None,
            org: None,
            grant_id: None,
            additional: serde_json::Map::new(),
        }
    }

    /// The scopes, one by one.
    pub fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope
            .as_deref()
            .unwrap_or_default()
            .split_ascii_whitespace()
    }
}

/// Which resource a token must be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AudienceCheck<'a> {
    /// This one.
    Expect(&'a str),
    /// Any: userinfo and introspection take tokens for all resources of the environment.
    AnyResource,
}

/// Why an access token is not accepted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AccessTokenError {
    /// It is no token of the issuer's keys.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its header says that it is another kind of token
    /// ([RFC 8725 §3.11](https://www.rfc-editor.org/rfc/rfc8725#section-3.11)).
    #[error("the token is of type `{typ}`, not an access token")]
    WrongType {
        /// The header's `typ`.
        typ: String,
    },
    /// Another issuer wrote it.
    #[error("the access token was issued by `{issuer}`, not by this environment")]
    WrongIssuer {
        /// The claim `iss`.
        issuer: String,
    },
    /// It is for other resources.
    #[error("the access token is not for `{expected}`")]
    WrongAudience {
        /// The resource that was asked for.
        expected: String,
    },
    /// Its time is over.
    #[error("the access token has expired")]
    Expired,
    /// Its time has not come.
    #[error("the access token is not valid yet")]
    NotYetValid,
}

/// The checks of a resource server on JWT access tokens.
///
/// One verifier serves any number of issuers: [`AccessTokenVerifier::claimed_issuer`] tells whose
/// keys to fetch, and [`AccessTokenVerifier::verify`] then holds the token to that issuer. Whether
/// the grant behind it still stands is the caller's question.
/// Compare [RFC 9068 §4](https://www.rfc-editor.org/rfc/rfc9068#section-4); a `typ` in the
/// header is not demanded, since PingOne does not write it yet.
///
/// ```
/// use jiff::Timestamp;
/// use pingone_protocol::jose::{
///     AccessTokenClaims, AccessTokenVerifier, Algorithm, Audience, AudienceCheck, JwkSet,
///     NumericDate, SigningAlgorithm, SigningKey, VerificationKeys,
/// };
///
/// let key = SigningKey::generate(SigningAlgorithm::Es256, "key-1")?;
/// let keys = VerificationKeys::from_set(&JwkSet::new(vec![key.public_jwk(&[])]));
/// let [issued, expires] = [0, 3600].map(|second| Timestamp::from_second(second).unwrap());
/// let claims = AccessTokenClaims::new(
///     "app",
///     "https://id.example",
///     Audience::One("https://api.example".to_owned()),
///     [NumericDate::from(issued), NumericDate::from(expires)],
/// );
/// let token = key.sign(&claims)?;
///
/// let verifier = AccessTokenVerifier::new([Algorithm::ES256]);
/// let resource = AudienceCheck::Expect("https://api.example");
/// let verify = |now| verifier.verify(&token, &keys, "https://id.example", resource, now);
/// assert_eq!(verify(issued)?.client_id, "app");
/// assert!(verify(expires).is_err(), "its time is over");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AccessTokenVerifier {
    algorithms: Vec<Algorithm>,
    leeway: SignedDuration,
}

impl AccessTokenVerifier {
    /// A verifier that accepts these algorithms and no deviation of clocks.
    pub fn new(algorithms: impl Into<Vec<Algorithm>>) -> Self {
        Self {
            algorithms: algorithms.into(),
            leeway: SignedDuration::ZERO,
        }
    }

    /// Accepts clocks that differ by so much.
    #[must_use]
    pub fn leeway(mut self, leeway: SignedDuration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Which issuer a token claims to be from. It proves nothing: anybody can write it.
    pub fn claimed_issuer(token: &str) -> Option<String> {
        #[derive(Deserialize)]
        struct Claim {
            iss: String,
        }

        if token.len() > super::MAX_TOKEN_BYTES {
            return None;
        }
        let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claim: Claim = serde_json::from_slice(&payload).ok()?;
        Some(claim.iss)
    }

    /// Checks signature, type, issuer, audience and time.
    ///
    /// # Errors
    ///
    /// [`AccessTokenError`] by the first check that fails.
    pub fn verify(
        &self,
        token: &str,
        keys: &VerificationKeys,
        issuer: &str,
        audience: AudienceCheck<'_>,
        now: Timestamp,
    ) -> Result<AccessTokenClaims, AccessTokenError> {
        let token = keys.verify::<AccessTokenClaims>(token, &self.algorithms)?;
        if let Some(typ) = token.typ.filter(|typ| !is_access_token_type(typ)) {
            return Err(AccessTokenError::WrongType {
                typ: typ.chars().take(64).collect(),
            });
        }
        let claims = token.claims;
        if claims.iss != issuer {
            return Err(AccessTokenError::WrongIssuer { issuer: claims.iss });
        }
        if let AudienceCheck::Expect(expected) = audience
            && !claims.aud.contains(expected)
        {
            return Err(AccessTokenError::WrongAudience {
                expected: expected.to_owned(),
            });
        }
        let end = claims.exp.timestamp();
        if end.saturating_add(self.leeway).unwrap_or(end) <= now {
            return Err(AccessTokenError::Expired);
        }
        let earliest = now.saturating_add(self.leeway).unwrap_or(now);
        if claims.nbf.is_some_and(|start| start.timestamp() > earliest) {
            return Err(AccessTokenError::NotYetValid);
        }
        Ok(claims)
    }
}

/// `JWT` says nothing; media types go without regard to case and with or without `application/`.
fn is_access_token_type(typ: &str) -> bool {
    ["JWT", "at+jwt", "application/at+jwt"]
        .iter()
        .any(|name| name.eq_ignore_ascii_case(typ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::fixtures::{other_rsa_key, published, rsa_key};
    use super::*;

    const ISSUER: &str = "https://auth.example.com/env/as";
    const API: &str = "https://api.example.com";

    fn claims() -> Value {
        json!({
            "client_id": "portal", "iss": ISSUER, "jti": "t1", "iat": 1000, "exp": 4600,
            "aud": [API], "scope": "openid p1:read:user", "sub": "ada", "sid": "s",
            "auth_time": 990, "acr": "Single_Factor", "env": "e", "org": "o", "p1.gid": "g"
        })
    }

    fn check(change: impl FnOnce(&mut Value), at: i64) -> Result<AccessTokenClaims, String> {
        let mut claims = claims();
        change(&mut claims);
        AccessTokenVerifier::new([Algorithm::RS256])
            .verify(
                &rsa_key().sign(&claims).unwrap(),
                &published(&[rsa_key()]),
                ISSUER,
                AudienceCheck::Expect(API),
                Timestamp::from_second(at).unwrap(),
            )
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_good_token_is_accepted_and_written_in_pingones_order() {
        let read = check(|_| {}, 1000).unwrap();
        assert_eq!(
            read.scopes().collect::<Vec<_>>(),
            ["openid", "p1:read:user"]
        );
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            format!(
                r#"{{"client_id":"portal","iss":"{ISSUER}","jti":"t1","iat":1000,"exp":4600,"aud":["{API}"],"scope":"openid p1:read:user","sub":"ada","sid":"s","auth_time":990,"acr":"Single_Factor","env":"e","org":"o","p1.gid":"g"}}"#
            )
        );
    }

    #[test]
    fn an_applications_own_token_names_no_user() {
        let read = check(
            |claims| {
                for name in ["sub", "sid", "auth_time", "acr", "scope", "p1.gid"] {
                    claims.as_object_mut().unwrap().remove(name);
                }
            },
            1000,
        )
        .unwrap();
        assert_eq!(read.sub, None);
        assert!(!serde_json::to_string(&read).unwrap().contains("null"));
    }

    #[test]
    fn one_wrong_claim_is_enough() {
        for (name, value, expected) in [
            ("iss", json!("https://evil.example"), "was issued by"),
            ("aud", json!(["https://other.example"]), "is not for"),
            ("aud", json!([]), "is not for"),
            ("aud", json!(null), "cannot be read"),
            ("exp", json!(1000), "expired"),
            ("exp", json!("4600"), "cannot be read"),
            ("exp", json!(null), "cannot be read"),
            ("iat", json!(null), "cannot be read"),
            ("nbf", json!(1001), "not valid yet"),
            ("client_id", json!(7), "cannot be read"),
        ] {
            let error = check(|claims| claims[name] = value.clone(), 1000).unwrap_err();
            assert!(error.contains(expected), "{name}={value}: {error}");
        }
    }

    #[test]
    fn a_token_ends_at_its_second() {
        assert!(check(|_| {}, 4599).is_ok());
        assert!(check(|_| {}, 4600).is_err());
    }

    #[test]
    fn the_claimed_issuer_leads_to_keys_and_decides_nothing() {
        let token = other_rsa_key().sign(&claims()).unwrap();
        assert_eq!(
            AccessTokenVerifier::claimed_issuer(&token).as_deref(),
            Some(ISSUER)
        );
        assert_eq!(AccessTokenVerifier::claimed_issuer("opaque"), None);
        let verdict = AccessTokenVerifier::new([Algorithm::RS256]).verify(
            &token,
            &published(&[rsa_key()]),
            ISSUER,
            AudienceCheck::AnyResource,
            Timestamp::from_second(1000).unwrap(),
        );
        assert!(matches!(
            verdict,
            Err(AccessTokenError::Token(TokenError::UnknownKey { .. }))
        ));
    }

    #[test]
    fn other_kinds_of_tokens_are_refused() {
        let check = |token: &str| {
            AccessTokenVerifier::new([Algorithm::RS256]).verify(
                token,
                &published(&[rsa_key()]),
                ISSUER,
                AudienceCheck::AnyResource,
                Timestamp::from_second(1000).unwrap(),
            )
        };
        let typed = |typ| {
            rsa_key()
                .sign_with(&rsa_key().header(typ), &claims())
                .unwrap()
        };
        for typ in ["at+jwt", "AT+JWT", "JWT", "application/at+jwt"] {
            assert!(check(&typed(typ)).is_ok(), "{typ}");
        }
        assert!(matches!(
            check(&typed("logout+jwt")),
            Err(AccessTokenError::WrongType { .. })
        ));

        let id_token =
            json!({"iss": ISSUER, "sub": "ada", "aud": "portal", "iat": 1000, "exp": 4600});
        assert!(matches!(
            check(&rsa_key().sign(&id_token).unwrap()),
            Err(AccessTokenError::Token(TokenError::InvalidClaims { .. }))
        ));
    }
}
