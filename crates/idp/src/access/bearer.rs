//! Who is asking with an access token: [RFC 6750](https://www.rfc-editor.org/rfc/rfc6750).
//!
//! One function decides whether an access token is good, for userinfo, introspection and the
//! management API: signature and claims, and then what became of grant, application and user since
//! it was issued.

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use db::StoreError;
use jiff::Timestamp;
use protocol::id::{ApplicationId, EnvironmentId, GrantId};
use protocol::jose::{
    AccessTokenClaims, AccessTokenError, AccessTokenVerifier, Algorithm, AudienceCheck,
};
use protocol::oauth::Scopes;
use protocol::secret::AccessToken;

use crate::Idp;
use crate::keys::KeysError;
use crate::stores::applications::StoredApplication;
use crate::stores::grants::{Grant, Grants};
use crate::stores::users::{StoredUser, Users};

/// A good access token, and who holds it.
#[derive(Clone, Debug)]
pub(crate) struct Bearer {
    /// The environment that issued it.
    pub(crate) environment: EnvironmentId,
    /// The application that it was issued to.
    pub(crate) application: Arc<StoredApplication>,
    /// The user that it speaks for; none when the application speaks for itself.
    pub(crate) user: Option<StoredUser>,
    /// The grant behind it, when there is a user.
    pub(crate) grant: Option<Grant>,
    /// What it allows.
    pub(crate) scopes: Scopes,
    /// Everything that it says.
    pub(crate) claims: AccessTokenClaims,
}

/// Why an access token is not accepted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BearerRefusal {
    /// The application is gone or disabled.
    #[error("the application of the access token is disabled or deleted")]
    ApplicationNotUsable,
    /// The grant was revoked.
    #[error("the access token has been revoked")]
    Revoked,
    /// None was sent, or not exactly one.
    #[error("an access token is required")]
    Missing,
    /// It is none of this installation's, or its time is over.
    #[error("the access token is not valid")]
    NotValid(#[from] AccessTokenError),
    /// It is none of an environment of this installation.
    #[error("the access token was issued by somebody else")]
    UnknownIssuer,
    /// The user is gone, disabled or locked.
    #[error("the user of the access token is disabled, locked or deleted")]
    UserNotUsable,
    /// The keys could not be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The database did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The access token of the `Authorization` header.
pub(crate) fn in_header(headers: &HeaderMap) -> Option<AccessToken> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?.to_str().ok()?;
    if values.next().is_some() {
        return None;
    }
    let (scheme, token) = value.trim().split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| AccessToken::new(token))
}

/// Accepts the access token of a request to the management API.
///
/// # Errors
///
/// [`BearerRefusal`] says which check failed; only its last two variants are the service's fault.
pub(crate) async fn authenticate(
    idp: &Idp,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<Bearer, BearerRefusal> {
    let token = in_header(headers).ok_or(BearerRefusal::Missing)?;
    accept(
        idp,
        &token,
        AudienceCheck::Expect(idp.urls().audience()),
        now,
    )
    .await
}

/// Accepts an access token of any environment, for the resource that `audience` demands.
///
/// # Errors
///
/// As [`authenticate`].
pub(crate) async fn accept(
    idp: &Idp,
    token: &AccessToken,
    audience: AudienceCheck<'_>,
    now: Timestamp,
) -> Result<Bearer, BearerRefusal> {
    let (environment, claims) = verify(idp, token, audience, now).await?;
    stands(idp, environment, claims, now).await
}

/// Checks that an environment of this installation issued the token and that its time is not over,
/// whatever became of grant, application and user since.
///
/// # Errors
///
/// As [`authenticate`].
pub(crate) async fn verify(
    idp: &Idp,
    token: &AccessToken,
    audience: AudienceCheck<'_>,
    now: Timestamp,
) -> Result<(EnvironmentId, AccessTokenClaims), BearerRefusal> {
    let issuer = AccessTokenVerifier::claimed_issuer(token.expose());
    let issuer = issuer.ok_or(BearerRefusal::UnknownIssuer)?;
    let environment = idp
        .urls()
        .environment_of(&issuer)
        .ok_or(BearerRefusal::UnknownIssuer)?;
    let found = idp.environments().find(environment, now).await?;
    if !found.is_some_and(|environment| environment.is_in_use()) {
        return Err(BearerRefusal::UnknownIssuer);
    }
    let keys = idp.keys().current(idp, environment, now).await?;
    let verifier = AccessTokenVerifier::new([Algorithm::RS256]);
    let claims = verifier.verify(token.expose(), keys.verification(), &issuer, audience, now)?;
    Ok((environment, claims))
}

/// What became of grant, application and user since the token was issued.
async fn stands(
    idp: &Idp,
    environment: EnvironmentId,
    claims: AccessTokenClaims,
    now: Timestamp,
) -> Result<Bearer, BearerRefusal> {
    let application = match ApplicationId::parse(&claims.client_id) {
        Ok(id) => idp.applications().find(environment, id, now).await?,
        Err(_) => None,
    };
    let application = application
        .filter(|application| application.settings.enabled)
        .ok_or(BearerRefusal::ApplicationNotUsable)?;
    let scopes = Scopes::parse(claims.scope.as_deref().unwrap_or_default());
    let scopes = scopes.map_err(|_| BearerRefusal::UnknownIssuer)?;
    // What `sub` says is the resource's matter; the grant says whose token it is.
    if claims.sub.is_none() {
        return Ok(Bearer {
            environment,
            application,
            user: None,
            grant: None,
            scopes,
            claims,
        });
    }
    let grant_id = claims
        .grant_id
        .as_deref()
        .and_then(|id| GrantId::parse(id).ok());
    let grant_id = grant_id.ok_or(BearerRefusal::Revoked)?;
    let grant = Grants::new(idp.db()).find(grant_id).await?;
    let grant = grant
        .filter(|grant| grant.is_good(now))
        .ok_or(BearerRefusal::Revoked)?;
    let users = Users::new(idp.db());
    let user = users.find(environment, grant.user_id).await?;
    let user = user
        .filter(|user| user.can_authenticate(now))
        .ok_or(BearerRefusal::UserNotUsable)?;
    Ok(Bearer {
        environment,
        application,
        user: Some(user),
        grant: Some(grant),
        scopes,
        claims,
    })
}
