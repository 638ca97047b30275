//! `/environments/{environment}/identityProviders`: where people may sign on who have an account
//! elsewhere (PingOne, "Identity providers"). Those of `OPENID_CONNECT` and `GOOGLE` are asked at
//! sign-on; the others are kept.

pub(crate) mod attributes;

use std::collections::BTreeSet;

use protocol::id::PopulationId;
use protocol::pingone::Reference as To;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use url::Url;
use uuid::Uuid;

use super::keys::Key;
use super::keys::certificates::Certificate;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::api::hal::Shown;
use crate::api::media_router::KeptMembers;
use crate::federation::{ClientAuthentication, Provider};
use crate::outgoing;
use crate::requests::failures::api::ApiFailure;
use crate::stores::change::Change;
use crate::stores::configuration::{Document, Object, Reference, to_json};
use crate::stores::populations::StoredPopulation;
use crate::stores::record::{Events, events};
use crate::stores::themes::{Picture, forget_picture};

/// An identity provider. What its type does not use is absent.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct IdentityProvider {
    #[serde(rename = "type")]
    pub(crate) provider_type: ProviderType,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    description: Option<String>,
    icon: Option<Picture>,
    login_button_icon: Option<Picture>,
    registration: Option<Registration>,
    // OpenID Connect and what is built on OAuth.
    client_id: Option<String>,
    client_secret: Option<String>,
    authorization_endpoint: Option<String>,
    discovery_endpoint: Option<String>,
    issuer: Option<String>,
    jwks_endpoint: Option<String>,
    pkce_method: Option<PkceMethod>,
    scopes: Option<Vec<String>>,
    token_endpoint: Option<String>,
    token_endpoint_auth_method: Option<TokenAuthMethod>,
    user_info_endpoint: Option<String>,
    // Facebook.
    app_id: Option<String>,
    app_secret: Option<String>,
    // Apple.
    client_secret_signing_key: Option<String>,
    key_id: Option<String>,
    team_id: Option<String>,
    // PayPal and Microsoft.
    client_environment: Option<ClientEnvironment>,
    tenant_id: Option<String>,
    // SAML.
    authn_request_signed: Option<bool>,
    idp_entity_id: Option<String>,
    idp_verification: Option<Verification>,
    sp_entity_id: Option<String>,
    sp_signing: Option<Signing>,
    sso_binding: Option<Binding>,
    sso_endpoint: Option<String>,
    slo_binding: Option<Binding>,
    slo_endpoint: Option<String>,
    slo_response_endpoint: Option<String>,
    slo_window: Option<u32>,
    /// Whether it was last written by somebody who holds every role.
    #[serde(default)]
    #[schemars(skip)]
    of_all_roles: bool,
}

/// Whose identity provider it is, or which protocol it speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ProviderType {
    Amazon,
    Apple,
    Facebook,
    Github,
    Google,
    Linkedin,
    LinkedinOidc,
    Microsoft,
    OpenidConnect,
    Paypal,
    Saml,
    Twitter,
    Yahoo,
}

/// Where people land who come by it for the first time.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Registration {
    population: Option<To<PopulationId>>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum PkceMethod {
    None,
    S256,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum TokenAuthMethod {
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ClientEnvironment {
    Live,
    Sandbox,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Binding {
    HttpPost,
    HttpRedirect,
}

/// By which certificates its answers are verified.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Verification {
    certificates: Vec<To<Uuid>>,
}

/// By which key requests to it are signed.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
struct Signing {
    algorithm: Option<SigningAlgorithm>,
    key: To<Uuid>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum SigningAlgorithm {
    #[serde(rename = "SHA256withRSA")]
    Sha256Rsa,
    #[serde(rename = "SHA384withRSA")]
    Sha384Rsa,
    #[serde(rename = "SHA512withRSA")]
    Sha512Rsa,
    #[serde(rename = "SHA256withECDSA")]
    Sha256Ecdsa,
    #[serde(rename = "SHA384withECDSA")]
    Sha384Ecdsa,
    #[serde(rename = "SHA512withECDSA")]
    Sha512Ecdsa,
}

/// The members that not every type has.
const PARTICULAR: [&str; 29] = [
    "clientId",
    "clientSecret",
    "authorizationEndpoint",
    "discoveryEndpoint",
    "issuer",
    "jwksEndpoint",
    "pkceMethod",
    "scopes",
    "tokenEndpoint",
    "tokenEndpointAuthMethod",
    "userInfoEndpoint",
    "appId",
    "appSecret",
    "clientSecretSigningKey",
    "keyId",
    "teamId",
    "clientEnvironment",
    "tenantId",
    "authnRequestSigned",
    "idpEntityId",
    "idpVerification",
    "spEntityId",
    "spSigning",
    "ssoBinding",
    "ssoEndpoint",
    "sloBinding",
    "sloEndpoint",
    "sloResponseEndpoint",
    "sloWindow",
];

/// How many scopes or certificates a provider has at most.
const MOST: usize = 50;

impl ProviderType {
    /// PingOne's code for it.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::Amazon => "AMAZON",
            Self::Apple => "APPLE",
            Self::Facebook => "FACEBOOK",
            Self::Github => "GITHUB",
            Self::Google => "GOOGLE",
            Self::Linkedin => "LINKEDIN",
            Self::LinkedinOidc => "LINKEDIN_OIDC",
            Self::Microsoft => "MICROSOFT",
            Self::OpenidConnect => "OPENID_CONNECT",
            Self::Paypal => "PAYPAL",
            Self::Saml => "SAML",
            Self::Twitter => "TWITTER",
            Self::Yahoo => "YAHOO",
        }
    }

    /// What the addresses call it that it sends browsers back to.
    pub(crate) fn path(self) -> String {
        self.code().to_ascii_lowercase()
    }

    /// The particular members that it must have, and those that it may have.
    fn members(self) -> (&'static [&'static str], &'static [&'static str]) {
        match self {
            Self::Amazon
            | Self::Github
            | Self::Google
            | Self::Linkedin
            | Self::LinkedinOidc
            | Self::Twitter
            | Self::Yahoo => (&["clientId", "clientSecret"], &[]),
            Self::Apple => (
                &["clientId", "clientSecretSigningKey", "keyId", "teamId"],
                &[],
            ),
            Self::Facebook => (&["appId", "appSecret"], &[]),
            Self::Microsoft => (&["clientId", "clientSecret"], &["tenantId"]),
            Self::OpenidConnect => (
                &[
                    "authorizationEndpoint",
                    "clientId",
                    "issuer",
                    "jwksEndpoint",
                    "scopes",
                    "tokenEndpoint",
                ],
                &[
                    "clientSecret",
                    "discoveryEndpoint",
                    "pkceMethod",
                    "tokenEndpointAuthMethod",
                    "userInfoEndpoint",
                ],
            ),
            Self::Paypal => (&["clientId", "clientSecret", "clientEnvironment"], &[]),
            Self::Saml => (
                &[
                    "idpEntityId",
                    "idpVerification",
                    "spEntityId",
                    "ssoBinding",
                    "ssoEndpoint",
                ],
                &[
                    "authnRequestSigned",
                    "sloBinding",
                    "sloEndpoint",
                    "sloResponseEndpoint",
                    "sloWindow",
                    "spSigning",
                ],
            ),
        }
    }

    /// What the username of somebody is made of who comes by it.
    fn username(self) -> &'static str {
        match self {
            Self::Amazon | Self::Paypal => "${providerAttributes.user_id}",
            Self::Apple | Self::LinkedinOidc | Self::OpenidConnect | Self::Yahoo => {
                "${providerAttributes.sub}"
            }
            Self::Facebook => "${providerAttributes.email}",
            Self::Github | Self::Microsoft | Self::Twitter => "${providerAttributes.id}",
            Self::Google => "${providerAttributes.emailAddress.value}",
            Self::Linkedin => "${providerAttributes.emailAddress}",
            Self::Saml => "${samlAssertion.subject}",
        }
    }
}

impl Document for IdentityProvider {
    const EVENTS: Events = events!("IDENTITY_PROVIDER");
    const SECRETS: &'static [&'static str] =
        &["/clientSecret", "/appSecret", "/clientSecretSigningKey"];

    fn name(&self) -> &str {
        &self.name
    }

    fn mentions(&self) -> Vec<Reference> {
        let pictures = [
            ("icon.id", &self.icon),
            ("loginButtonIcon.id", &self.login_button_icon),
        ];
        let pictures = pictures
            .into_iter()
            .filter_map(|(member, picture)| picture.as_ref()?.mention(member));
        let verification = self.idp_verification.iter();
        let certificates = verification.flat_map(|one| &one.certificates).map(|to| {
            Reference::to_object::<Certificate>("idpVerification.certificates.id", to.id)
        });
        let key = self.sp_signing.iter();
        let key =
            key.map(|signing| Reference::to_object::<Key>("spSigning.key.id", signing.key.id));
        let registration = self.registration.as_ref();
        let population = registration.and_then(|registration| registration.population);
        let population = population
            .map(|to| Reference::to_row::<StoredPopulation>("registration.population", to.id));
        let named = pictures.chain(certificates).chain(key);
        named.chain(population).collect()
    }

    /// Without the population that it keeps the credentials of, newcomers register like anybody.
    fn forget(&mut self, gone: &BTreeSet<Uuid>) {
        for picture in [&mut self.icon, &mut self.login_button_icon] {
            forget_picture(picture, gone);
        }
        if let Some(registration) = &mut self.registration {
            let population = registration.population.take();
            registration.population =
                population.filter(|population| !gone.contains(&population.id.as_uuid()));
        }
        if let Some(verification) = &mut self.idp_verification {
            let certificates = &mut verification.certificates;
            certificates.retain(|certificate| !gone.contains(&certificate.id));
        }
        let signing = self.sp_signing.take();
        self.sp_signing = signing.filter(|signing| !gone.contains(&signing.key.id));
    }
}

impl Configuration for IdentityProvider {
    const PATH: &'static str = "identityProviders";
    const ITEM: &'static str = "identityProvider";
    const FILTERS: &'static [&'static str] = &["name", "type", "enabled"];
    const KEPT_MEMBERS: KeptMembers = &[(
        &["type"],
        "Only providers of the types OPENID_CONNECT and GOOGLE are asked who somebody is.",
    )];
    const SHOWS_SECRETS: bool = true;
    type Parent = TopLevel;
    type Read = may::ReadIdentityProviders;
    type Manage = may::ManageIdentityProviders;

    async fn check(
        &mut self,
        managing: &Managing<Self>,
        replaced: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        self.of_all_roles = managing.holds_every_role();
        self.name = checks::name(&self.name)?;
        if replaced.is_some_and(|stored| stored.document.provider_type != self.provider_type) {
            let message = "The type of an identity provider can not be changed.";
            return Err(ApiFailure::invalid_value("type", message));
        }
        if self.provider_type == ProviderType::OpenidConnect {
            let method = self.token_endpoint_auth_method;
            let method = method.unwrap_or(TokenAuthMethod::ClientSecretBasic);
            self.token_endpoint_auth_method = Some(method);
            self.pkce_method.get_or_insert(PkceMethod::None);
            if method != TokenAuthMethod::None && self.client_secret.is_none() {
                return Err(ApiFailure::required_value("clientSecret"));
            }
        }
        self.check_members()?;
        self.check_texts()?;
        let accepts_any = managing.idp.settings().mode == ui::Mode::Development;
        self.check_addresses(accepts_any)
    }

    fn made_below(object: &Object<Self>, managing: &Managing<Self>) -> Result<Change, ApiFailure> {
        attributes::username_of(object, managing)
    }

    fn show(_: &Object<Self>, shown: Shown) -> Shown {
        shown.without("ofAllRoles").linking_below("attributes")
    }
}

impl IdentityProvider {
    /// Each type has members of its own.
    fn check_members(&self) -> Result<(), ApiFailure> {
        let sent = to_json(self)?;
        let (required, optional) = self.provider_type.members();
        for name in required {
            if sent.get(name).is_none() {
                return Err(ApiFailure::required_value(name));
            }
        }
        let is_foreign = |name: &&'static str| {
            sent.get(*name).is_some() && !required.contains(name) && !optional.contains(name)
        };
        match PARTICULAR.into_iter().find(is_foreign) {
            Some(name) => {
                let message = "does not belong to an identity provider of this type";
                Err(ApiFailure::invalid_value(name, message))
            }
            None => Ok(()),
        }
    }

    fn check_texts(&self) -> Result<(), ApiFailure> {
        for (member, text) in [
            ("clientId", &self.client_id),
            ("clientSecret", &self.client_secret),
            ("appId", &self.app_id),
            ("appSecret", &self.app_secret),
            ("clientSecretSigningKey", &self.client_secret_signing_key),
            ("keyId", &self.key_id),
            ("teamId", &self.team_id),
            ("tenantId", &self.tenant_id),
            ("issuer", &self.issuer),
            ("idpEntityId", &self.idp_entity_id),
            ("spEntityId", &self.sp_entity_id),
        ] {
            if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
                return Err(ApiFailure::invalid_value(member, "must not be blank"));
            }
        }
        let certificates = self.idp_verification.as_ref();
        let certificates = certificates.map_or(0, |one| one.certificates.len());
        for (member, count) in [
            ("scopes", self.scopes.as_ref().map_or(0, Vec::len)),
            ("idpVerification.certificates", certificates),
        ] {
            if count > MOST {
                let message = format!("must be at most {MOST}");
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        if self.idp_verification.is_some() && certificates == 0 {
            return Err(ApiFailure::required_value("idpVerification.certificates"));
        }
        if self
            .slo_window
            .is_some_and(|hours| !(1..=24).contains(&hours))
        {
            let message = "must be 1 to 24 hours";
            return Err(ApiFailure::invalid_value("sloWindow", message));
        }
        Ok(())
    }

    /// In development, addresses may be of this machine.
    fn check_addresses(&self, accepts_any: bool) -> Result<(), ApiFailure> {
        for (member, address, is_asked_by_us) in [
            ("authorizationEndpoint", &self.authorization_endpoint, false),
            ("discoveryEndpoint", &self.discovery_endpoint, false),
            ("issuer", &self.issuer, false),
            ("jwksEndpoint", &self.jwks_endpoint, true),
            ("tokenEndpoint", &self.token_endpoint, true),
            ("userInfoEndpoint", &self.user_info_endpoint, true),
            ("ssoEndpoint", &self.sso_endpoint, false),
            ("sloEndpoint", &self.slo_endpoint, false),
            ("sloResponseEndpoint", &self.slo_response_endpoint, false),
        ] {
            let Some(address) = address else { continue };
            checks::at_most(member, Some(address), 2048)?;
            let is_right = |url: &Url| {
                url.scheme() == "https" || accepts_any && url.scheme() == "http" && url.has_host()
            };
            let url = Url::parse(address).ok().filter(is_right);
            let url =
                url.ok_or_else(|| ApiFailure::invalid_value(member, "must be an https address"))?;
            if is_asked_by_us && !accepts_any && !outgoing::may_be_public(&url) {
                let message = "must not lead into the installation's own network";
                return Err(ApiFailure::invalid_value(member, message));
            }
        }
        Ok(())
    }

    /// What sign-on needs to know of it. None where nobody signs on by it: it is disabled, or of a
    /// type whose protocol nothing here speaks.
    pub(crate) fn open_id(&self) -> Option<Provider> {
        if !self.enabled {
            return None;
        }
        match self.provider_type {
            ProviderType::OpenidConnect => self.of_its_own_words(),
            ProviderType::Google => self.google(),
            ProviderType::Amazon
            | ProviderType::Apple
            | ProviderType::Facebook
            | ProviderType::Github
            | ProviderType::Linkedin
            | ProviderType::LinkedinOidc
            | ProviderType::Microsoft
            | ProviderType::Paypal
            | ProviderType::Saml
            | ProviderType::Twitter
            | ProviderType::Yahoo => None,
        }
    }

    fn of_its_own_words(&self) -> Option<Provider> {
        let url = |address: &Option<String>| Url::parse(address.as_deref()?).ok();
        let client_secret = self.client_secret.as_deref().map(SecretString::from);
        Some(Provider {
            issuer: self.issuer.clone()?,
            client_id: self.client_id.clone()?,
            authentication: match (self.token_endpoint_auth_method, client_secret) {
                (Some(TokenAuthMethod::None), _) => ClientAuthentication::None,
                (Some(TokenAuthMethod::ClientSecretPost), secret) => {
                    ClientAuthentication::Post(secret?)
                }
                (Some(TokenAuthMethod::ClientSecretBasic) | None, secret) => {
                    ClientAuthentication::Basic(secret?)
                }
            },
            authorization_endpoint: url(&self.authorization_endpoint)?,
            token_endpoint: url(&self.token_endpoint)?,
            jwks_endpoint: url(&self.jwks_endpoint)?,
            user_info_endpoint: url(&self.user_info_endpoint),
            scopes: self.scopes.clone().unwrap_or_default(),
            proves_code: matches!(self.pkce_method, Some(PkceMethod::S256)),
        })
    }

    /// As Google's discovery document says.
    fn google(&self) -> Option<Provider> {
        let url = |address: &str| Url::parse(address).ok();
        let secret = self.client_secret.as_deref().map(SecretString::from)?;
        Some(Provider {
            issuer: "https://accounts.google.com".to_owned(),
            client_id: self.client_id.clone()?,
            authentication: ClientAuthentication::Post(secret),
            authorization_endpoint: url("https://accounts.google.com/o/oauth2/v2/auth")?,
            token_endpoint: url("https://oauth2.googleapis.com/token")?,
            jwks_endpoint: url("https://www.googleapis.com/oauth2/v3/certs")?,
            user_info_endpoint: url("https://openidconnect.googleapis.com/v1/userinfo"),
            scopes: vec!["profile".to_owned(), "email".to_owned()],
            proves_code: true,
        })
    }

    /// Whether it was last written by somebody who holds every role.
    pub(crate) fn is_of_all_roles(&self) -> bool {
        self.of_all_roles
    }

    /// The population that people join who come by it for the first time: then it keeps their
    /// credentials.
    pub(crate) fn population(&self) -> Option<PopulationId> {
        Some(self.registration.as_ref()?.population?.id)
    }
}
