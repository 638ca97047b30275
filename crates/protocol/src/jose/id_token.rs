//! ID tokens: what they say, and whether to believe it
//! ([OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)).

mod checks;
mod claims;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::Algorithm;
use serde::Serialize;

use self::claims::RawClaims;
pub use self::claims::{Audience, IdTokenClaims};
use super::{NumericDate, TokenError, VerificationKeys, left_half_hash};
use crate::trail::{Fingerprinted, Hidden, Made, Reason, Shown};

/// The longest `sub` that the specification allows, in ASCII characters.
const MAX_SUBJECT_CHARACTERS: usize = 255;

/// Clocks may differ by a minute unless configured otherwise.
const DEFAULT_LEEWAY: SignedDuration = SignedDuration::from_secs(60);

/// Checks the ID tokens that one issuer writes for one client.
///
/// ```
/// use jiff::Timestamp;
/// use pingone_protocol::jose::{
///     Algorithm, Audience, ExpectedIdToken, HashCheck, IdTokenClaims, IdTokenVerifier, JwkSet,
///     MaxAgeCheck, NonceCheck, NumericDate, SigningAlgorithm, SigningKey, VerificationKeys,
/// };
///
/// let key = SigningKey::generate(SigningAlgorithm::Es256, "key-1")?;
/// let keys = VerificationKeys::from_set(&JwkSet::new(vec![key.public_jwk(&[])]));
/// let [issued, expires] = [0, 3600].map(|second| Timestamp::from_second(second).unwrap());
/// let mut claims = IdTokenClaims::new(
///     "https://id.example",
///     "ada",
///     Audience::One("app".to_owned()),
///     [NumericDate::from(issued), NumericDate::from(expires)],
/// );
/// claims.nonce = Some("n-0S6".to_owned());
/// let token = key.sign(&claims)?;
///
/// let verifier = IdTokenVerifier::new("https://id.example", "app", [Algorithm::ES256]);
/// let expected = ExpectedIdToken {
///     nonce: NonceCheck::Expect("n-0S6"),
///     access_token: HashCheck::NothingReceived,
///     code: HashCheck::NothingReceived,
///     max_age: MaxAgeCheck::NotRequested,
/// };
/// assert_eq!(verifier.verify(&token, &keys, expected, issued)?.subject(), "ada");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct IdTokenVerifier {
    issuer: String,
    client_id: String,
    trusted_audiences: Vec<String>,
    algorithms: Vec<Algorithm>,
    leeway: SignedDuration,
}

/// What an ID token must match besides issuer and client: what was sent and what came along.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedIdToken<'a> {
    /// The nonce of the authentication request.
    pub nonce: NonceCheck<'a>,
    /// The access token that came with the ID token.
    pub access_token: HashCheck<'a>,
    /// The authorization code that came with the ID token.
    pub code: HashCheck<'a>,
    /// The age of the authentication.
    pub max_age: MaxAgeCheck,
}

/// The nonce to look for.
#[derive(Clone, Copy)]
pub enum NonceCheck<'a> {
    /// The request carried this nonce, so the token must repeat it.
    Expect(&'a str),
    /// The request carried none.
    NotSent,
}

/// A value that the ID token binds by a hash (`at_hash`, `c_hash`).
#[derive(Clone, Copy)]
pub enum HashCheck<'a> {
    /// No such value came along.
    NothingReceived,
    /// It came from the token endpoint: the hash may be absent, but not wrong.
    IfPresent(&'a str),
    /// It came through the browser with the ID token: the hash must be there.
    Required(&'a str),
}

/// Whether the age of the authentication matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MaxAgeCheck {
    /// The request carried this `max_age`.
    AtMost(SignedDuration),
    /// The request carried none.
    NotRequested,
}

/// What the first ID token of a session said, for the check of a refreshed one.
#[derive(Clone, Copy, Debug)]
pub struct OriginalIdToken<'a> {
    /// Its `sub`.
    pub subject: &'a str,
    /// Its `auth_time`.
    pub auth_time: Option<NumericDate>,
    /// Its `nonce`.
    pub nonce: Option<&'a str>,
}

/// An ID token that passed every check. Only [`IdTokenVerifier`] makes one.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct VerifiedIdToken {
    claims: IdTokenClaims,
}

/// Why an ID token is not accepted: one variant per check.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IdTokenError {
    /// Steps 1, 6, 7, 8: it is no token signed by the issuer's keys with an allowed algorithm.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// A claim that every ID token has is absent.
    #[error("the ID token has no `{claim}`")]
    MissingClaim {
        /// Which one.
        claim: &'static str,
    },
    /// Step 2: another issuer.
    #[error("the ID token was issued by `{found}`, expected was `{expected}`")]
    WrongIssuer {
        /// The claim `iss`.
        found: String,
        /// The configured issuer.
        expected: String,
    },
    /// Step 3: for another client.
    #[error("the ID token is not for client `{client_id}`")]
    WrongAudience {
        /// Who we are.
        client_id: String,
    },
    /// Step 3: for others as well, who are not trusted.
    #[error("the ID token is also for `{audience}`, which is not trusted")]
    UntrustedAudience {
        /// The first of them.
        audience: String,
    },
    /// Step 4: for several audiences, without saying who asked for it.
    #[error("the ID token has several audiences and no `azp`")]
    MissingAuthorizedParty,
    /// Step 5: asked for by another client.
    #[error("the ID token was issued to `{found}`")]
    WrongAuthorizedParty {
        /// The claim `azp`.
        found: String,
    },
    /// Step 9: its time is over.
    #[error("the ID token expired at {at}")]
    Expired {
        /// The claim `exp`.
        at: Timestamp,
    },
    /// Step 10: it was issued later than now.
    #[error("the ID token was issued at {at}, which is in the future; compare the clocks")]
    IssuedInTheFuture {
        /// The claim `iat`.
        at: Timestamp,
    },
    /// Its `nbf` has not come.
    #[error("the ID token is not valid before {at}")]
    NotYetValid {
        /// The claim `nbf`.
        at: Timestamp,
    },
    /// Step 11: the nonce that was sent does not come back.
    #[error("the ID token has no `nonce`, although one was sent")]
    MissingNonce,
    /// Step 11: the nonce is another request's.
    #[error("the ID token's `nonce` is not the one that was sent")]
    WrongNonce,
    /// Step 13: the age of the authentication was limited, and the token does not tell it.
    #[error("the ID token has no `auth_time`, although `max_age` was asked for")]
    MissingAuthenticationTime,
    /// Step 13: the authentication is too old.
    #[error("the user signed on at {at}, longer ago than `max_age` allows")]
    AuthenticationTooOld {
        /// The claim `auth_time`.
        at: Timestamp,
    },
    /// §3.2.2.9: no binding to the access token.
    #[error("the ID token has no `at_hash`")]
    MissingAccessTokenHash,
    /// §3.1.3.8: another access token.
    #[error("the ID token's `at_hash` does not fit the access token")]
    WrongAccessTokenHash,
    /// §3.3.2.11: no binding to the code.
    #[error("the ID token has no `c_hash`")]
    MissingCodeHash,
    /// §3.3.2.10: another code.
    #[error("the ID token's `c_hash` does not fit the authorization code")]
    WrongCodeHash,
    /// The claim `sub` is empty, too long or not ASCII.
    #[error("the ID token's `sub` is not 1 to {MAX_SUBJECT_CHARACTERS} ASCII characters")]
    InvalidSubject,
    /// §12.2: the refreshed token is about another user.
    #[error("the refreshed ID token is about another user than the first one")]
    SubjectChanged,
    /// §12.2: the refreshed token tells of another authentication.
    #[error("the refreshed ID token's `auth_time` is not the first one's")]
    AuthenticationTimeChanged,
}

impl Reason for IdTokenError {}

impl IdTokenVerifier {
    /// A verifier for this issuer (compared character by character) and client.
    ///
    /// `algorithms` are those that the client is registered for; clocks may differ by a minute.
    pub fn new(
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        algorithms: impl Into<Vec<Algorithm>>,
    ) -> Self {
        Self {
            issuer: issuer.into(),
            client_id: client_id.into(),
            trusted_audiences: Vec::new(),
            algorithms: algorithms.into(),
            leeway: DEFAULT_LEEWAY,
        }
    }

    /// Accepts clocks that differ by so much.
    #[must_use]
    pub fn leeway(mut self, leeway: SignedDuration) -> Self {
        self.leeway = leeway;
        self
    }

    /// Accepts tokens that are for `audience` besides this client.
    #[must_use]
    pub fn trust_audience(mut self, audience: impl Into<String>) -> Self {
        self.trusted_audiences.push(audience.into());
        self
    }

    /// Checks an ID token of an authentication response.
    ///
    /// The numbers are the steps of
    /// [OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation).
    /// The signature is always checked and comes first, so that nothing unproven is looked at.
    ///
    /// # Errors
    ///
    /// The variant of [`IdTokenError`] for the first step that fails. On
    /// [`TokenError::UnknownKey`] fetch the issuer's keys again, once, and try with those.
    pub fn verify(
        &self,
        token: &str,
        keys: &VerificationKeys,
        expected: ExpectedIdToken<'_>,
        now: Timestamp,
    ) -> Result<VerifiedIdToken, IdTokenError> {
        // 1. An encrypted token would be decrypted first; none is accepted.
        // 6. The signature, 7. with an algorithm that was agreed on, 8. by a public key: symmetric
        //    algorithms have none here.
        let token = checks::signed(token, keys.verify::<RawClaims>(token, &self.algorithms))?;
        let algorithm = token.algorithm;
        let claims = checks::CLAIMS.judged(Hidden, token.claims.require())?;

        // 2. The issuer is exactly the one that was asked.
        checks::ISSUER.judged(&claims.iss, self.issued(&claims))?;

        // 3. The token is for this client, and for nobody who is not trusted.
        let audience = Made(|| Shown::text(&claims.aud.iter().collect::<Vec<_>>().join(" ")));
        checks::AUDIENCE.judged(audience, self.is_addressed_by(&claims))?;

        // 4. With several audiences the token says who asked for it. 5. That was this client.
        checks::AUTHORIZED_PARTY.judged(claims.azp.as_deref(), self.asked_for(&claims))?;

        // 9. The token has not expired.
        let end = claims.exp.timestamp();
        let is_over = end.saturating_add(self.leeway).unwrap_or(end) <= now;
        let expired = || IdTokenError::Expired { at: end };
        checks::EXPIRY.require(instant(end), !is_over, expired)?;

        // 10. It was issued in the past, and may be used already.
        let latest = now.saturating_add(self.leeway).unwrap_or(now);
        let issued = claims.iat.timestamp();
        checks::ISSUED.judged(instant(issued), is_good_already(&claims, latest))?;

        // 11. The nonce is the one that was sent, so the token answers this very request.
        let nonce = claims.nonce.as_deref();
        if let NonceCheck::Expect(sent) = expected.nonce {
            checks::NONCE.judged(Fingerprinted(nonce), repeats(nonce, sent))?;
        }

        // 12. `acr` is a wish (`acr_values`), not a demand: the caller reads what became of it.

        // 13. The user was authenticated recently enough.
        if let MaxAgeCheck::AtMost(age) = expected.max_age {
            let at = claims.auth_time.map(NumericDate::timestamp);
            let shown = Made(|| at.map_or(Shown::Absent, |at| Shown::text(&at.to_string())));
            let tolerated = age.saturating_add(self.leeway);
            checks::AUTHENTICATION_TIME.judged(shown, is_recent(at, tolerated, now))?;
        }

        // §3.1.3.8, §3.2.2.9: the access token beside it is the one that was issued with it.
        let found = claims.at_hash.as_deref();
        let verdict = match hash_verdict(expected.access_token, found, algorithm) {
            HashVerdict::Fits => Ok(()),
            HashVerdict::Missing => Err(IdTokenError::MissingAccessTokenHash),
            HashVerdict::Wrong => Err(IdTokenError::WrongAccessTokenHash),
        };
        checks::ACCESS_TOKEN_HASH.judged(found, verdict)?;

        // §3.3.2.10: so is the code.
        let found = claims.c_hash.as_deref();
        let verdict = match hash_verdict(expected.code, found, algorithm) {
            HashVerdict::Fits => Ok(()),
            HashVerdict::Missing => Err(IdTokenError::MissingCodeHash),
            HashVerdict::Wrong => Err(IdTokenError::WrongCodeHash),
        };
        match expected.code {
            HashCheck::NothingReceived => verdict?,
            HashCheck::IfPresent(_) | HashCheck::Required(_) => {
                checks::CODE_HASH.judged(found, verdict)?;
            }
        }

        Ok(VerifiedIdToken { claims })
    }

    fn issued(&self, claims: &IdTokenClaims) -> Result<(), IdTokenError> {
        if claims.iss == self.issuer {
            return Ok(());
        }
        Err(IdTokenError::WrongIssuer {
            found: claims.iss.clone(),
            expected: self.issuer.clone(),
        })
    }

    fn is_addressed_by(&self, claims: &IdTokenClaims) -> Result<(), IdTokenError> {
        if !claims.aud.contains(&self.client_id) {
            return Err(IdTokenError::WrongAudience {
                client_id: self.client_id.clone(),
            });
        }
        match claims.aud.iter().find(|audience| !self.trusts(audience)) {
            Some(stranger) => Err(IdTokenError::UntrustedAudience {
                audience: stranger.to_owned(),
            }),
            None => Ok(()),
        }
    }

    fn asked_for(&self, claims: &IdTokenClaims) -> Result<(), IdTokenError> {
        match &claims.azp {
            None if claims.aud.iter().count() > 1 => Err(IdTokenError::MissingAuthorizedParty),
            Some(azp) if *azp != self.client_id => {
                Err(IdTokenError::WrongAuthorizedParty { found: azp.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Checks an ID token that came with refreshed tokens.
    ///
    /// Issuer, audience, signature and times are judged as in a first token; it must be about the
    /// same user and the same authentication. A nonce need not be there, but must not be another.
    /// See [OpenID Connect Core §12.2](https://openid.net/specs/openid-connect-core-1_0.html#RefreshTokenResponse).
    ///
    /// # Errors
    ///
    /// As [`IdTokenVerifier::verify`], and [`IdTokenError::SubjectChanged`],
    /// [`IdTokenError::AuthenticationTimeChanged`].
    pub fn verify_refreshed(
        &self,
        token: &str,
        keys: &VerificationKeys,
        original: OriginalIdToken<'_>,
        access_token: HashCheck<'_>,
        now: Timestamp,
    ) -> Result<VerifiedIdToken, IdTokenError> {
        let expected = ExpectedIdToken {
            nonce: NonceCheck::NotSent,
            access_token,
            code: HashCheck::NothingReceived,
            max_age: MaxAgeCheck::NotRequested,
        };
        let verified = self.verify(token, keys, expected, now)?;
        let claims = &verified.claims;
        checks::SAME_USER.judged(&claims.sub, continues(claims, original))?;
        Ok(verified)
    }

    fn trusts(&self, audience: &str) -> bool {
        audience == self.client_id || self.trusted_audiences.iter().any(|one| one == audience)
    }
}

impl VerifiedIdToken {
    /// Who signed on, as the issuer names them.
    pub fn subject(&self) -> &str {
        &self.claims.sub
    }

    /// All that the token says.
    pub fn claims(&self) -> &IdTokenClaims {
        &self.claims
    }

    /// All that the token says, to keep.
    pub fn into_claims(self) -> IdTokenClaims {
        self.claims
    }
}

impl std::fmt::Debug for NonceCheck<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Expect(_) => "Expect(..)",
            Self::NotSent => "NotSent",
        })
    }
}

impl std::fmt::Debug for HashCheck<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NothingReceived => "NothingReceived",
            Self::IfPresent(_) => "IfPresent(..)",
            Self::Required(_) => "Required(..)",
        })
    }
}

enum HashVerdict {
    Fits,
    Missing,
    Wrong,
}

fn hash_verdict(check: HashCheck<'_>, found: Option<&str>, algorithm: Algorithm) -> HashVerdict {
    match (check, found) {
        (HashCheck::NothingReceived, _) | (HashCheck::IfPresent(_), None) => HashVerdict::Fits,
        (HashCheck::Required(_), None) => HashVerdict::Missing,
        (HashCheck::IfPresent(value) | HashCheck::Required(value), Some(found)) => {
            if equal(found, &left_half_hash(algorithm, value)) {
                HashVerdict::Fits
            } else {
                HashVerdict::Wrong
            }
        }
    }
}

/// Whether a refreshed token is about the first one's user and authentication.
fn continues(claims: &IdTokenClaims, original: OriginalIdToken<'_>) -> Result<(), IdTokenError> {
    if claims.sub != original.subject {
        return Err(IdTokenError::SubjectChanged);
    }
    if let (Some(first), Some(found)) = (original.auth_time, claims.auth_time)
        && first.as_second() != found.as_second()
    {
        return Err(IdTokenError::AuthenticationTimeChanged);
    }
    match (original.nonce, claims.nonce.as_deref()) {
        (Some(first), Some(found)) if !equal(first, found) => Err(IdTokenError::WrongNonce),
        _ => Ok(()),
    }
}

fn is_good_already(claims: &IdTokenClaims, latest: Timestamp) -> Result<(), IdTokenError> {
    let at = claims.iat.timestamp();
    if at > latest {
        return Err(IdTokenError::IssuedInTheFuture { at });
    }
    match claims.nbf.map(NumericDate::timestamp) {
        Some(at) if at > latest => Err(IdTokenError::NotYetValid { at }),
        _ => Ok(()),
    }
}

fn repeats(nonce: Option<&str>, sent: &str) -> Result<(), IdTokenError> {
    match nonce {
        None => Err(IdTokenError::MissingNonce),
        Some(found) if equal(found, sent) => Ok(()),
        Some(_) => Err(IdTokenError::WrongNonce),
    }
}

fn is_recent(
    at: Option<Timestamp>,
    tolerated: SignedDuration,
    now: Timestamp,
) -> Result<(), IdTokenError> {
    let at = at.ok_or(IdTokenError::MissingAuthenticationTime)?;
    if at.saturating_add(tolerated).unwrap_or(at) < now {
        return Err(IdTokenError::AuthenticationTooOld { at });
    }
    Ok(())
}

fn instant(at: Timestamp) -> Made<impl FnOnce() -> Shown> {
    Made(move || Shown::text(&at.to_string()))
}

fn equal(a: &str, b: &str) -> bool {
    verify_slices_are_equal(a.as_bytes(), b.as_bytes()).is_ok()
}

#[cfg(test)]
mod tests;
