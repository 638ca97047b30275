//! Client authentication: [RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3).
//!
//! An application proves who it is by exactly the method that it is set to, as at PingOne.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::{AUTHORIZATION, ORIGIN};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::StoreError;
use jiff::Timestamp;
use protocol::id::ApplicationId;
use protocol::oauth::TokenEndpointAuthMethod;
use protocol::params::FormParams;
use protocol::pingone::{CorsSettings, GrantTypeName};
use protocol::secret::ClientSecret;
use protocol::trail::{Check, Hidden};

use crate::Idp;
use crate::requests::extract::{Environment, OAuthForm};
use crate::requests::failures::oauth::OAuthFailure;
use crate::requests::origin::Now;
use crate::stores::applications::StoredApplication;
use crate::stores::environments::StoredEnvironment;
use crate::stores::resources::GrantedScopes;

static CLIENT: Check = Check::new(
    "The request says which application asks, in one way",
    "RFC 6749, 2.3 and 3.2.1",
    "Send the application's id and secret either in the Authorization header or in the form",
);
static KNOWN: Check = Check::new(
    "`client_id` is an application of this environment, and enabled",
    "RFC 6749, 2.2 and 5.2 (invalid_client)",
    "Send the id that the application has here; `latchkey application list` shows them. Look whether \
     the token endpoint is the right environment's",
);
static METHOD: Check = Check::new(
    "The client authenticates by the method that the application is set to",
    "RFC 6749, 2.3; OpenID Connect Core 1.0, 9",
    "Set the client's `token_endpoint_auth_method` to the application's, or the application's \
     `tokenEndpointAuthMethod` to the client's",
);
static SECRET: Check = Check::new(
    "The client secret is the application's",
    "RFC 6749, 2.3.1",
    "Copy the application's secret again, whole and without spaces; in the Authorization header it is \
     form-encoded. A secret that was rotated is no good any more",
);
static GRANT_TYPE: Check = Check::new(
    "The application may use this grant type",
    "RFC 6749, 5.2 (unauthorized_client)",
    "Add it to the application's `grantTypes`",
);

/// Ids and secrets are ASCII of at most some hundred characters.
const LONGEST_BASIC: usize = 2048;

/// An application that has proven who it is, or that need not.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) environment: Arc<StoredEnvironment>,
    pub(crate) application: Arc<StoredApplication>,
}

impl Client {
    /// Refuses a grant type that the application is not set to.
    pub(crate) fn require(&self, grant_type: GrantTypeName) -> Result<(), OAuthFailure> {
        let is_enabled = self.application.settings.grant_types.contains(&grant_type);
        let name = self.application.settings.name.as_str();
        GRANT_TYPE.require(name, is_enabled, || {
            OAuthFailure::unauthorized_client("this grant type is not enabled for the application")
        })
    }

    /// Refuses an application that only says who it is: anybody can say that.
    pub(crate) fn require_proof(&self) -> Result<(), OAuthFailure> {
        let method = self.application.settings.token_endpoint_auth_method;
        if method.is_proof() {
            Ok(())
        } else {
            Err(OAuthFailure::invalid_client(
                "this endpoint is for applications that authenticate",
            ))
        }
    }

    /// The scopes that the application may have.
    pub(crate) async fn granted_scopes(
        &self,
        idp: &Idp,
        now: Timestamp,
    ) -> Result<Arc<GrantedScopes>, StoreError> {
        idp.granted().find(self.application.id, now).await
    }

    /// Whether the application holds any role.
    pub(crate) async fn holds_a_role(&self, idp: &Idp, now: Timestamp) -> Result<bool, StoreError> {
        let roles = idp
            .role_assignments()
            .of_actor(self.application.id.as_uuid(), now)
            .await?;
        Ok(!roles.is_empty())
    }
}

/// A request of an authenticated client, and the instant at which it arrived.
#[derive(Debug)]
pub(crate) struct ClientRequest {
    pub(crate) client: Client,
    pub(crate) params: FormParams,
    pub(crate) now: Timestamp,
}

impl FromRequest<Idp> for ClientRequest {
    type Rejection = Response;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, Response> {
        let asked = Asked::read(request, idp).await?;
        Self::of(idp, asked)
            .await
            .map_err(IntoResponse::into_response)
    }
}

/// A request whose path names no environment: it is the client's own.
#[derive(Debug)]
pub(crate) struct HomeClientRequest(pub(crate) ClientRequest);

impl FromRequest<Idp> for HomeClientRequest {
    type Rejection = Response;

    async fn from_request(request: Request, idp: &Idp) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(Now(now)) = Now::from_request_parts(&mut parts, idp).await;
        let request = Request::from_parts(parts, body);
        let asked = Asked::read_in(request, idp, None, now).await?;
        let read = ClientRequest::of(idp, asked).await;
        read.map(Self).map_err(IntoResponse::into_response)
    }
}

impl ClientRequest {
    async fn of(idp: &Idp, asked: Asked) -> Result<Self, OAuthFailure> {
        let client = authenticate(idp, &asked).await?;
        require_origin(&client.application, asked.origin.as_ref())?;
        Ok(Self {
            client,
            params: asked.params,
            now: asked.now,
        })
    }
}

/// A request before anybody knows whose it is.
pub(super) struct Asked {
    /// The environment that the path names, if it names one.
    pub(super) environment: Option<Arc<StoredEnvironment>>,
    credentials: Credentials,
    pub(super) origin: Option<HeaderValue>,
    pub(super) params: FormParams,
    pub(super) now: Timestamp,
}

impl Asked {
    pub(super) async fn read(request: Request, idp: &Idp) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let Ok(Now(now)) = Now::from_request_parts(&mut parts, idp).await;
        let environment = Environment::from_request_parts(&mut parts, idp).await;
        let Environment(environment) = environment.map_err(IntoResponse::into_response)?;
        let request = Request::from_parts(parts, body);
        Self::read_in(request, idp, Some(environment), now).await
    }

    async fn read_in(
        request: Request,
        idp: &Idp,
        environment: Option<Arc<StoredEnvironment>>,
        now: Timestamp,
    ) -> Result<Self, Response> {
        let credentials = Credentials::read(request.headers());
        let origin = request.headers().get(ORIGIN).cloned();
        let form = OAuthForm::from_request(request, idp).await;
        let OAuthForm(params) = form.map_err(IntoResponse::into_response)?;
        Ok(Self {
            environment,
            credentials,
            origin,
            params,
            now,
        })
    }

    /// The id and the proof that the request presents.
    pub(super) fn presented(&self) -> Result<(String, Proof), OAuthFailure> {
        presented(&self.credentials, &self.params)
    }

    /// The refusal, with a challenge where the header was used.
    pub(super) fn challenged(&self, failure: OAuthFailure) -> OAuthFailure {
        match self.credentials {
            _ if !failure.is_unauthorized() => failure,
            Credentials::Absent => failure,
            Credentials::Basic { .. } | Credentials::Unreadable => failure.with_basic_challenge(),
        }
    }
}

/// Refuses scripts of pages that the application's `corsSettings` leave out. Programs that are no
/// browsers send no `Origin`.
///
/// # Errors
///
/// `unauthorized_client`.
pub(crate) fn require_origin(
    application: &StoredApplication,
    origin: Option<&HeaderValue>,
) -> Result<(), OAuthFailure> {
    require_allowed(application.settings.cors_settings.as_ref(), origin)
}

/// Refuses scripts of pages that the settings of an application or a resource leave out.
pub(super) fn require_allowed(
    settings: Option<&CorsSettings>,
    origin: Option<&HeaderValue>,
) -> Result<(), OAuthFailure> {
    let (Some(settings), Some(origin)) = (settings, origin) else {
        return Ok(());
    };
    if origin.to_str().is_ok_and(|origin| settings.allows(origin)) {
        Ok(())
    } else {
        Err(OAuthFailure::unauthorized_client(
            "scripts of this origin may not use the application",
        ))
    }
}

/// What the `Authorization` header says.
enum Credentials {
    Absent,
    Basic { id: String, secret: ClientSecret },
    Unreadable,
}

impl Credentials {
    fn read(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(AUTHORIZATION).iter();
        match (values.next(), values.next()) {
            (None, _) => Self::Absent,
            (Some(value), None) => Self::parse(value).unwrap_or(Self::Unreadable),
            (Some(_), Some(_)) => Self::Unreadable,
        }
    }

    /// Id and secret are form-encoded inside ([RFC 6749 §2.3.1](https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1)).
    /// Most clients forget that, which makes no difference to UUIDs and unreserved characters.
    fn parse(value: &HeaderValue) -> Option<Self> {
        let (scheme, text) = value.to_str().ok()?.trim().split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("basic") || text.len() > LONGEST_BASIC {
            return None;
        }
        let decoded = STANDARD.decode(text.trim()).ok()?;
        let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
        let as_form = format!("id={id}&secret={}", secret.replace('&', "%26"));
        let form = FormParams::parse(as_form.as_bytes()).ok()?;
        Some(Self::Basic {
            id: form.text("id").to_owned(),
            secret: ClientSecret::new(form.text("secret")),
        })
    }
}

/// What the request brings to prove who it is.
pub(super) enum Proof {
    Basic(ClientSecret),
    None,
    Post(ClientSecret),
}

impl Proof {
    /// How the client authenticates.
    fn method(&self) -> TokenEndpointAuthMethod {
        match self {
            Self::Basic(_) => TokenEndpointAuthMethod::ClientSecretBasic,
            Self::None => TokenEndpointAuthMethod::None,
            Self::Post(_) => TokenEndpointAuthMethod::ClientSecretPost,
        }
    }

    /// The secret that proves it by this method, if the method has one.
    fn by(self, method: TokenEndpointAuthMethod) -> Result<Option<ClientSecret>, OAuthFailure> {
        match (method, self) {
            (TokenEndpointAuthMethod::None, Self::None) => Ok(None),
            (TokenEndpointAuthMethod::ClientSecretBasic, Self::Basic(secret))
            | (TokenEndpointAuthMethod::ClientSecretPost, Self::Post(secret)) => Ok(Some(secret)),
            _ => Err(OAuthFailure::invalid_client(
                "Unsupported authentication method",
            )),
        }
    }
}

/// The application that asks.
///
/// # Errors
///
/// `invalid_client`.
pub(super) async fn authenticate(idp: &Idp, asked: &Asked) -> Result<Client, OAuthFailure> {
    let now = asked.now;
    let challenged = |failure| asked.challenged(failure);
    let (id, proof) = CLIENT.judged(Hidden, asked.presented())?;
    let found = find(idp, asked.environment.as_ref(), &id, now).await;
    let (environment, application) = KNOWN.judged(id.as_str(), found).map_err(challenged)?;
    let method = application.settings.token_endpoint_auth_method;
    let used = proof.method();
    let secret = METHOD
        .judged(used.as_str(), proof.by(method))
        .map_err(challenged)?;
    if let Some(secret) = secret {
        let secrets = idp.application_secrets();
        let is_right = secrets.matches(application.id, &secret, now).await?;
        let wrong = || OAuthFailure::invalid_client("Invalid client credentials");
        SECRET
            .require(Hidden, is_right, wrong)
            .map_err(challenged)?;
    }
    Ok(Client {
        environment,
        application,
    })
}

/// The application of this id, in the environment that the path names or in its own.
async fn find(
    idp: &Idp,
    named: Option<&Arc<StoredEnvironment>>,
    id: &str,
    now: Timestamp,
) -> Result<(Arc<StoredEnvironment>, Arc<StoredApplication>), OAuthFailure> {
    let id = ApplicationId::parse(id).map_err(|_| unknown_client())?;
    let environment = match named {
        Some(environment) => Arc::clone(environment),
        None => home(idp, id, now).await?.ok_or_else(unknown_client)?,
    };
    let application = idp.applications().find(environment.id, id, now).await?;
    let application = application.ok_or_else(unknown_client)?;
    if application.settings.enabled {
        Ok((environment, application))
    } else {
        Err(OAuthFailure::invalid_client("The application is disabled"))
    }
}

/// The environment that an application is in, if it is in use.
async fn home(
    idp: &Idp,
    id: ApplicationId,
    now: Timestamp,
) -> Result<Option<Arc<StoredEnvironment>>, StoreError> {
    let Some(environment) = idp.applications().find_home(id, now).await? else {
        return Ok(None);
    };
    let found = idp.environments().find(environment, now).await?;
    Ok(found.filter(|environment| environment.is_in_use()))
}

/// The id and the proof, by exactly one method
/// ([RFC 6749 §2.3](https://www.rfc-editor.org/rfc/rfc6749#section-2.3): not more than one).
fn presented(
    credentials: &Credentials,
    params: &FormParams,
) -> Result<(String, Proof), OAuthFailure> {
    if params.find("client_assertion").is_some() {
        return Err(OAuthFailure::invalid_client(
            "Unsupported authentication method",
        ));
    }
    let (id_in_body, secret_in_body) = (params.find("client_id"), params.find("client_secret"));
    match credentials {
        Credentials::Unreadable => Err(OAuthFailure::invalid_client(
            "The Authorization header holds no Basic credentials",
        )
        .with_basic_challenge()),
        Credentials::Basic { .. } if secret_in_body.is_some() => {
            Err(OAuthFailure::invalid_request(
                "the client authenticates by the Authorization header and in the body; use one",
            ))
        }
        Credentials::Basic { id, .. } if id_in_body.is_some_and(|other| other != id) => {
            Err(OAuthFailure::invalid_request(
                "the client_id of the body is not that of the Authorization header",
            ))
        }
        Credentials::Basic { id, secret } => Ok((id.clone(), Proof::Basic(secret.clone()))),
        Credentials::Absent => {
            let id = id_in_body.ok_or_else(|| {
                OAuthFailure::invalid_client("The client_id is missing").with_basic_challenge()
            })?;
            let proof = match secret_in_body {
                Some(secret) => Proof::Post(ClientSecret::new(secret)),
                None => Proof::None,
            };
            Ok((id.to_owned(), proof))
        }
    }
}

pub(super) fn unknown_client() -> OAuthFailure {
    OAuthFailure::invalid_client("Invalid client credentials")
}
