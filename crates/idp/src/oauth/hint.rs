//! ID token hints: tokens of ours that come back, possibly long after they expired.

use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, SessionId, UserId};
use protocol::jose::{Algorithm, Audience, TokenError};
use serde::Deserialize;

use crate::Idp;
use crate::keys::KeysError;

/// What a hint says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hint {
    /// The user that it is about.
    pub(crate) user: UserId,
    /// The application that it was issued to.
    pub(crate) application: ApplicationId,
    /// The browser session in which it was issued.
    pub(crate) session: Option<SessionId>,
}

/// Why a hint says nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HintError {
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error("the ID token hint is not one of this environment's ID tokens")]
    NotOurs,
    #[error("the ID token hint cannot be verified")]
    Token(#[from] TokenError),
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    /// Who it is about, where the application knows users by something else than their ids.
    #[serde(rename = "p1.userId")]
    user_id: Option<String>,
    aud: Audience,
    sid: Option<String>,
    /// Access tokens have it, ID tokens do not: one kind of token is nothing to the other.
    client_id: Option<String>,
}

/// Verifies a hint's signature and issuer; its time does not matter
/// ([OpenID Connect RP-Initiated Logout §2](https://openid.net/specs/openid-connect-rpinitiated-1_0.html#RPLogout)).
pub(crate) async fn verify(
    idp: &Idp,
    environment: EnvironmentId,
    token: &str,
    now: Timestamp,
) -> Result<Hint, HintError> {
    let keys = idp.keys().current(idp, environment, now).await?;
    let claims: Claims = keys
        .verification()
        .verify(token, &[Algorithm::RS256])?
        .claims;
    let Claims {
        iss,
        sub,
        user_id,
        aud: Audience::One(audience),
        sid,
        client_id: None,
    } = claims
    else {
        return Err(HintError::NotOurs);
    };
    if iss != idp.urls().issuer(environment).as_str() {
        return Err(HintError::NotOurs);
    }
    let user = user_id.unwrap_or(sub);
    match (UserId::parse(&user), ApplicationId::parse(&audience)) {
        (Ok(user), Ok(application)) => Ok(Hint {
            user,
            application,
            session: sid.and_then(|sid| SessionId::parse(&sid).ok()),
        }),
        _ => Err(HintError::NotOurs),
    }
}
