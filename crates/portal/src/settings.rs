//! What the portal is told when it starts. Reading files and variables is the server's work.

use std::net::SocketAddr;
use std::time::Duration;

use explain::Explain;
use http::HeaderMap;
use jiff::SignedDuration;
use pingone_axum::GrantType;
use protocol::id::{EnvironmentId, PopulationId};
use protocol::jose::Algorithm;
use protocol::oauth::{Issuer, ResponseMode, ResponseType, Scopes, TokenEndpointAuthMethod};
use protocol::secret::ClientSecret;
use url::Url;

/// Everything that can be set. What is missing makes pages unavailable, and the start page names
/// the setting.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that people type, ending with `/`.
    pub public_url: Url,
    /// The look.
    pub brand: ui::Brand,
    /// Whether error pages show causes.
    pub mode: ui::Mode,
    /// A banner above every page, such as what development mode relaxes.
    pub notice: Option<ui::Notice>,
    /// How long a session lasts.
    pub session: SessionSettings,
    /// Signing on with an OpenID provider.
    pub sign_on: SignOnSettings,
    /// PingOne's management API; absent: no registration, recovery or operator's pages.
    pub management: Option<ManagementSettings>,
    /// How outgoing connections are made.
    pub outgoing: OutgoingSettings,
    /// Registration.
    pub registration: RegistrationSettings,
    /// Names of the roles whose holders see the operator's pages.
    pub operator_roles: Vec<String>,
    /// What was checked while people signed on, if it is kept.
    pub explain: Option<Explain>,
    /// Limits.
    pub limits: LimitSettings,
}

/// How long a session lasts.
#[derive(Clone, Copy, Debug)]
pub struct SessionSettings {
    /// Without a request.
    pub idle: SignedDuration,
    /// In any case, counted from signing on.
    pub absolute: SignedDuration,
}

impl Default for SessionSettings {
    fn default() -> Self {
        Self {
            idle: SignedDuration::from_mins(15),
            absolute: SignedDuration::from_hours(12),
        }
    }
}

/// The OpenID provider and the application registered there.
#[derive(Clone, Debug)]
pub struct ProviderSettings {
    /// The provider's issuer, in exactly its own spelling.
    pub issuer: Issuer,
    /// The application's `client_id`.
    pub client_id: String,
    /// Its secret, unless it is a public client.
    pub client_secret: Option<ClientSecret>,
}

/// Signing on with an OpenID provider.
///
/// What `pingone_axum` needs is made of it at the start: there the redirect URI comes first, and it
/// is known only when the portal's port is.
#[derive(Clone, Debug)]
pub struct SignOnSettings {
    /// The provider; absent: nobody can sign on.
    pub provider: Option<ProviderSettings>,
    /// How the application shows its secret.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// Signature algorithms accepted for ID tokens.
    pub algorithms: Vec<Algorithm>,
    /// The path that the provider sends people back to.
    pub redirect_path: String,
    /// How tokens are come by.
    pub grant_type: GrantType,
    /// For the implicit grant.
    pub response_type: ResponseType,
    /// Absent: what the grant type asks for.
    pub response_mode: Option<ResponseMode>,
    /// The scopes to ask for.
    pub scopes: Scopes,
    /// `prompt`, as it is sent.
    pub prompt: Option<String>,
    /// `max_age` in seconds.
    pub max_age_seconds: Option<i64>,
    /// `acr_values`, in the order of preference.
    pub acr_values: Vec<String>,
    /// Where the provider sends people after signing off; absent: [`Settings::public_url`].
    pub post_sign_off_url: Option<Url>,
}

impl Default for SignOnSettings {
    /// The authorization code grant for the scope `openid`, at `/callback`.
    fn default() -> Self {
        Self {
            provider: None,
            token_endpoint_auth_method: TokenEndpointAuthMethod::ClientSecretBasic,
            algorithms: vec![Algorithm::RS256],
            redirect_path: "/callback".to_owned(),
            grant_type: GrantType::AuthorizationCode,
            response_type: ResponseType::TOKEN_ID_TOKEN,
            response_mode: None,
            scopes: Scopes::from_iter(["openid"]),
            prompt: None,
            max_age_seconds: None,
            acr_values: Vec::new(),
            post_sign_off_url: None,
        }
    }
}

/// PingOne's management API and the worker application that may use it.
#[derive(Clone, Debug)]
pub struct ManagementSettings {
    /// Base of the authentication API, such as `https://auth.pingone.eu/`.
    pub auth_url: Url,
    /// Base of the management API, such as `https://api.pingone.eu/v1/`.
    pub api_url: Url,
    /// The environment.
    pub environment: EnvironmentId,
    /// The worker application.
    pub worker_client_id: String,
    /// Its secret.
    pub worker_client_secret: ClientSecret,
}

/// How outgoing connections are made.
#[derive(Clone, Debug)]
pub struct OutgoingSettings {
    /// Certificate authorities to trust instead of the system's, as PEM.
    pub ca_pem: Option<String>,
    /// Where to connect instead of the addresses' own hosts, as between containers.
    pub back_channel_url: Option<Url>,
    /// Where hosts are that need not be looked up. The port counts for addresses that name none.
    pub resolved: Vec<(String, SocketAddr)>,
    /// How long a call may take, with its retries: nobody waits for a page longer than that.
    pub total_timeout: Duration,
    /// What adds to the headers of each request, such as the trace that it belongs to.
    pub mark: Option<fn(&mut HeaderMap)>,
}

impl Default for OutgoingSettings {
    fn default() -> Self {
        Self {
            ca_pem: None,
            back_channel_url: None,
            resolved: Vec::new(),
            total_timeout: Duration::from_secs(10),
            mark: None,
        }
    }
}

/// Registration.
#[derive(Clone, Debug)]
pub struct RegistrationSettings {
    /// Whether people can register.
    pub enabled: bool,
    /// What is asked for beside the email address and the password.
    pub fields: ui::RegistrationFields,
    /// Whether a code is mailed that has to be entered at the first sign-on. Without it, whoever
    /// registers has any address that they type, proven or not.
    pub verify_email: bool,
    /// Which population a new user joins. Visitors never name one.
    pub population: PopulationChoice,
}

/// Which population a new user joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PopulationChoice {
    /// The visitor picks one of these; the form carries its place in this list, not its id.
    Choose(Vec<PopulationId>),
    /// The one whose description names the domain of the email address.
    EmailDomain,
    /// This one; absent: the environment's default.
    Fixed(Option<PopulationId>),
}

impl Default for RegistrationSettings {
    fn default() -> Self {
        Self {
            enabled: true,
            fields: ui::RegistrationFields::default(),
            verify_email: true,
            population: PopulationChoice::Fixed(None),
        }
    }
}

/// Limits per address (per /64 for IPv6), and for recovery.
#[derive(Clone, Copy, Debug)]
pub struct LimitSettings {
    /// Sign-ons begun per minute.
    pub sign_on_per_minute: u32,
    /// Registrations sent per minute.
    pub registration_per_minute: u32,
    /// Recovery forms sent per minute.
    pub recovery_per_minute: u32,
    /// Passwords judged while typing, per minute.
    pub rules_per_minute: u32,
    /// How often one recovery can send its code again.
    pub recovery_resends: u32,
    /// How many wrong codes one recovery takes before a new one has to be sent.
    pub recovery_tries: u32,
    /// Answers of the recovery pages take at least this long, for known and unknown names alike.
    pub recovery_floor: Duration,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            sign_on_per_minute: 60,
            registration_per_minute: 20,
            recovery_per_minute: 20,
            rules_per_minute: 240,
            recovery_resends: 3,
            recovery_tries: 5,
            recovery_floor: Duration::from_millis(600),
        }
    }
}
