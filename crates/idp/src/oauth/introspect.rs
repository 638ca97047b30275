//! The introspection endpoint, `POST /{environment}/as/introspect`:
//! [RFC 7662](https://www.rfc-editor.org/rfc/rfc7662).
//!
//! An application that proves who it is
//! ([§2.1](https://www.rfc-editor.org/rfc/rfc7662#section-2.1)) looks up its own tokens, and a custom
//! resource the access tokens that are for it; whatever is not one of them is inactive, and nothing
//! more is said.

use axum::extract::State;
use platform::clock::is_expired;
use protocol::jose::AudienceCheck;
use protocol::jose::NumericDate;
use protocol::secret::{AccessToken, RefreshToken};
use serde_json::{Value, json};

use crate::Idp;
use crate::access::bearer::{self, BearerRefusal};
use crate::access::client::Client;
use crate::access::introspecting::{IntrospectionRequest, Introspector};
use crate::requests::failures::oauth::OAuthFailure;
use crate::requests::never_stored::{Confidential, NoStore};
use crate::stores::grants::Grants;
use crate::stores::refresh_tokens::RefreshTokens;
use crate::stores::users::Users;

/// What is known about a token.
#[derive(Debug)]
pub(crate) struct Introspection(Value);

impl Confidential for Introspection {
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
}

/// Tells an application whether a token of its own is good.
pub(crate) async fn post(
    State(idp): State<Idp>,
    IntrospectionRequest {
        introspector,
        params,
        now,
    }: IntrospectionRequest,
) -> Result<NoStore<Introspection>, OAuthFailure> {
    if let Introspector::Application(client) = &introspector {
        client.require_proof()?;
    }
    let token = params.require("token")?;
    let found = access_token(&idp, &introspector, &AccessToken::new(token), now).await?;
    let found = match (found, &introspector) {
        (None, Introspector::Application(client)) => {
            refresh_token(&idp, client, &RefreshToken::new(token), now).await?
        }
        (found, _) => found,
    };
    Ok(NoStore(Introspection(
        found.unwrap_or_else(|| json!({ "active": false })),
    )))
}

async fn access_token(
    idp: &Idp,
    introspector: &Introspector,
    token: &AccessToken,
    now: jiff::Timestamp,
) -> Result<Option<Value>, OAuthFailure> {
    let bearer = match bearer::accept(idp, token, AudienceCheck::AnyResource, now).await {
        Ok(bearer) => bearer,
        Err(BearerRefusal::Keys(error)) => return Err(error.into()),
        Err(BearerRefusal::Store(error)) => return Err(error.into()),
        Err(_) => return Ok(None),
    };
    let is_theirs = match introspector {
        Introspector::Application(client) => {
            bearer.application.id == client.application.id
                && bearer.environment == client.environment.id
        }
        Introspector::Resource(environment, resource) => {
            let audience = resource.audience(idp.urls().audience());
            bearer.environment == environment.id && bearer.claims.aud.contains(&audience)
        }
    };
    if !is_theirs {
        return Ok(None);
    }
    let mut found = json!({ "active": true, "token_type": "Bearer" });
    if let (Some(members), Ok(Value::Object(claims))) =
        (found.as_object_mut(), serde_json::to_value(&bearer.claims))
    {
        members.extend(claims);
        if let Some(user) = bearer.user {
            members.insert("username".to_owned(), Value::String(user.username));
        }
    }
    Ok(Some(found))
}

async fn refresh_token(
    idp: &Idp,
    client: &Client,
    token: &RefreshToken,
    now: jiff::Timestamp,
) -> Result<Option<Value>, OAuthFailure> {
    let stored = RefreshTokens::new(idp.db()).find(&token.digest()).await?;
    let stored = stored.filter(|stored| {
        stored.application_id == client.application.id
            && stored.superseded.is_none()
            && !is_expired(stored.expires_at, now)
    });
    let Some(stored) = stored else {
        return Ok(None);
    };
    let grant = Grants::new(idp.db()).find(stored.grant_id).await?;
    let Some(grant) = grant.filter(|grant| grant.is_good(now)) else {
        return Ok(None);
    };
    let user = Users::new(idp.db())
        .find(client.environment.id, grant.user_id)
        .await?;
    let Some(user) = user.filter(|user| user.can_authenticate(now)) else {
        return Ok(None);
    };
    Ok(Some(json!({
        "active": true,
        "client_id": client.application.id,
        "scope": stored.scopes,
        "iss": idp.urls().issuer(client.environment.id),
        "iat": NumericDate::from(stored.issued_at),
        "exp": NumericDate::from(stored.expires_at),
        "sub": user.id,
        "sid": grant.session_id,
        "username": user.username,
    })))
}
