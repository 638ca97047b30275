//! The userinfo endpoint, `GET` and `POST /{environment}/as/userinfo`: OpenID Connect Core §5.3.

use axum::extract::{FromRequest as _, Request, State};
use axum::http::Method;
use axum::http::header::{CONTENT_TYPE, ORIGIN};
use protocol::jose::AudienceCheck;
use protocol::secret::AccessToken;
use serde_json::{Map, Value, json};

use crate::Idp;
use crate::access::bearer::{self, BearerRefusal};
use crate::access::client;
use crate::grants::claims;
use crate::grants::claims::Told;
use crate::grants::issue;
use crate::grants::mapped_claims;
use crate::requests::extract::{Environment, OAuthForm};
use crate::requests::failures::oauth::OAuthFailure;
use crate::requests::never_stored::{Confidential, NoStore};
use crate::requests::origin::Now;

/// Claims about the user of an access token.
#[derive(Debug)]
pub(crate) struct UserInfo(Map<String, Value>);

impl Confidential for UserInfo {
    fn to_json(&self) -> Result<Vec<u8>, serde_json::Error> {
        serde_json::to_vec(&self.0)
    }
}

/// Answers with the claims that the access token's scopes stand for.
pub(crate) async fn answer(
    State(idp): State<Idp>,
    environment: Environment,
    Now(now): Now,
    request: Request,
) -> Result<NoStore<UserInfo>, OAuthFailure> {
    let origin = request.headers().get(ORIGIN).cloned();
    let token = token_of(&idp, request).await?;
    let bearer = bearer::accept(&idp, &token, AudienceCheck::AnyResource, now).await?;
    client::require_origin(&bearer.application, origin.as_ref())?;
    let Some(user) = bearer
        .user
        .filter(|_| bearer.environment == environment.id())
    else {
        return Err(OAuthFailure::invalid_token(
            "the access token is not a user's",
        ));
    };
    if !bearer.scopes.contains("openid") {
        return Err(OAuthFailure::insufficient_scope());
    }
    let mut members = Map::new();
    members.insert("sub".to_owned(), json!(user.id));
    members.extend(claims::about(&user, &bearer.scopes));
    let application = &bearer.application;
    let (scopes, told) = (&bearer.scopes, Told::UserInfo);
    let told_members = &mut members;
    let mapped =
        mapped_claims::apply(&idp, application, &user, scopes, told, told_members, now).await?;
    if let Some(mapped) = mapped {
        members.insert("sub".to_owned(), json!(mapped));
    }
    members.extend(issue::of_environment(&idp, &environment.0));
    Ok(NoStore(UserInfo(members)))
}

/// The access token of the header, or of the form of a POST
/// ([RFC 6750 §2](https://www.rfc-editor.org/rfc/rfc6750#section-2): by one method only).
async fn token_of(idp: &Idp, request: Request) -> Result<AccessToken, OAuthFailure> {
    let in_header = bearer::in_header(request.headers());
    let has_form = request.method() == Method::POST && request.headers().contains_key(CONTENT_TYPE);
    if !has_form {
        return in_header.ok_or_else(OAuthFailure::no_token);
    }
    let form = OAuthForm::from_request(request, idp).await;
    let in_form = match (&in_header, form) {
        (_, Ok(OAuthForm(params))) => params.find("access_token").map(AccessToken::new),
        // With the token in the header, the body's type is nobody's business.
        (Some(_), Err(_)) => None,
        (None, Err(failure)) => return Err(failure),
    };
    match (in_header, in_form) {
        (Some(_), Some(_)) => Err(OAuthFailure::invalid_request(
            "the access token is sent in the header and in the body; use one",
        )),
        (Some(token), None) | (None, Some(token)) => Ok(token),
        (None, None) => Err(OAuthFailure::no_token()),
    }
}

impl From<BearerRefusal> for OAuthFailure {
    fn from(refusal: BearerRefusal) -> Self {
        match refusal {
            BearerRefusal::Missing => Self::no_token(),
            BearerRefusal::Keys(error) => error.into(),
            BearerRefusal::Store(error) => error.into(),
            refusal => Self::invalid_token(refusal.to_string()),
        }
    }
}
