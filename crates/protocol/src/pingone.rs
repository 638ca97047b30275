//! PingOne's management API on the wire: resources, media types, collections and errors.
//!
//! Written once for both sides: the SDK reads these types, the embedded environment writes them.
//! Facts are those of PingOne's API documentation, "Conventions" and the page of each resource.

mod agreement;
mod application;
mod branding;
mod collection;
pub mod date;
mod device;
mod device_policy;
mod domain;
mod environment;
mod error;
mod fido;
mod group;
mod key;
mod language;
mod linked_account;
mod mapping;
pub mod media_type;
mod mfa_settings;
mod notification;
mod notifications_policy;
mod object;
mod organization;
mod password;
mod population;
mod provider;
mod rate_limit;
mod report;
mod resource;
mod role;
mod schema;
mod session;
mod sign_on;
mod subscription;
mod template;
mod user;

pub use crate::codes::{Code, Open};
pub use agreement::{
    Agreement, AgreementLanguage, AgreementRevision, AgreementText, Consent, ConsentStatus,
};
pub use application::{
    AccessControl, Application, ApplicationProtocol, ApplicationSecret, ApplicationType,
    CorsBehavior, CorsSettings, GrantTypeName, GroupAccess, GroupAccessType, NewApplication,
    ParRequirement, PkceEnforcement, PreviousSecret, ResponseTypeName, RoleAccess, RoleAccessType,
};
pub use branding::{
    BrandingSettings, Image, ImageTarget, Picture, Theme, ThemeConfiguration, ThemeTemplate,
};
pub use collection::{Collection, Link, Links, Reference};
pub use device::{
    BlockStatus, Device, DeviceBlock, DeviceLock, DeviceStatus, DeviceType, LockStatus, NewDevice,
};
pub use device_policy::{
    DeviceAuthenticationPolicy, DeviceChoice, DeviceSelection, FidoDevices, MadeOtp,
    MadeOtpDevices, NewDeviceNotification, OtpFailures, Period, SentOtp, SentOtpDevices, TimeUnit,
};
pub use domain::{
    CustomDomain, DnsRecord, DnsRecords, DomainCertificate, DomainStatus, EmailDomain, TrustedEmail,
};
pub use environment::{
    BillOfMaterials, Bookmark, Deployment, Environment, EnvironmentStatus, EnvironmentSubtype,
    EnvironmentType, NewEnvironment, Product, ProductTag, ProductType, Region, SolutionType,
};
pub use error::{ApiError, ApiErrorCode, ErrorDetail};
pub use fido::{
    AllowedAuthenticator, Attestation, AuthenticatorAttachment, AuthenticatorOption,
    AuthenticatorRequirements, BackupEligibility, DisplayNameAttribute, DisplayNameAttributes,
    Fido2Policy, Fido2Requirement, UserVerification,
};
pub use group::{EmbeddedGroup, Group, GroupMembership, MemberCounts, MembershipType, NewGroup};
pub use key::{Key, KeyRotationPolicy, KeyUsage, NamingApplication};
pub use language::{DeliveryMethod, Language, TemplateContent, Translation};
pub use linked_account::LinkedAccount;
pub use mapping::{AttributeMapping, MappingType};
pub use mfa_settings::{DevicePairing, MfaLockout, MfaOfNewUsers, MfaSettings, PairingKeyFormat};
pub use notification::{EmailDelivery, NotificationsSettings, Sender};
pub use notifications_policy::{NotificationQuota, NotificationsPolicy, QuotaType};
pub use object::{Object, Switch};
pub use organization::{Capabilities, License, LicenseName, Organization};
pub use password::{
    CheckPassword, EmbeddedPolicy, PasswordState, PasswordStatus, RecoverPassword, ResetPassword,
    SetPassword,
};
pub use population::{NewPopulation, Population};
pub use provider::{
    ExternalProvider, ProviderAttribute, ProviderAttributeUpdate, ProviderEndpoints,
    ProviderRegistration, ProviderType,
};
pub use rate_limit::{RateLimitConfiguration, RateLimitListType};
pub use report::{
    ActiveIdentities, ApplicationSignOns, CountedAction, TotalIdentities, UserActivities,
};
pub use resource::{
    ApplicationPermissionsSettings, IntrospectionAuthMethod, NewResource, NewResourceGrant,
    NewScope, Resource, ResourceGrant, ResourceScope, ResourceType,
};
pub use role::{
    AssignedScope, NewRole, NewRoleAssignment, Role, RoleAssignment, RolePermission, RoleScope,
    RoleScopeType, RoleType,
};
pub use schema::{
    EnumeratedValue, RegexValidation, Schema, SchemaAttribute, SchemaAttributePatch,
    SchemaAttributeType, SchemaType,
};
pub use session::UserSession;
pub use sign_on::{
    ProfileAttribute, Registration, SignOnActionType, SignOnPolicy, SignOnPolicyAction,
    SignOnPolicyAssignment,
};
pub use subscription::{
    Activity, ActivityAction, ActivityActors, ActivityResult, ActivitySubject, HttpEndpoint,
    Subscription, SubscriptionFilter, SubscriptionFormat, SubscriptionProtocol,
};
pub use template::{Template, TemplateVariable};
pub use user::{
    Account, AccountStatus, Address, IdentityProvider, ImportPassword, LastSignOn, Lifecycle,
    LifecycleStatus, Name, NewLifecycle, NewUser, Patch, Photo, User, UserPatch, VerifyStatus,
};

#[cfg(test)]
mod tests;
