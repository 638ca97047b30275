//! The OpenID provider: documents, tokens, and what is told about a user.

use std::collections::HashMap;

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, StatusCode};
use protocol::id::UserId;
use protocol::jose::{Algorithm, left_half_hash};
use protocol::oauth::CodeVerifier;
use protocol::params::FormParams;
use serde_json::{Value, json};
use url::Url;
use url::form_urlencoded::{self, Serializer};

use super::answer::json_answer;
use super::world::{Code, Person, Signature};
use super::{ENVIRONMENT, Provider, WORKER_TOKEN, key};

/// Whose access token came along.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Bearer {
    User(UserId),
    Worker,
}

pub(super) fn routes() -> Router<Provider> {
    let issuer = format!("/{ENVIRONMENT}/as");
    Router::new()
        .route(
            &format!("{issuer}/.well-known/openid-configuration"),
            get(discovery),
        )
        .route(&format!("{issuer}/jwks"), get(jwks))
        .route(&format!("{issuer}/token"), post(token))
        .route(&format!("{issuer}/userinfo"), get(userinfo))
        .route(&format!("{issuer}/introspect"), post(introspect))
        .route(&format!("{issuer}/revoke"), post(revoke))
        .route(&format!("{issuer}/signoff"), get(sign_off).post(sign_off))
}

impl Provider {
    /// The discovery document as it was told to be.
    pub(super) fn discovery(&self) -> Value {
        let issuer = self.issuer();
        let world = self.world();
        let mut document = json!({
            "issuer": issuer,
            "authorization_endpoint": format!("{issuer}/authorize"),
            "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"),
        });
        if !world.is_minimal {
            let more = json!({
                "userinfo_endpoint": format!("{issuer}/userinfo"),
                "end_session_endpoint": format!("{issuer}/signoff"),
                "introspection_endpoint": format!("{issuer}/introspect"),
                "revocation_endpoint": format!("{issuer}/revoke"),
                "response_types_supported": ["code", "id_token", "token id_token"],
                "token_endpoint_auth_methods_supported":
                    ["client_secret_basic", "client_secret_post"],
                "authorization_response_iss_parameter_supported": true,
            });
            merge(&mut document, &more);
        }
        merge(&mut document, &Value::Object(world.described.clone()));
        document
    }

    /// An answer with a code.
    pub(super) fn give_code(
        &self,
        query: &HashMap<String, String>,
        person: &Person,
        answer: &mut Serializer<'_, String>,
    ) {
        assert_eq!(query["code_challenge_method"], "S256");
        let mut world = self.world();
        let code = world.fresh("code");
        answer.append_pair("code", &code);
        let kept = Code {
            client_id: query["client_id"].clone(),
            user: person.id,
            nonce: query["nonce"].clone(),
            challenge: query["code_challenge"].clone(),
            redirect_uri: query["redirect_uri"].clone(),
        };
        world.codes.insert(code, kept);
    }

    /// An answer of the implicit grant.
    pub(super) fn give_tokens(
        &self,
        query: &HashMap<String, String>,
        person: &Person,
        with_access_token: bool,
        answer: &mut Serializer<'_, String>,
    ) {
        let (access, lifetime) = {
            let mut world = self.world();
            let (access, lifetime) = (world.fresh("opaque-access"), world.lifetime);
            if with_access_token {
                let until = (person.id, self.now() + lifetime);
                world.access.insert(access.clone(), until);
            }
            (access, lifetime)
        };
        if with_access_token {
            answer
                .append_pair("access_token", &access)
                .append_pair("token_type", "Bearer")
                .append_pair("expires_in", &lifetime.to_string());
        }
        let id_token = self.id_token(&query["client_id"], person, &query["nonce"], &access);
        answer.append_pair("id_token", &id_token);
    }

    fn id_token(&self, client_id: &str, person: &Person, nonce: &str, access: &str) -> String {
        let now = self.now();
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": person.id,
            "aud": client_id,
            "iat": now,
            "exp": now + 600,
            "auth_time": now,
            "nonce": nonce,
            "preferred_username": person.username,
            "email": person.email,
            "amr": ["pwd"],
        });
        let world = self.world();
        if !world.is_minimal {
            claims["at_hash"] = left_half_hash(Algorithm::RS256, access).into();
        }
        for (name, value) in &world.claims {
            claims[name] = value.clone();
        }
        let right = key(0).sign(&claims).unwrap();
        match world.signature {
            Signature::Right => right,
            Signature::Wrong => {
                claims["sub"] = "somebody else".into();
                let other = key(0).sign(&claims).unwrap();
                let (signed, _) = right.rsplit_once('.').unwrap();
                let (_, signature) = other.rsplit_once('.').unwrap();
                format!("{signed}.{signature}")
            }
            Signature::OfUnknownKey => key(1).sign(&claims).unwrap(),
        }
    }

    /// Whose access token a request brings, if it is good.
    pub(super) fn bearer(&self, headers: &HeaderMap) -> Option<Bearer> {
        let header = headers.get("authorization")?.to_str().ok()?;
        let token = header.strip_prefix("Bearer ")?;
        if token == WORKER_TOKEN {
            return Some(Bearer::Worker);
        }
        let (user, until) = *self.world().access.get(token)?;
        (self.now() < until).then_some(Bearer::User(user))
    }

    /// The application that proves who it is.
    fn client(&self, headers: &HeaderMap, params: &FormParams) -> Option<String> {
        let (id, secret) = match headers.get("authorization") {
            Some(header) => {
                let basic = header.to_str().ok()?.strip_prefix("Basic ")?;
                let text = String::from_utf8(STANDARD.decode(basic).ok()?).ok()?;
                let (id, secret) = text.split_once(':')?;
                (decoded(id), Some(decoded(secret)))
            }
            None => (
                params.find("client_id")?.to_owned(),
                params.find("client_secret").map(str::to_owned),
            ),
        };
        (*self.world().clients.get(&id)? == secret).then_some(id)
    }
}

/// Takes over members; `null` removes one.
fn merge(into: &mut Value, changes: &Value) {
    let members = into.as_object_mut().unwrap();
    for (name, value) in changes.as_object().unwrap() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.clone(), value.clone()),
        };
    }
}

/// A part of HTTP Basic, which clients encode as forms are (RFC 6749, section 2.3.1).
fn decoded(text: &str) -> String {
    let form = format!("value={text}");
    let mut pairs = form_urlencoded::parse(form.as_bytes());
    pairs.next().unwrap().1.into_owned()
}

async fn discovery(State(provider): State<Provider>) -> Response {
    json_answer(200, &provider.discovery())
}

async fn jwks(State(provider): State<Provider>) -> Response {
    json_answer(200, &json!({"keys": provider.world().keys}))
}

async fn token(State(provider): State<Provider>, headers: HeaderMap, body: String) -> Response {
    let refuse = |status, error: &str| json_answer(status, &json!({"error": error}));
    let params = FormParams::parse(body.as_bytes()).unwrap();
    let Some(client) = provider.client(&headers, &params) else {
        return refuse(401, "invalid_client");
    };
    let (user, nonce) = match params.find("grant_type").unwrap_or_default() {
        "client_credentials" => {
            return json_answer(
                200,
                &json!({"access_token": WORKER_TOKEN, "token_type": "Bearer", "expires_in": 3600}),
            );
        }
        "authorization_code" => {
            let code = params.find("code").unwrap_or_default();
            let Some(code) = provider.world().codes.remove(code) else {
                return refuse(400, "invalid_grant");
            };
            let verifier = CodeVerifier::parse(params.find("code_verifier").unwrap()).unwrap();
            assert_eq!(verifier.challenge().as_str(), code.challenge);
            assert_eq!(params.find("redirect_uri"), Some(&*code.redirect_uri));
            assert_eq!(
                client, code.client_id,
                "only its own application redeems a code"
            );
            (code.user, Some(code.nonce))
        }
        "refresh_token" => {
            let token = params.find("refresh_token").unwrap().to_owned();
            let mut world = provider.world();
            if world.refresh_is_refused || world.used_refresh.contains(&token) {
                return refuse(400, "invalid_grant");
            }
            let Some(user) = world.refresh.remove(&token) else {
                return refuse(400, "invalid_grant");
            };
            world.used_refresh.insert(token);
            (user, None)
        }
        _ => return refuse(400, "unsupported_grant_type"),
    };
    let mut answer = json!({"token_type": "Bearer"});
    let (access, person) = {
        let mut world = provider.world();
        let (access, lifetime) = (world.fresh("opaque-access"), world.lifetime);
        let until = (user, provider.now() + lifetime);
        world.access.insert(access.clone(), until);
        if !world.is_minimal {
            let refresh = world.fresh("opaque-refresh");
            world.refresh.insert(refresh.clone(), user);
            merge(
                &mut answer,
                &json!({"expires_in": lifetime, "refresh_token": refresh}),
            );
        }
        (
            access,
            world.find(|person| person.id == user).cloned().unwrap(),
        )
    };
    answer["access_token"] = access.as_str().into();
    if let Some(nonce) = nonce {
        answer["id_token"] = provider.id_token(&client, &person, &nonce, &access).into();
    }
    json_answer(200, &answer)
}

async fn userinfo(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let Some(Bearer::User(user)) = provider.bearer(&headers) else {
        return json_answer(401, &json!({"error": "invalid_token"}));
    };
    let person = provider.world().find(|it| it.id == user).cloned().unwrap();
    json_answer(
        200,
        &json!({
            "sub": user, "name": format!("{} Lovelace", person.given.unwrap_or_default()),
            "email": person.email, "preferred_username": person.username,
            "address": {"street_address": "St James's Square 12", "locality": "London"},
            "updated_at": 1_767_607_200,
        }),
    )
}

async fn introspect(
    State(provider): State<Provider>,
    headers: HeaderMap,
    body: String,
) -> Response {
    let params = FormParams::parse(body.as_bytes()).unwrap();
    if provider.client(&headers, &params).is_none() {
        return json_answer(401, &json!({"error": "invalid_client"}));
    }
    let token = params.find("token").unwrap();
    let now = provider.now();
    let world = provider.world();
    let is_access = world
        .access
        .get(token)
        .is_some_and(|(_, until)| now < *until);
    let active = is_access || world.refresh.contains_key(token);
    json_answer(200, &json!({"active": active}))
}

async fn revoke(State(provider): State<Provider>, body: String) -> Response {
    let params = FormParams::parse(body.as_bytes()).unwrap();
    let token = params.find("token").unwrap().to_owned();
    let mut world = provider.world();
    world.access.remove(&token);
    world.refresh.remove(&token);
    world.revoked.push(token);
    StatusCode::OK.into_response()
}

/// Leads back to the application if it asked for that, by GET or POST.
async fn sign_off(RawQuery(query): RawQuery, body: String) -> Response {
    let sent = query.filter(|query| !query.is_empty()).unwrap_or(body);
    let params = FormParams::parse(sent.as_bytes()).unwrap();
    let Some(address) = params.find("post_logout_redirect_uri") else {
        return "Signed off.".into_response();
    };
    let mut address = Url::parse(address).unwrap();
    if let Some(state) = params.find("state") {
        address.query_pairs_mut().append_pair("state", state);
    }
    Redirect::to(address.as_str()).into_response()
}
