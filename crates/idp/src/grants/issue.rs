//! Access tokens and ID tokens, in the order of claims that PingOne's have.

use jiff::{SignedDuration, Timestamp};
use protocol::jose::{
    AccessTokenClaims, Algorithm, Audience, IdTokenClaims, NumericDate, left_half_hash,
};
use protocol::oauth::Scopes;
use protocol::secret::{AuthorizationCode, RefreshToken};
use protocol::trail;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::scopes::Target;
use crate::Idp;
use crate::access::client::Client;
use crate::grants::claims::Told;
use crate::grants::mapped_claims;
use crate::grants::{claims, resource_claims};
use crate::keys::KeysError;
use crate::requests::never_stored::Confidential;
use crate::stores::applications::StoredApplication;
use crate::stores::environments::StoredEnvironment;
use crate::stores::grants::Grant;
use crate::stores::users::StoredUser;

/// ID tokens live an hour whatever the access token does (PingOne, "Token lifetimes").
const ID_TOKEN_LIFETIME: SignedDuration = SignedDuration::from_hours(1);

/// PingOne's claim of a user's id, where `sub` is mapped to something else.
pub(crate) const USER_ID: &str = "p1.userId";

/// The answer of the token endpoint ([RFC 6749 §5.1](https://www.rfc-editor.org/rfc/rfc6749#section-5.1)).
pub(crate) struct TokenAnswer {
    pub(crate) access_token: String,
    pub(crate) expires_in_seconds: i64,
    pub(crate) refresh_token: Option<RefreshToken>,
    pub(crate) scopes: Scopes,
    pub(crate) id_token: Option<String>,
}

impl Confidential for TokenAnswer {
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        #[derive(Serialize)]
        struct Members<'a> {
            access_token: &'a str,
            token_type: &'static str,
            expires_in: i64,
            #[serde(skip_serializing_if = "Option::is_none")]
            refresh_token: Option<&'a str>,
            #[serde(skip_serializing_if = "String::is_empty")]
            scope: String,
            #[serde(skip_serializing_if = "Option::is_none")]
            id_token: Option<&'a str>,
        }

        serde_json::to_vec(&Members {
            access_token: &self.access_token,
            token_type: "Bearer",
            expires_in: self.expires_in_seconds,
            refresh_token: self.refresh_token.as_ref().map(RefreshToken::expose),
            scope: self.scopes.to_string(),
            id_token: self.id_token.as_deref(),
        })
    }
}

/// What a client exchanged for tokens: the grant behind it, and what of it is still allowed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchanged<'a> {
    pub(crate) grant: &'a Grant,
    pub(crate) user: &'a StoredUser,
    pub(crate) scopes: &'a Scopes,
    pub(crate) target: &'a Target,
}

/// The answer to a code or a refresh token that was good.
///
/// # Errors
///
/// [`KeysError`] when the environment's key cannot be had.
pub(crate) async fn answer(
    idp: &Idp,
    client: &Client,
    exchanged: Exchanged<'_>,
    refresh_token: Option<RefreshToken>,
    now: Timestamp,
) -> Result<TokenAnswer, KeysError> {
    let Exchanged {
        grant,
        user,
        scopes,
        target,
    } = exchanged;
    let wanted = RequestedTokens {
        access_token: true,
        id_token: scopes.contains("openid"),
        code: None,
    };
    let subject = Subject {
        environment: &client.environment,
        application: &client.application,
        grant,
        user,
    };
    let tokens = for_user(idp, subject, scopes, target, wanted, now).await?;
    if let Some(refresh_token) = &refresh_token {
        trail::token("refresh token", refresh_token.expose());
    }
    Ok(TokenAnswer {
        access_token: tokens.access_token.unwrap_or_default(),
        expires_in_seconds: tokens.expires_in_seconds,
        refresh_token,
        scopes: scopes.clone(),
        id_token: tokens.id_token,
    })
}

/// What tokens are issued about and for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    pub(crate) environment: &'a StoredEnvironment,
    pub(crate) application: &'a StoredApplication,
    pub(crate) grant: &'a Grant,
    pub(crate) user: &'a StoredUser,
}

/// Which tokens are wanted, beside which code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestedTokens<'a> {
    /// An access token.
    pub(crate) access_token: bool,
    /// An ID token.
    pub(crate) id_token: bool,
    /// The code that travels along, for `c_hash`.
    pub(crate) code: Option<&'a AuthorizationCode>,
}

/// The tokens of a user.
#[derive(Debug)]
pub(crate) struct UserTokens {
    pub(crate) access_token: Option<String>,
    pub(crate) id_token: Option<String>,
    pub(crate) expires_in_seconds: i64,
}

/// Issues tokens about a user.
///
/// # Errors
///
/// [`KeysError`] when the environment's key cannot be had.
pub(crate) async fn for_user(
    idp: &Idp,
    subject: Subject<'_>,
    scopes: &Scopes,
    target: &Target,
    wanted: RequestedTokens<'_>,
    now: Timestamp,
) -> Result<UserTokens, KeysError> {
    let mut access = wanted
        .access_token
        .then(|| access_claims(idp, subject, scopes, target, now));
    if let (Some(claims), Some(resource)) = (&mut access, target.resource) {
        let (environment, user) = (subject.environment.id, Some(subject.user));
        resource_claims::add(idp, environment, resource, user, claims, now).await?;
    }
    let code_hash = wanted
        .code
        .map(|code| left_half_hash(Algorithm::RS256, code.expose()));
    let id = if wanted.id_token {
        let mut claims = id_claims(idp, subject, scopes, now).await?;
        claims.c_hash = code_hash;
        Some(claims)
    } else {
        None
    };
    let keys = idp.keys().current(idp, subject.environment.id, now).await?;
    let key = keys.signer_for(subject.application);
    let access_token = access.map(|claims| key.sign(&claims)).transpose()?;
    let id_token = id
        .map(|mut claims| {
            claims.at_hash = access_token
                .as_deref()
                .map(|token| left_half_hash(Algorithm::RS256, token));
            key.sign(&claims)
        })
        .transpose()?;
    for (name, token) in [("access token", &access_token), ("ID token", &id_token)] {
        if let Some(token) = token {
            trail::token(name, token);
        }
    }
    Ok(UserTokens {
        access_token,
        id_token,
        expires_in_seconds: target.lifetime.as_secs(),
    })
}

/// Issues an access token to an application for itself: no user, no session, nothing stored.
///
/// # Errors
///
/// [`KeysError`] when the environment's key cannot be had.
pub(crate) async fn for_application(
    idp: &Idp,
    environment: &StoredEnvironment,
    application: &StoredApplication,
    scopes: &Scopes,
    target: &Target,
    now: Timestamp,
) -> Result<String, KeysError> {
    let mut claims = bare_access_claims(idp, environment, application, scopes, target, now);
    if let Some(resource) = target.resource {
        resource_claims::add(idp, environment.id, resource, None, &mut claims, now).await?;
    }
    let keys = idp.keys().current(idp, environment.id, now).await?;
    Ok(keys.signer_for(application).sign(&claims)?)
}

fn access_claims(
    idp: &Idp,
    subject: Subject<'_>,
    scopes: &Scopes,
    target: &Target,
    now: Timestamp,
) -> AccessTokenClaims {
    let Subject {
        environment,
        application,
        grant,
        user,
    } = subject;
    let mut claims = bare_access_claims(idp, environment, application, scopes, target, now);
    claims.sub = Some(user.id.to_string());
    claims.sid = Some(grant.session_id.to_string());
    claims.auth_time = Some(NumericDate::from(grant.authenticated_at));
    claims.acr = Some(grant.acr.clone());
    claims.grant_id = Some(grant.id.to_string());
    claims
}

fn bare_access_claims(
    idp: &Idp,
    environment: &StoredEnvironment,
    application: &StoredApplication,
    scopes: &Scopes,
    target: &Target,
    now: Timestamp,
) -> AccessTokenClaims {
    let mut claims = AccessTokenClaims::new(
        application.id.to_string(),
        idp.urls().issuer(environment.id).as_str(),
        Audience::Many(vec![target.audience.clone()]),
        issued_and_expired(target.lifetime, now),
    );
    claims.jti = Some(idp.random().uuid().to_string());
    claims.scope = (!scopes.is_empty()).then(|| scopes.to_string());
    if target.resource.is_none() {
        claims.env = Some(environment.id.to_string());
        claims.org = Some(environment.organization_id.to_string());
    }
    claims
}

async fn id_claims(
    idp: &Idp,
    subject: Subject<'_>,
    scopes: &Scopes,
    now: Timestamp,
) -> Result<IdTokenClaims, KeysError> {
    let Subject {
        environment,
        application,
        grant,
        user,
    } = subject;
    let mut claims = IdTokenClaims::new(
        idp.urls().issuer(environment.id).as_str(),
        user.id.to_string(),
        Audience::One(application.id.to_string()),
        issued_and_expired(ID_TOKEN_LIFETIME, now),
    );
    claims.acr = Some(grant.acr.clone());
    claims.amr.clone_from(&grant.amr);
    claims.auth_time = Some(NumericDate::from(grant.authenticated_at));
    claims.sid = Some(grant.session_id.to_string());
    claims.nonce.clone_from(&grant.nonce);
    claims.additional = claims::about(user, scopes);
    let told = &mut claims.additional;
    let mapped =
        mapped_claims::apply(idp, application, user, scopes, Told::IdToken, told, now).await?;
    claims.additional.extend(of_environment(idp, environment));
    if let Some(mapped) = mapped {
        // The token stays good as a hint of who the user is.
        let id = json!(user.id);
        claims.additional.insert(USER_ID.to_owned(), id);
        claims.sub = mapped;
    }
    Ok(claims)
}

/// When a token with this lifetime is issued, and when it expires.
fn issued_and_expired(lifetime: SignedDuration, now: Timestamp) -> [NumericDate; 2] {
    let expires = now.saturating_add(lifetime).unwrap_or(now);
    [NumericDate::from(now), NumericDate::from(expires)]
}

/// PingOne's claims about where a user lives.
pub(crate) fn of_environment(idp: &Idp, environment: &StoredEnvironment) -> Map<String, Value> {
    let claims = [
        ("env", json!(environment.id)),
        ("org", json!(environment.organization_id)),
        ("p1.region", json!(idp.settings().region.as_str())),
    ];
    claims
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect()
}
