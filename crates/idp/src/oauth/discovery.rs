//! The discovery document, `GET /{environment}/as/.well-known/openid-configuration`: prepared
//! bytes per environment ([OpenID Connect Discovery §3](https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderMetadata)).
//!
//! It says what is there and nothing else: PingOne's document without pushed requests, request
//! objects, devices and assertions, and with the methods `none` and `token`, which work.

use std::error::Error;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use protocol::id::EnvironmentId;
use protocol::jose::SigningAlgorithm;
use protocol::oauth::{
    CodeChallengeMethod, GrantType, Prompt, ProviderMetadata, ResponseMode, ResponseType,
    TokenEndpointAuthMethod,
};
use quick_cache::sync::Cache;
use url::{ParseError, Url};

use super::jwks::prepared;
use crate::Idp;
use crate::configuration::sign_on_policies::SINGLE_FACTOR;
use crate::documents::PublicDocument;
use crate::founding::environment::OPENID_SCOPES;
use crate::grants::claims;
use crate::requests::extract::Environment;
use crate::requests::failures::oauth::OAuthFailure;

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
) -> Result<Response, OAuthFailure> {
    let document = documents.find(&idp, environment.id());
    let document = document.map_err(OAuthFailure::internal)?;
    Ok(prepared(document, &headers))
}

impl Default for Documents {
    fn default() -> Self {
        Self(Arc::new(Cache::new(MOST_DOCUMENTS)))
    }
}

impl Documents {
    fn find(
        &self,
        idp: &Idp,
        environment: EnvironmentId,
    ) -> Result<PublicDocument, Box<dyn Error + Send + Sync>> {
        if let Some(document) = self.0.get(&environment) {
            return Ok(document);
        }
        let text = serde_json::to_string(&metadata(idp, environment)?)?;
        let document = PublicDocument::new(text);
        self.0.insert(environment, document.clone());
        Ok(document)
    }
}

/// What of the claims of an ID token is no attribute of the user.
const OF_THE_SIGN_ON: [&str; 6] = ["sub", "iss", "auth_time", "acr", "amr", "sid"];

fn metadata(idp: &Idp, environment: EnvironmentId) -> Result<ProviderMetadata, ParseError> {
    let endpoint = |name| Url::parse(&idp.urls().endpoint(environment, name));
    let mut metadata = ProviderMetadata::new(
        idp.urls().issuer(environment),
        endpoint("authorize")?,
        endpoint("token")?,
        endpoint("jwks")?,
    );
    metadata.userinfo_endpoint = Some(endpoint("userinfo")?);
    metadata.end_session_endpoint = Some(endpoint("signoff")?);
    metadata.ping_end_idp_session_endpoint = Some(endpoint("idpSignoff")?);
    metadata.introspection_endpoint = Some(endpoint("introspect")?);
    metadata.revocation_endpoint = Some(endpoint("revoke")?);
    metadata.authorization_response_iss_parameter_supported = true;
    metadata.scopes_supported = texts(OPENID_SCOPES.map(|(name, _)| name));
    metadata.response_types_supported = texts(ResponseType::ALL);
    metadata.response_modes_supported = texts(ResponseMode::ALL.map(ResponseMode::as_str));
    // The implicit grant is the one that has no business at the token endpoint.
    metadata.grant_types_supported = texts(GrantType::ALL.map(GrantType::as_str));
    metadata.grant_types_supported.push("implicit".to_owned());
    metadata.prompt_values_supported = texts(Prompt::ALL.map(Prompt::as_str));
    metadata.acr_values_supported = texts([SINGLE_FACTOR]);
    metadata.subject_types_supported = texts(["public"]);
    metadata.id_token_signing_alg_values_supported = texts([SigningAlgorithm::Rs256.as_str()]);
    metadata.userinfo_signing_alg_values_supported = texts(["none"]);
    let methods = TokenEndpointAuthMethod::WITHOUT_ASSERTION;
    let proofs = methods.into_iter().filter(|method| method.is_proof());
    metadata.introspection_endpoint_auth_methods_supported =
        texts(proofs.map(TokenEndpointAuthMethod::as_str));
    let methods = texts(methods.map(TokenEndpointAuthMethod::as_str));
    metadata
        .revocation_endpoint_auth_methods_supported
        .clone_from(&methods);
    metadata.token_endpoint_auth_methods_supported = methods;
    metadata.claim_types_supported = texts(["normal"]);
    metadata.claims_supported = texts(OF_THE_SIGN_ON.into_iter().chain(claims::NAMES));
    metadata.code_challenge_methods_supported =
        texts(CodeChallengeMethod::ALL.map(CodeChallengeMethod::as_str));
    Ok(metadata)
}

fn texts(values: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    values.into_iter().map(|value| value.to_string()).collect()
}
