//! The discovery document, `GET /{environment}/as/.well-known/openid-configuration`: prepared
//! bytes per environment ([OpenID Connect Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)).
//!
//! It says what is there and nothing else: PingOne's document without pushed requests, request
//! objects, devices and assertions, and with the methods `none` and `token`, which work.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::id::EnvironmentId;
use quick_cache::sync::Cache;
use serde_json::json;

use super::jwks::prepared;
use crate::Idp;
use crate::documents::PublicDocument;
use crate::interaction::SINGLE_FACTOR;
use crate::requests::extract::Environment;

/// More documents than this are not kept.
const MOST_DOCUMENTS: usize = 4096;

/// The documents that were asked for; an extension of the routes.
#[derive(Clone, Debug)]
pub(crate) struct Documents(Arc<Cache<EnvironmentId, PublicDocument>>);

/// Answers with the discovery document.
pub(crate) async fn get(
    State(idp): State<Idp>,
    Extension(documents): Extension<Documents>,
    environment: Environment,
    headers: HeaderMap,
) -> Response {
    prepared(documents.find(&idp, environment.id()), &headers)
}

impl Default for Documents {
    fn default() -> Self {
        Self(Arc::new(Cache::new(MOST_DOCUMENTS)))
    }
}

impl Documents {
    fn find(&self, idp: &Idp, environment: EnvironmentId) -> PublicDocument {
        self.0.get(&environment).unwrap_or_else(|| {
            let document = PublicDocument::new(document(idp, environment));
            self.0.insert(environment, document.clone());
            document
        })
    }
}

fn document(idp: &Idp, environment: EnvironmentId) -> String {
    let endpoint = |name| idp.urls().endpoint(environment, name);
    json!({
        "issuer": idp.urls().issuer(environment),
        "authorization_endpoint": endpoint("authorize"),
        "token_endpoint": endpoint("token"),
        "userinfo_endpoint": endpoint("userinfo"),
        "jwks_uri": endpoint("jwks"),
        "end_session_endpoint": endpoint("signoff"),
        "introspection_endpoint": endpoint("introspect"),
        "revocation_endpoint": endpoint("revoke"),
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "require_pushed_authorization_requests": false,
        "authorization_response_iss_parameter_supported": true,
        "scopes_supported": ["openid", "profile", "email", "address", "phone", "offline_access"],
        "response_types_supported": [
            "code", "id_token", "token", "token id_token", "code id_token", "code token",
            "code token id_token",
        ],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": [
            "authorization_code", "implicit", "client_credentials", "refresh_token",
        ],
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "acr_values_supported": [SINGLE_FACTOR],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "userinfo_signing_alg_values_supported": ["none"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "none",
        ],
        "introspection_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post",
        ],
        "revocation_endpoint_auth_methods_supported": [
            "client_secret_basic", "client_secret_post", "none",
        ],
        "claim_types_supported": ["normal"],
        "claims_supported": [
            "sub", "iss", "auth_time", "acr", "amr", "sid", "name", "given_name", "family_name",
            "middle_name", "nickname", "preferred_username", "picture", "zoneinfo", "locale",
            "updated_at", "email", "email_verified", "address", "phone_number",
            "phone_number_verified",
        ],
        "code_challenge_methods_supported": ["plain", "S256"],
    })
    .to_string()
}
