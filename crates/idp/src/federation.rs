//! Asking OpenID providers elsewhere who somebody is, as their client: the address that a browser is
//! sent to, and what is redeemed and verified when it comes back (OpenID Connect Core §3.1).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use protocol::Random;
use protocol::jose::{
    Algorithm, ExpectedIdToken, HashCheck, IdTokenError, IdTokenVerifier, JwkSet, JwkSetError,
    MaxAgeCheck, NonceCheck, TokenError, VerificationKeys, VerifiedIdToken,
};
use protocol::oauth::CodeVerifier;
use quick_cache::sync::Cache;
use reqwest::{RequestBuilder, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use crate::outgoing::{self, Clients};

/// A browser waits for all questions to a provider together.
const PATIENCE: Duration = Duration::from_secs(15);

/// Larger answers are not read.
const LONGEST_ANSWER: usize = 256 * 1024;

/// How many providers' keys are kept.
const MOST_KEY_SETS: usize = 256;

/// How old keys may be.
const KEYS_FRESH_FOR: SignedDuration = SignedDuration::from_hours(1);

/// How soon keys are fetched again for a token that names an unknown one.
const KEYS_PAUSE: SignedDuration = SignedDuration::from_mins(1);

/// A provider does not say here which of them it signs with. None of them can be made with what
/// everybody knows.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RS256,
    Algorithm::RS384,
    Algorithm::RS512,
    Algorithm::PS256,
    Algorithm::PS384,
    Algorithm::PS512,
    Algorithm::ES256,
    Algorithm::ES384,
    Algorithm::EdDSA,
];

/// An OpenID provider, and whom it knows this environment as.
#[derive(Debug)]
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) authentication: ClientAuthentication,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) jwks_endpoint: Url,
    pub(crate) user_info_endpoint: Option<Url>,
    /// Without `openid`, which is always asked for.
    pub(crate) scopes: Vec<String>,
    /// Whether the code is proved to be one's own (RFC 7636).
    pub(crate) proves_code: bool,
}

/// How the token endpoint is told who asks (OpenID Connect Core §9).
#[derive(Debug)]
pub(crate) enum ClientAuthentication {
    Basic(SecretString),
    None,
    Post(SecretString),
}

/// What has to come back from a provider, kept until it does.
#[derive(Serialize, Deserialize)]
pub(crate) struct Expected {
    pub(crate) state: String,
    nonce: String,
    verifier: Option<String>,
}

/// What a provider is told beside the necessary.
#[derive(Debug, Default)]
pub(crate) struct Wishes<'a> {
    pub(crate) login_hint: Option<&'a str>,
    pub(crate) acr_values: Option<&'a str>,
    pub(crate) prompt: Option<&'a str>,
}

/// Why a provider did not say who somebody is.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FederationError {
    /// Its keys are no keys.
    #[error("the provider's keys cannot be read")]
    Keys(#[from] JwkSetError),
    /// The ID token is not good.
    #[error("the provider's ID token is not accepted")]
    IdToken(#[from] IdTokenError),
    /// It gave no ID token.
    #[error("the provider gave no ID token")]
    NoIdToken,
    /// An endpoint leads into the installation's own network.
    #[error("the {0} endpoint leads into the installation's own network")]
    NotPublic(&'static str),
    /// It refused the code or the token.
    #[error("the {endpoint} endpoint answered {status} {error}")]
    Refused {
        endpoint: &'static str,
        status: StatusCode,
        /// The OAuth error code, if it gave one.
        error: String,
    },
    /// TLS cannot be set up on this machine.
    #[error("TLS for requests to providers could not be set up")]
    Tls(#[source] reqwest::Error),
    /// It took too long.
    #[error("the provider took longer than {} seconds", PATIENCE.as_secs())]
    TooSlow,
    /// It answered more than anybody needs.
    #[error("the {0} endpoint answered more than {LONGEST_ANSWER} bytes")]
    TooMuch(&'static str),
    /// It could not be asked.
    #[error("the {endpoint} endpoint could not be asked")]
    Unreachable {
        endpoint: &'static str,
        source: reqwest::Error,
    },
    /// Its answer is not what the specification says.
    #[error("the answer of the {endpoint} endpoint cannot be read")]
    Unreadable {
        endpoint: &'static str,
        source: serde_json::Error,
    },
    /// The userinfo is about somebody else (OpenID Connect Core §5.3.2).
    #[error("the userinfo is about another person than the ID token")]
    OtherPerson,
}

impl Provider {
    /// What has to come back; `state` begins with what is found again by it.
    pub(crate) fn expect(&self, found_by: &str, random: &dyn Random) -> Expected {
        Expected {
            state: format!("{found_by}.{}", random.token()),
            nonce: random.token(),
            verifier: self
                .proves_code
                .then(|| CodeVerifier::random(random).expose().to_owned()),
        }
    }

    /// Where the browser is sent (OpenID Connect Core §3.1.2.1).
    pub(crate) fn authorization_url(
        &self,
        expected: &Expected,
        redirect_uri: &str,
        wishes: &Wishes<'_>,
    ) -> Url {
        let scopes = std::iter::once("openid").chain(self.scopes.iter().map(String::as_str));
        let mut known = BTreeSet::new();
        let scopes: Vec<&str> = scopes.filter(|scope| known.insert(*scope)).collect();
        let challenge = expected.verifier.as_deref().map(CodeVerifier::parse);
        let challenge = challenge.and_then(Result::ok).map(|one| one.challenge());
        let mut url = self.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", &expected.state)
            .append_pair("nonce", &expected.nonce);
        if let Some(challenge) = &challenge {
            query
                .append_pair("code_challenge", challenge.as_str())
                .append_pair("code_challenge_method", "S256");
        }
        for (name, value) in [
            ("login_hint", wishes.login_hint),
            ("acr_values", wishes.acr_values),
            ("prompt", wishes.prompt),
        ] {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        }
        drop(query);
        url
    }

    /// The request that redeems a code (RFC 6749 §4.1.3).
    fn token_request(
        &self,
        client: &reqwest::Client,
        code: &str,
        expected: &Expected,
        redirect_uri: &str,
    ) -> RequestBuilder {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", redirect_uri),
        ];
        if let Some(verifier) = &expected.verifier {
            form.push(("code_verifier", verifier));
        }
        let request = client.post(self.token_endpoint.clone());
        match &self.authentication {
            ClientAuthentication::Basic(secret) => {
                // RFC 6749 §2.3.1: both are encoded as in a form.
                let encoded = |text: &str| -> String {
                    form_urlencoded::byte_serialize(text.as_bytes()).collect()
                };
                let (id, secret) = (encoded(&self.client_id), encoded(secret.expose_secret()));
                request.basic_auth(id, Some(secret)).form(&form)
            }
            ClientAuthentication::None => {
                form.push(("client_id", &self.client_id));
                request.form(&form)
            }
            ClientAuthentication::Post(secret) => {
                form.push(("client_id", &self.client_id));
                form.push(("client_secret", secret.expose_secret()));
                request.form(&form)
            }
        }
    }
}

/// What a token endpoint answers, as far as it matters here.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
    access_token: Option<String>,
}

/// An OAuth error, as far as it may be logged.
#[derive(Deserialize)]
struct ErrorBody {
    error: String,
}

/// The keys of a provider.
struct KnownKeys {
    keys: VerificationKeys,
    fetched_at: Timestamp,
}

/// Who asks providers.
pub(crate) struct Federation {
    clients: Arc<Clients>,
    /// By the address of the key set.
    keys: Cache<Url, Arc<KnownKeys>>,
}

impl fmt::Debug for Federation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Federation")
    }
}

impl Federation {
    /// Prepares to ask by these clients.
    pub(crate) fn new(clients: Arc<Clients>) -> Self {
        Self {
            clients,
            keys: Cache::new(MOST_KEY_SETS),
        }
    }

    fn client(&self) -> Result<reqwest::Client, FederationError> {
        self.clients.verifying().map_err(FederationError::Tls)
    }

    /// Redeems a code and gives what the provider says of the person: the claims of its ID token,
    /// verified, over those of its userinfo. `sub` is among them.
    ///
    /// # Errors
    ///
    /// [`FederationError`].
    pub(crate) async fn identify(
        &self,
        provider: &Provider,
        code: &str,
        expected: &Expected,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, FederationError> {
        let identified = self.identify_at_leisure(provider, code, expected, redirect_uri, now);
        let identified = tokio::time::timeout(PATIENCE, identified).await;
        identified.map_err(|_| FederationError::TooSlow)?
    }

    async fn identify_at_leisure(
        &self,
        provider: &Provider,
        code: &str,
        expected: &Expected,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Map<String, Value>, FederationError> {
        let endpoint = "token";
        let request = provider.token_request(&self.client()?, code, expected, redirect_uri);
        let body = self
            .ask(endpoint, &provider.token_endpoint, request)
            .await?;
        let tokens: Tokens = serde_json::from_slice(&body)
            .map_err(|source| FederationError::Unreadable { endpoint, source })?;
        let id_token = tokens.id_token.ok_or(FederationError::NoIdToken)?;
        let access_token = tokens.access_token.as_deref();
        let verified = self
            .verify(provider, &id_token, access_token, expected, now)
            .await?;
        let subject = verified.subject().to_owned();
        let mut claims = match (&provider.user_info_endpoint, access_token) {
            (Some(url), Some(token)) => self.user_info(url, token, &subject).await?,
            _ => Map::new(),
        };
        let verified = serde_json::to_value(verified.into_claims());
        if let Ok(Value::Object(verified)) = verified {
            claims.extend(verified);
        }
        Ok(claims)
    }

    /// Verifies an ID token; the keys are fetched once more when it names an unknown one.
    async fn verify(
        &self,
        provider: &Provider,
        id_token: &str,
        access_token: Option<&str>,
        expected: &Expected,
        now: Timestamp,
    ) -> Result<VerifiedIdToken, FederationError> {
        let verifier = IdTokenVerifier::new(&provider.issuer, &provider.client_id, ALGORITHMS);
        let told = ExpectedIdToken {
            nonce: NonceCheck::Expect(&expected.nonce),
            access_token: match access_token {
                Some(token) => HashCheck::IfPresent(token),
                None => HashCheck::NothingReceived,
            },
            code: HashCheck::NothingReceived,
            max_age: MaxAgeCheck::NotRequested,
        };
        let url = &provider.jwks_endpoint;
        let known = self.keys(url, KEYS_FRESH_FOR, now).await?;
        match verifier.verify(id_token, &known.keys, told, now) {
            Err(IdTokenError::Token(TokenError::UnknownKey { .. })) => {
                let known = self.keys(url, KEYS_PAUSE, now).await?;
                Ok(verifier.verify(id_token, &known.keys, told, now)?)
            }
            verified => Ok(verified?),
        }
    }

    /// The keys at an address, no older than this.
    async fn keys(
        &self,
        url: &Url,
        fresh_for: SignedDuration,
        now: Timestamp,
    ) -> Result<Arc<KnownKeys>, FederationError> {
        let known = self.keys.get(url);
        let is_fresh =
            |known: &Arc<KnownKeys>| now.duration_since(known.fetched_at).abs() < fresh_for;
        if let Some(known) = known.filter(is_fresh) {
            return Ok(known);
        }
        let request = self.client()?.get(url.clone());
        let body = self.ask("key", url, request).await?;
        let fetched = Arc::new(KnownKeys {
            keys: VerificationKeys::from_set(&JwkSet::parse(&body)?),
            fetched_at: now,
        });
        self.keys.insert(url.clone(), Arc::clone(&fetched));
        Ok(fetched)
    }

    async fn user_info(
        &self,
        url: &Url,
        token: &str,
        subject: &str,
    ) -> Result<Map<String, Value>, FederationError> {
        let endpoint = "userinfo";
        let request = self.client()?.get(url.clone()).bearer_auth(token);
        let body = self.ask(endpoint, url, request).await?;
        let claims: Map<String, Value> = serde_json::from_slice(&body)
            .map_err(|source| FederationError::Unreadable { endpoint, source })?;
        match claims.get("sub") {
            Some(Value::String(found)) if found == subject => Ok(claims),
            _ => Err(FederationError::OtherPerson),
        }
    }

    /// Sends a request and reads its answer.
    async fn ask(
        &self,
        endpoint: &'static str,
        url: &Url,
        request: RequestBuilder,
    ) -> Result<Vec<u8>, FederationError> {
        // Names are looked up by the client; addresses are not.
        if !self.clients.reach_own_network() && !outgoing::may_be_public(url) {
            return Err(FederationError::NotPublic(endpoint));
        }
        // An address may carry what is secret.
        let unreachable = |error: reqwest::Error| FederationError::Unreachable {
            endpoint,
            source: error.without_url(),
        };
        let request = request.header(reqwest::header::ACCEPT, "application/json");
        let mut answer = request.send().await.map_err(unreachable)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(unreachable)? {
            if body.len() + chunk.len() > LONGEST_ANSWER {
                return Err(FederationError::TooMuch(endpoint));
            }
            body.extend_from_slice(&chunk);
        }
        if answer.status().is_success() {
            return Ok(body);
        }
        let error = serde_json::from_slice::<ErrorBody>(&body).map(|body| body.error);
        let is_plain = |c: &char| c.is_ascii_graphic();
        Err(FederationError::Refused {
            endpoint,
            status: answer.status(),
            error: error
                .unwrap_or_default()
                .chars()
                .filter(is_plain)
                .take(64)
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use protocol::SeededRandom;

    use super::*;

    fn provider(endpoint: &str) -> Provider {
        let url = |path: &str| Url::parse(&format!("{endpoint}{path}")).unwrap();
        Provider {
            issuer: endpoint.to_owned(),
            client_id: "an id".to_owned(),
            authentication: ClientAuthentication::Basic(SecretString::from("a secret:")),
            authorization_endpoint: url("/authorize?tenant=1"),
            token_endpoint: url("/token"),
            jwks_endpoint: url("/keys"),
            user_info_endpoint: None,
            scopes: vec!["email".to_owned(), "openid".to_owned()],
            proves_code: true,
        }
    }

    #[test]
    fn the_address_says_all_that_comes_back_and_keeps_the_verifier_here() {
        let provider = provider("https://idp.example");
        let expected = provider.expect("flow", &SeededRandom::new(1));
        let wishes = Wishes {
            login_hint: Some("ada@example.com"),
            ..Wishes::default()
        };
        let url = provider.authorization_url(&expected, "https://here.example/back", &wishes);
        let params: Vec<_> = url.query_pairs().into_owned().collect();
        let find = |name: &str| {
            let mut found = params.iter().filter(|(other, _)| other == name);
            let value = found.next().map(|(_, value)| value.as_str());
            assert!(found.next().is_none(), "{name} is repeated");
            value
        };
        assert_eq!(find("tenant"), Some("1"));
        assert_eq!(find("scope"), Some("openid email"));
        assert_eq!(find("redirect_uri"), Some("https://here.example/back"));
        assert_eq!(find("login_hint"), Some("ada@example.com"));
        assert_eq!(find("prompt"), None);
        assert!(find("state").unwrap().starts_with("flow."));
        let verifier = CodeVerifier::parse(expected.verifier.as_deref().unwrap()).unwrap();
        let challenge = verifier.challenge();
        assert_eq!(find("code_challenge"), Some(challenge.as_str()));
        assert!(!url.as_str().contains(verifier.expose()));
    }

    #[test]
    fn name_and_secret_are_encoded_as_in_a_form() {
        let provider = provider("https://idp.example");
        let expected = provider.expect("flow", &SeededRandom::new(1));
        let client = Clients::default().verifying().unwrap();
        let request = provider.token_request(&client, "c", &expected, "https://here.example/back");
        let request = request.build().unwrap();
        let sent = request.headers()["authorization"].to_str().unwrap();
        // `an+id:a+secret%3A`
        assert_eq!(sent, "Basic YW4raWQ6YStzZWNyZXQlM0E=");
    }

    #[tokio::test]
    async fn the_own_network_is_not_asked() {
        let federation = Federation::new(Arc::default());
        let provider = provider("http://127.0.0.1:1");
        let expected = provider.expect("flow", &SeededRandom::new(1));
        let now = Timestamp::UNIX_EPOCH;
        let identified = federation.identify(&provider, "c", &expected, "https://a/", now);
        let error = identified.await.unwrap_err();
        assert!(
            matches!(error, FederationError::NotPublic("token")),
            "{error}"
        );
    }
}
