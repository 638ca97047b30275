//! The steps of [OpenID Connect Core §3.1.3.7](https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation)
//! as checks that can be told of.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use crate::jose::TokenError;
use crate::trail::{Check, Made, Shown};

const CLOCKS: &str = "Compare the clocks of the client and of the OpenID provider; `latchkey doctor` \
                      measures how far they are apart";

pub(super) static FORM: Check = Check::new(
    "The ID token is a signed token in compact form",
    "OpenID Connect Core 1.0, 3.1.3.7, step 1; RFC 7515, 7.1",
    "Switch encryption of ID tokens off for the application; a proxy may also have cut the answer",
);
pub(super) static KEY: Check = Check::new(
    "The key that the token's header names is one of the issuer's",
    "OpenID Connect Core 1.0, 3.1.3.7, step 6; RFC 7517, 4.5",
    "Read the keys at the issuer's `jwks_uri` again: they may have been rotated, or the token is of \
     another environment",
);
pub(super) static ALGORITHM: Check = Check::new(
    "The token is signed with an algorithm that was agreed on",
    "OpenID Connect Core 1.0, 3.1.3.7, step 7; RFC 8725, 3.1",
    "Let the client accept the algorithm that the application's key has, or give the application a \
     key of the one that the client accepts",
);
pub(super) static SIGNATURE: Check = Check::new(
    "The signature holds",
    "OpenID Connect Core 1.0, 3.1.3.7, step 6; RFC 7515, 5.2",
    "The token was changed on its way, or is not this issuer's: look at what stands between",
);
pub(super) static CLAIMS: Check = Check::new(
    "The claims that every ID token has are there",
    "OpenID Connect Core 1.0, 2",
    "Look at the application's attribute mappings: `sub` may be mapped to something that the user \
     does not have",
);
pub(super) static ISSUER: Check = Check::new(
    "`iss` is the issuer that was asked, character by character",
    "OpenID Connect Core 1.0, 3.1.3.7, step 2",
    "Configure the issuer exactly as the discovery document writes it",
);
pub(super) static AUDIENCE: Check = Check::new(
    "`aud` holds this client's id, and nobody who is not trusted",
    "OpenID Connect Core 1.0, 3.1.3.7, step 3",
    "Compare the client's `client_id` with the application's id: the token is for another one",
);
pub(super) static AUTHORIZED_PARTY: Check = Check::new(
    "`azp` is this client, where the token has several audiences or names one",
    "OpenID Connect Core 1.0, 3.1.3.7, steps 4 and 5",
    "The token was issued to another application: use each application's own tokens",
);
pub(super) static EXPIRY: Check = Check::new(
    "`exp` has not passed",
    "OpenID Connect Core 1.0, 3.1.3.7, step 9",
    CLOCKS,
);
pub(super) static ISSUED: Check = Check::new(
    "`iat` is not in the future, nor `nbf`",
    "OpenID Connect Core 1.0, 3.1.3.7, step 10; RFC 7519, 4.1.5",
    CLOCKS,
);
pub(super) static NONCE: Check = Check::new(
    "`nonce` is the one that was sent with the authorization request",
    "OpenID Connect Core 1.0, 3.1.3.7, step 11",
    "Keep the nonce with the browser's session until the answer comes, and use it once: this token \
     answers another request",
);
pub(super) static AUTHENTICATION_TIME: Check = Check::new(
    "`auth_time` is as recent as `max_age` demands",
    "OpenID Connect Core 1.0, 3.1.3.7, step 13",
    "Send `prompt=login` or a larger `max_age`; compare the clocks",
);
pub(super) static ACCESS_TOKEN_HASH: Check = Check::new(
    "`at_hash` fits the access token beside it",
    "OpenID Connect Core 1.0, 3.1.3.8 and 3.2.2.9",
    "The tokens are not of one answer: store and use them together",
);
pub(super) static CODE_HASH: Check = Check::new(
    "`c_hash` fits the authorization code beside it",
    "OpenID Connect Core 1.0, 3.3.2.10",
    "The code is not of the same answer as the ID token: somebody may have slipped one in",
);
pub(super) static SAME_USER: Check = Check::new(
    "The refreshed ID token is about the same user and sign-on as the first",
    "OpenID Connect Core 1.0, 12.2",
    "Keep the tokens of different users apart, and sign on again",
);

/// Tells which step a signature's verification came to, and gives its verdict back.
pub(super) fn signed<T>(token: &str, verdict: Result<T, TokenError>) -> Result<T, TokenError> {
    match &verdict {
        Ok(_) => {
            ALGORITHM.passed(Made(|| header(token, "alg")));
            KEY.passed(Made(|| header(token, "kid")));
            SIGNATURE.passed(Made(|| about(token)));
        }
        Err(error) => step_of(error).failed(Made(|| about(token)), error),
    }
    verdict
}

fn step_of(error: &TokenError) -> &'static Check {
    match error {
        TokenError::AlgorithmNotAllowed { .. } => &ALGORITHM,
        TokenError::KeyDoesNotFit { .. }
        | TokenError::NoKeyFits
        | TokenError::SeveralKeysFit { .. }
        | TokenError::UnknownKey { .. } => &KEY,
        TokenError::InvalidSignature => &SIGNATURE,
        _ => &FORM,
    }
}

fn about(token: &str) -> Shown {
    Shown::text(&format!(
        "alg {}, kid {}",
        header(token, "alg"),
        header(token, "kid")
    ))
}

/// A member of the token's header, which is no secret.
fn header(token: &str, member: &str) -> Shown {
    let part = token.split('.').next().unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
    let header: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let text = header.get(member).and_then(Value::as_str);
    text.map_or(Shown::Absent, Shown::text)
}
