//! Applications and their secrets (PingOne, "Applications").

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Reference;
use crate::codes::codes;
use crate::id::{ApplicationId, EnvironmentId, GroupId};
use crate::oauth::TokenEndpointAuthMethod;
use crate::secret::ClientSecret;

codes! {
    /// The protocol by which an application signs users on.
    ApplicationProtocol {
        /// None: a link to somewhere else.
        ExternalLink = "EXTERNAL_LINK";
        /// OpenID Connect and OAuth 2.0.
        OpenidConnect = "OPENID_CONNECT";
        /// SAML 2.0.
        Saml = "SAML";
        /// WS-Federation.
        WsFed = "WS_FED";
    }
}

codes! {
    /// What kind of program an application is.
    ApplicationType {
        /// Anything else.
        CustomApp = "CUSTOM_APP";
        /// On a device, with a custom scheme or loopback redirect.
        NativeApp = "NATIVE_APP";
        /// The service's own console of administrators.
        PingOneAdminConsole = "PING_ONE_ADMIN_CONSOLE";
        /// The service's own portal of applications.
        PingOnePortal = "PING_ONE_PORTAL";
        /// The service's own pages where users see to their accounts.
        PingOneSelfService = "PING_ONE_SELF_SERVICE";
        /// A link that is shown in the portal of applications.
        PortalLinkApp = "PORTAL_LINK_APP";
        /// Without a user.
        Service = "SERVICE";
        /// In the browser alone.
        SinglePageApp = "SINGLE_PAGE_APP";
        /// On a server.
        WebApp = "WEB_APP";
        /// Administers the environment by its roles.
        Worker = "WORKER";
    }
}

codes! {
    /// A grant type as applications list it.
    GrantTypeName {
        /// A code for tokens.
        AuthorizationCode = "AUTHORIZATION_CODE";
        /// A sign-on that the client asks for elsewhere (OpenID Connect CIBA).
        Ciba = "CIBA";
        /// The client for itself.
        ClientCredentials = "CLIENT_CREDENTIALS";
        /// A code that the user enters on another device (RFC 8628).
        DeviceCode = "DEVICE_CODE";
        /// Tokens straight from the authorization endpoint.
        Implicit = "IMPLICIT";
        /// A refresh token for new tokens.
        RefreshToken = "REFRESH_TOKEN";
        /// A token for another (RFC 8693).
        TokenExchange = "TOKEN_EXCHANGE";
    }
}

codes! {
    /// A response type as applications list it.
    ResponseTypeName {
        /// An authorization code.
        Code = "CODE";
        /// An ID token.
        IdToken = "ID_TOKEN";
        /// An access token.
        Token = "TOKEN";
    }
}

codes! {
    /// What is demanded of PKCE.
    #[derive(Default)]
    PkceEnforcement {
        /// Nothing; what is sent is checked.
        #[default]
        Optional = "OPTIONAL";
        /// A challenge of either method.
        Required = "REQUIRED";
        /// A challenge of the method S256.
        S256Required = "S256_REQUIRED";
    }
}

codes! {
    /// Whether authorization requests have to be pushed first (RFC 9126).
    ParRequirement {
        /// They need not.
        Optional = "OPTIONAL";
        /// They must.
        Required = "REQUIRED";
    }
}

codes! {
    /// Which users may sign on by their roles.
    RoleAccessType {
        /// Those who hold any.
        AdminUsersOnly = "ADMIN_USERS_ONLY";
    }
}

codes! {
    /// How many of the groups a user must be in.
    GroupAccessType {
        /// All of them.
        AllGroups = "ALL_GROUPS";
        /// At least one.
        AnyGroup = "ANY_GROUP";
    }
}

/// Who may sign on to an application (PingOne, `accessControl`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct AccessControl {
    /// By roles.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<RoleAccess>,
    /// By groups.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<GroupAccess>,
}

impl AccessControl {
    /// Whether every user may.
    pub fn is_open(&self) -> bool {
        self.role.is_none() && self.group.is_none()
    }
}

/// Access by roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct RoleAccess {
    /// Which users may.
    #[serde(rename = "type")]
    pub access_type: RoleAccessType,
}

impl RoleAccess {
    /// Only users who hold a role.
    pub const ADMIN_USERS_ONLY: Self = Self {
        access_type: RoleAccessType::AdminUsersOnly,
    };
}

/// Access by groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct GroupAccess {
    /// How many of them it takes.
    #[serde(rename = "type")]
    pub access_type: GroupAccessType,
    /// The groups.
    pub groups: Vec<Reference<GroupId>>,
}

codes! {
    /// From which pages scripts may use an application.
    CorsBehavior {
        /// From none.
        AllowNoOrigins = "ALLOW_NO_ORIGINS";
        /// From those that are listed.
        AllowSpecificOrigins = "ALLOW_SPECIFIC_ORIGINS";
    }
}

/// From which pages scripts may use an application (PingOne, `corsSettings`); an application
/// without may be used from all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct CorsSettings {
    /// From all that are listed, or from none.
    pub behavior: CorsBehavior,
    /// Such as `https://app.example`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub origins: Vec<String>,
}

impl CorsSettings {
    /// Whether scripts of an origin may. `https://*.example.com` stands for each name that is one
    /// label longer than `example.com`.
    pub fn allows(&self, origin: &str) -> bool {
        match self.behavior {
            CorsBehavior::AllowNoOrigins => false,
            CorsBehavior::AllowSpecificOrigins => {
                self.origins.iter().any(|one| is_origin(one, origin))
            }
        }
    }
}

fn is_origin(allowed: &str, origin: &str) -> bool {
    let Some((scheme, domain)) = allowed.split_once("://*.") else {
        return allowed == origin;
    };
    let labels = origin.strip_prefix(scheme);
    let labels = labels.and_then(|rest| rest.strip_prefix("://"));
    labels
        .and_then(|host| host.split_once('.'))
        .is_some_and(|(label, rest)| !label.is_empty() && rest == domain)
}

/// An application, as the service writes it.
///
/// An environment holds kinds of applications that nobody has a type for, so a client reads what all
/// kinds have, and the rest as JSON.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Application {
    /// Its id, which is its `client_id` too.
    pub id: ApplicationId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// When it was made.
    #[serde(with = "crate::pingone::date::Date")]
    pub created_at: Timestamp,
    /// When it was last changed.
    #[serde(with = "crate::pingone::date::Date")]
    pub updated_at: Timestamp,
    /// Everything that can be set.
    #[serde(flatten)]
    pub settings: NewApplication,
}

impl Application {
    /// An application with everything that it has.
    pub fn new(
        id: ApplicationId,
        environment: EnvironmentId,
        settings: NewApplication,
        [created_at, updated_at]: [Timestamp; 2],
    ) -> Self {
        Self {
            id,
            environment: Reference::new(environment),
            created_at,
            updated_at,
            settings,
        }
    }
}

/// What an application is created or replaced with; absent members take PingOne's defaults.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewApplication {
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it may be used.
    #[serde(default)]
    pub enabled: bool,
    /// How it signs users on.
    #[serde(default = "openid_connect")]
    pub protocol: ApplicationProtocol,
    /// Its kind.
    #[serde(rename = "type")]
    pub application_type: ApplicationType,
    /// Grant types it may use.
    #[serde(default)]
    pub grant_types: Vec<GrantTypeName>,
    /// Response types it may use.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub response_types: Vec<ResponseTypeName>,
    /// How it proves who it is.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// What is demanded of PKCE.
    #[serde(default)]
    pub pkce_enforcement: PkceEnforcement,
    /// Whether authorization requests have to be pushed first; absent means not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub par_requirement: Option<ParRequirement>,
    /// Whether authorization requests have to be signed objects (RFC 9101); absent means not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub require_signed_request_object: Option<bool>,
    /// Where authorization responses may go, compared character by character unless it holds
    /// wildcards.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirect_uris: Vec<String>,
    /// Whether redirect URIs may hold wildcards; absent means not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_wildcard_in_redirect_uris: Option<bool>,
    /// Where the browser may go after sign-off, compared character by character.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub post_logout_redirect_uris: Vec<String>,
    /// Where its front page is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub home_page_url: Option<String>,
    /// Where it begins a sign-on when somebody else leads a person there (OpenID Connect Core §4),
    /// by https, or by http on the own computer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initiate_login_uri: Option<String>,
    /// Lifetime of each refresh token in seconds.
    #[serde(default = "thirty_days")]
    pub refresh_token_duration: i64,
    /// Lifetime of a chain of refresh tokens in seconds.
    #[serde(default = "half_a_year")]
    pub refresh_token_rolling_duration: i64,
    /// How long a superseded refresh token still works, in seconds; absent means not at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refresh_token_rolling_grace_period_duration: Option<i64>,
    /// Whether the use of a superseded refresh token revokes the whole chain.
    #[serde(default = "yes")]
    pub additional_refresh_token_replay_protection_enabled: bool,
    /// Who may sign on; absent means every user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_control: Option<AccessControl>,
    /// From which pages scripts may use it; absent means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors_settings: Option<CorsSettings>,
}

impl NewApplication {
    /// An enabled application with PingOne's defaults for everything else.
    pub fn new(
        name: impl Into<String>,
        application_type: ApplicationType,
        token_endpoint_auth_method: TokenEndpointAuthMethod,
    ) -> Self {
        Self {
            name: name.into(),
            description: None,
            enabled: true,
            protocol: openid_connect(),
            application_type,
            grant_types: Vec::new(),
            response_types: Vec::new(),
            token_endpoint_auth_method,
            pkce_enforcement: PkceEnforcement::Optional,
            par_requirement: None,
            require_signed_request_object: None,
            redirect_uris: Vec::new(),
            allow_wildcard_in_redirect_uris: None,
            post_logout_redirect_uris: Vec::new(),
            home_page_url: None,
            initiate_login_uri: None,
            refresh_token_duration: thirty_days(),
            refresh_token_rolling_duration: half_a_year(),
            refresh_token_rolling_grace_period_duration: None,
            additional_refresh_token_replay_protection_enabled: true,
            access_control: None,
            cors_settings: None,
        }
    }
}

fn openid_connect() -> ApplicationProtocol {
    ApplicationProtocol::OpenidConnect
}

/// PingOne's default of `refreshTokenDuration`.
fn thirty_days() -> i64 {
    2_592_000
}

/// PingOne's default of `refreshTokenRollingDuration`.
fn half_a_year() -> i64 {
    15_552_000
}

fn yes() -> bool {
    true
}

/// An application's secret.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ApplicationSecret {
    /// The secret in force.
    pub secret: ClientSecret,
    /// The one before it, while it still works.
    #[serde(default)]
    pub previous: Option<PreviousSecret>,
}

/// A secret that was replaced and still works for a while.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct PreviousSecret {
    /// The secret.
    pub secret: ClientSecret,
    /// When it stops working.
    #[serde(with = "crate::pingone::date::Date")]
    pub expires_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asterisk_stands_for_one_label_of_an_origin() {
        let settings = CorsSettings {
            behavior: CorsBehavior::AllowSpecificOrigins,
            origins: vec![
                "https://*.example.com".to_owned(),
                "http://localhost".to_owned(),
            ],
        };
        for origin in ["https://a.example.com", "http://localhost"] {
            assert!(settings.allows(origin), "{origin}");
        }
        for origin in [
            "https://example.com",
            "https://.example.com",
            "https://a.b.example.com",
            "http://a.example.com",
            "https://a.example.com:8443",
            "https://a.example.com.evil.example",
            "null",
        ] {
            assert!(!settings.allows(origin), "{origin}");
        }
    }
}
