//! The claims of an ID token, typed.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{IdTokenError, MAX_SUBJECT_CHARACTERS};
use crate::jose::NumericDate;

/// What an ID token says, in the order in which PingOne writes it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct IdTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// The user.
    pub sub: String,
    /// The client that it is for.
    pub aud: Audience,
    /// When it was issued.
    pub iat: NumericDate,
    /// From when on it is worthless.
    pub exp: NumericDate,
    /// Before when it is worthless; PingOne writes none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nbf: Option<NumericDate>,
    /// The sign-on policy that was met.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// The means by which the user proved who they are: `pwd`, `otp`, `mfa`, ….
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// When the user proved it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<NumericDate>,
    /// The left half of the access token's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The left half of the code's hash.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The browser session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// What the client sent to recognise its request by.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// The client that asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// Everything else: profile claims, mapped attributes, PingOne's `env`, `org`, `p1.region`.
    #[serde(flatten)]
    pub additional: Map<String, Value>,
}

impl IdTokenClaims {
    /// What every ID token says: who issued it, about whom and for whom, and when it was issued and
    /// expires.
    pub fn new(
        iss: impl Into<String>,
        sub: impl Into<String>,
        aud: Audience,
        [iat, exp]: [NumericDate; 2],
    ) -> Self {
        Self {
            iss: iss.into(),
            sub: sub.into(),
            aud,
            iat,
            exp,
            nbf: None,
            acr: None,
            amr: Vec::new(),
            auth_time: None,
            at_hash: None,
            c_hash: None,
            sid: None,
            nonce: None,
            azp: None,
            additional: Map::new(),
        }
    }
}

/// Whom a token is for: one name, or an array of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Audience {
    /// One, written as a string.
    One(String),
    /// Any number, written as an array.
    Many(Vec<String>),
}

impl Audience {
    /// Whether `name` is among them.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|audience| audience == name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        let all = match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Many(many) => many.as_slice(),
        };
        all.iter().map(String::as_str)
    }

    /// Writes an array even of one.
    pub(in crate::jose) fn serialize_as_array<S: Serializer>(
        &self,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

/// The claims before it is known that the indispensable ones are there.
#[derive(Deserialize)]
pub(super) struct RawClaims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<Audience>,
    iat: Option<NumericDate>,
    exp: Option<NumericDate>,
    nbf: Option<NumericDate>,
    acr: Option<String>,
    amr: Option<Vec<String>>,
    auth_time: Option<NumericDate>,
    at_hash: Option<String>,
    c_hash: Option<String>,
    sid: Option<String>,
    nonce: Option<String>,
    azp: Option<String>,
    #[serde(flatten)]
    additional: Map<String, Value>,
}

impl RawClaims {
    /// Insists on what [OpenID Connect Core §2](https://openid.net/specs/openid-connect-core-1_0.html#IDToken)
    /// requires of every ID token.
    pub(super) fn require(self) -> Result<IdTokenClaims, IdTokenError> {
        let missing = |claim| move || IdTokenError::MissingClaim { claim };
        let claims = IdTokenClaims {
            iss: self.iss.ok_or_else(missing("iss"))?,
            sub: self.sub.ok_or_else(missing("sub"))?,
            aud: self.aud.ok_or_else(missing("aud"))?,
            iat: self.iat.ok_or_else(missing("iat"))?,
            exp: self.exp.ok_or_else(missing("exp"))?,
            nbf: self.nbf,
            acr: self.acr,
            amr: self.amr.unwrap_or_default(),
            auth_time: self.auth_time,
            at_hash: self.at_hash,
            c_hash: self.c_hash,
            sid: self.sid,
            nonce: self.nonce,
            azp: self.azp,
            additional: self.additional,
        };
        let length = claims.sub.len();
        if length == 0 || length > MAX_SUBJECT_CHARACTERS || !claims.sub.is_ascii() {
            return Err(IdTokenError::InvalidSubject);
        }
        Ok(claims)
    }
}
