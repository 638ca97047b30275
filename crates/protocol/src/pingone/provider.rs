//! Where people may sign on who have an account elsewhere (PingOne, "Identity providers").

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Reference;
use super::object::exposed;
use crate::codes::open_codes;
use crate::id::PopulationId;
use crate::secret::ClientSecret;

open_codes! {
    /// Whose identity provider it is, or what it speaks.
    ProviderType {
        /// Amazon.
        Amazon = "AMAZON";
        /// Apple.
        Apple = "APPLE";
        /// Facebook.
        Facebook = "FACEBOOK";
        /// GitHub.
        Github = "GITHUB";
        /// Google.
        Google = "GOOGLE";
        /// `LinkedIn`.
        Linkedin = "LINKEDIN_OIDC";
        /// Microsoft.
        Microsoft = "MICROSOFT";
        /// Any provider of OpenID Connect.
        OpenidConnect = "OPENID_CONNECT";
        /// `PayPal`.
        Paypal = "PAYPAL";
        /// Any provider of SAML 2.0.
        Saml = "SAML";
        /// Twitter.
        Twitter = "TWITTER";
        /// Yahoo.
        Yahoo = "YAHOO";
    }
}

open_codes! {
    /// When a user's attribute is written from a provider's.
    ProviderAttributeUpdate {
        /// At every sign-on.
        Always = "ALWAYS";
        /// Where the user has none.
        EmptyOnly = "EMPTY_ONLY";
    }
}

/// An identity provider. What its type does not use is absent.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ExternalProvider {
    /// Whose it is, or what it speaks.
    #[serde(rename = "type")]
    pub provider_type: ProviderType,
    /// Its name, unique in the environment.
    pub name: String,
    /// Whether people may sign on there.
    pub enabled: bool,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Where people land who come by it for the first time; absent means that they may not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration: Option<ProviderRegistration>,
    /// The client id that it gave.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_id: Option<String>,
    /// The client secret that it gave.
    #[serde(
        default,
        serialize_with = "exposed",
        skip_serializing_if = "Option::is_none"
    )]
    pub client_secret: Option<ClientSecret>,
    /// The issuer of its tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issuer: Option<String>,
    /// Where sign-on begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorization_endpoint: Option<String>,
    /// Where codes become tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint: Option<String>,
    /// Where the keys of its tokens are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks_endpoint: Option<String>,
    /// Where claims of the user are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_info_endpoint: Option<String>,
    /// What is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scopes: Option<Vec<String>>,
    /// How the client proves who it is, such as `CLIENT_SECRET_BASIC`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_endpoint_auth_method: Option<String>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl ExternalProvider {
    /// A provider in use, with what every type has.
    pub fn new(provider_type: ProviderType, name: impl Into<String>) -> Self {
        Self {
            provider_type,
            name: name.into(),
            enabled: true,
            description: None,
            registration: None,
            client_id: None,
            client_secret: None,
            issuer: None,
            authorization_endpoint: None,
            token_endpoint: None,
            jwks_endpoint: None,
            user_info_endpoint: None,
            scopes: None,
            token_endpoint_auth_method: None,
            further: Map::new(),
        }
    }

    /// A provider of OpenID Connect, of which `openid email profile` are asked for.
    pub fn openid_connect(
        name: impl Into<String>,
        issuer: impl Into<String>,
        client_id: impl Into<String>,
        client_secret: ClientSecret,
        endpoints: ProviderEndpoints,
    ) -> Self {
        let mut provider = Self::new(ProviderType::OpenidConnect, name);
        provider.issuer = Some(issuer.into());
        provider.client_id = Some(client_id.into());
        provider.client_secret = Some(client_secret);
        provider.authorization_endpoint = Some(endpoints.authorization);
        provider.token_endpoint = Some(endpoints.token);
        provider.jwks_endpoint = Some(endpoints.jwks);
        provider.scopes = Some(["openid", "email", "profile"].map(str::to_owned).to_vec());
        provider
    }

    /// Lets people who come for the first time have an account in this population.
    #[must_use]
    pub fn registering_into(mut self, population: PopulationId) -> Self {
        let population = Some(Reference::new(population));
        self.registration = Some(ProviderRegistration { population });
        self
    }
}

/// Further members may be secrets.
impl fmt::Debug for ExternalProvider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExternalProvider")
            .field("provider_type", &self.provider_type)
            .field("name", &self.name)
            .field("enabled", &self.enabled)
            .finish_non_exhaustive()
    }
}

/// Where a provider of OpenID Connect answers.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ProviderEndpoints {
    /// Where sign-on begins.
    pub authorization: String,
    /// Where codes become tokens.
    pub token: String,
    /// Where the keys of its tokens are.
    pub jwks: String,
}

impl ProviderEndpoints {
    /// Authorization endpoint, token endpoint and key set.
    pub fn new(
        authorization: impl Into<String>,
        token: impl Into<String>,
        jwks: impl Into<String>,
    ) -> Self {
        Self {
            authorization: authorization.into(),
            token: token.into(),
            jwks: jwks.into(),
        }
    }
}

/// Where people land who come by a provider for the first time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProviderRegistration {
    /// The population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<Reference<PopulationId>>,
}

/// That an attribute of users is taken from a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProviderAttribute {
    /// The user's attribute.
    pub name: String,
    /// What it becomes, such as `${providerAttributes.email}`.
    pub value: String,
    /// When it is written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub update: Option<ProviderAttributeUpdate>,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl ProviderAttribute {
    /// This attribute becomes that.
    pub fn new(
        name: impl Into<String>,
        value: impl Into<String>,
        update: ProviderAttributeUpdate,
    ) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            update: Some(update),
            further: Map::new(),
        }
    }
}
