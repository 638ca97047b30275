//! A client for PingOne.
//!
//! Two clients, since they hold different credentials:
//!
//! - [`management::Client`] administers an environment with a worker application's token: users
//!   and their passwords, populations, groups, applications, resources, roles, sign-on policies,
//!   schemas, branding, webhooks, keys, and environments themselves.
//! - [`auth::Client`] signs users on at any OpenID provider, PingOne among them, for an
//!   application of yours.
//!
//! Both take a [`Transport`], which holds the connections, the time-outs, and the certificate
//! authority of an environment that runs on your own machine.
//!
//! ```no_run
//! use pingone::{
//!     ClientAuthentication, ClientSecret, Credentials, Endpoints, EnvironmentId, NewUser, Password,
//!     Region, Transport, management,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let secret = ClientSecret::new(std::fs::read_to_string("worker-secret")?.trim());
//! let worker = Credentials::new(
//!     "d7f7c0a5-2bd1-4a5c-8d5e-3f1f0a7f4a10",
//!     ClientAuthentication::ClientSecretBasic(secret),
//! );
//! let environment = EnvironmentId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1")?;
//! let endpoints = Endpoints::region(Region::Europe);
//! let pingone = management::Client::new(&endpoints, environment, worker, Transport::new()?);
//!
//! let ada = NewUser::new("ada", "ada@example.com").password(Password::new("Sunny-Harbour-42"));
//! match pingone.users().create(&ada).await {
//!     Ok(user) => println!("created {}", user.id),
//!     Err(error) if error.is_taken("username") => println!("choose another name"),
//!     Err(error) if error.is_policy_violation() => {
//!         println!("the password breaks {:?}", error.unsatisfied_requirements());
//!     }
//!     Err(error) => return Err(error.into()),
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is promised
//!
//! - Every call has a time-out, every answer a largest size; redirects are not followed.
//! - Only what is safe to repeat is repeated ([`Retries`]).
//! - Secrets are types that show nothing in `Debug`. Neither errors nor spans hold a body, a query
//!   or a token.
//! - The clock and the source of randomness can be replaced ([`TransportBuilder::clock`]).
//! - No environment variable is read, and nothing global is kept, except that rustls is given a
//!   provider of cryptography when the process has none.
//!
//! # Spans
//!
//! Each call is a `tracing` span named `pingone` with `method`, `path` (ids left out),
//! `media_type` (of the body, which chooses the action on many of PingOne's addresses), `status`,
//! `attempts`, `pingone.id` (the id that PingOne's support asks for), and `ms`.

/// The code of the introduction, which is compiled with the examples.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Introduction;

pub mod auth;
pub mod management;

mod cache;
mod credentials;
mod endpoints;
mod error;
mod retry;
mod single_flight;
mod token_request;
mod transport;

pub use http::{Method, StatusCode};
pub use protocol::id::{
    ActivityId, AgreementId, AgreementLanguageId, AgreementRevisionId, ApplicationId,
    AttributeMappingId, CertificateId, CustomDomainId, DeviceAuthenticationPolicyId, DeviceId,
    EmailDomainId, EnvironmentId, Fido2PolicyId, GatewayId, GroupId, IdentityProviderId, ImageId,
    InvalidId, KeyId, KeyRotationPolicyId, LanguageId, LicenseId, LinkedAccountId,
    NotificationsPolicyId, OrganizationId, PasswordPolicyId, PopulationId, ProviderAttributeId,
    RateLimitConfigurationId, ResourceGrantId, ResourceId, RoleAssignmentId, RoleId,
    SchemaAttributeId, SchemaId, ScopeId, SessionId, SignOnPolicyActionId,
    SignOnPolicyAssignmentId, SignOnPolicyId, SubscriptionId, TemplateContentId, ThemeId,
    TrustedEmailId, UserId,
};
pub use protocol::oauth::TokenEndpointAuthMethod;
pub use protocol::password_policy::PasswordPolicy;
pub use protocol::pingone::{
    AccessControl, Account, AccountStatus, ActiveIdentities, Activity, ActivityAction,
    ActivityActors, ActivityResult, ActivitySubject, Address, Agreement, AgreementLanguage,
    AgreementRevision, AgreementText, AllowedAuthenticator, ApiError, ApiErrorCode,
    ApplicationProtocol, ApplicationSecret, ApplicationSignOns, ApplicationType, AssignedScope,
    Attestation, AttributeMapping, AuthenticatorAttachment, AuthenticatorOption,
    AuthenticatorRequirements, BackupEligibility, BillOfMaterials, BlockStatus, Bookmark,
    BrandingSettings, Capabilities, Code, Consent, ConsentStatus, CorsBehavior, CorsSettings,
    CountedAction, CustomDomain, DeliveryMethod, Deployment, Device, DeviceAuthenticationPolicy,
    DeviceBlock, DeviceChoice, DeviceLock, DevicePairing, DeviceSelection, DeviceStatus,
    DeviceType, DisplayNameAttribute, DisplayNameAttributes, DnsRecord, DnsRecords,
    DomainCertificate, DomainStatus, EmailDelivery, EmailDomain, EmbeddedGroup, EnumeratedValue,
    Environment, EnvironmentStatus, EnvironmentSubtype, EnvironmentType, ErrorDetail,
    ExternalProvider, Fido2Policy, Fido2Requirement, FidoDevices, GrantTypeName, Group,
    GroupAccess, GroupAccessType, GroupMembership, HttpEndpoint, IdentityProvider, Image,
    ImageTarget, IntrospectionAuthMethod, Key, KeyRotationPolicy, KeyUsage, Language, LastSignOn,
    License, LicenseName, Lifecycle, LifecycleStatus, Link, LinkedAccount, Links, LockStatus,
    MadeOtp, MadeOtpDevices, MappingType, MemberCounts, MembershipType, MfaLockout, MfaOfNewUsers,
    MfaSettings, Name, NamingApplication, NewApplication, NewDevice, NewDeviceNotification,
    NewEnvironment, NewGroup, NewPopulation, NewResource, NewResourceGrant, NewRole,
    NewRoleAssignment, NewScope, NewUser, NotificationQuota, NotificationsPolicy,
    NotificationsSettings, Object, Open, Organization, OtpFailures, PairingKeyFormat,
    ParRequirement, PasswordState, PasswordStatus, Patch, Period, Photo, Picture, PkceEnforcement,
    Population, PreviousSecret, Product, ProductTag, ProductType, ProfileAttribute,
    ProviderAttribute, ProviderAttributeUpdate, ProviderEndpoints, ProviderRegistration,
    ProviderType, QuotaType, RateLimitConfiguration, RateLimitListType, Reference, RegexValidation,
    Region, Registration, Resource, ResourceGrant, ResourceScope, ResourceType, ResponseTypeName,
    Role, RoleAccess, RoleAccessType, RoleAssignment, RolePermission, RoleScope, RoleScopeType,
    RoleType, Schema, SchemaAttribute, SchemaAttributePatch, SchemaAttributeType, SchemaType,
    Sender, SentOtp, SentOtpDevices, SignOnActionType, SignOnPolicy, SignOnPolicyAction,
    SignOnPolicyAssignment, SolutionType, Subscription, SubscriptionFilter, SubscriptionFormat,
    SubscriptionProtocol, Switch, Template, TemplateContent, TemplateVariable, Theme,
    ThemeConfiguration, ThemeTemplate, TimeUnit, TotalIdentities, Translation, TrustedEmail, User,
    UserActivities, UserPatch, UserSession, UserVerification, VerifyStatus,
};
pub use protocol::scim;
pub use protocol::secret::{
    AccessToken, ClientSecret, DeviceSecret, IdToken, OneTimePassword, Password, PrivateKeyPem,
    RecoveryCode, RefreshToken, VerificationCode,
};
pub use protocol::{Random, SystemRandom};

pub use self::credentials::{ClientAuthentication, Credentials};
pub use self::endpoints::Endpoints;
pub use self::error::{Error, ErrorKind};
pub use self::management::Application;
pub use self::retry::Retries;
pub use self::transport::{Transport, TransportBuilder};
