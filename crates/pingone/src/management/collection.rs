//! One handle for all collections: what can be read, made, replaced and deleted.

use std::fmt;
use std::marker::PhantomData;

use http::Method;
use protocol::pingone::Object;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::request::segment;
use super::{Client, List};
use crate::Error;

/// A kind of object that PingOne keeps in collections.
///
/// Implement it for a type of your own to reach a collection that has no method here, by
/// [`Client::collection`]:
///
/// ```no_run
/// use pingone::management::{Client, Deletable, Kind};
///
/// #[derive(serde::Deserialize)]
/// struct Gateway {
///     id: String,
///     name: String,
/// }
///
/// impl Kind for Gateway {
///     const PATH: &'static str = "gateways";
///     type Id = String;
/// }
///
/// impl Deletable for Gateway {}
///
/// # async fn example(pingone: Client) -> Result<(), pingone::Error> {
/// for gateway in pingone.collection::<Gateway>().list().all().await? {
///     pingone.collection::<Gateway>().delete(gateway.id).await?;
/// }
/// # Ok(())
/// # }
/// ```
pub trait Kind: DeserializeOwned {
    /// Where the collection is, below what it hangs off.
    const PATH: &'static str;
    /// What its objects are named by.
    type Id: fmt::Display;
}

/// A kind of which new ones can be made.
pub trait Creatable: Kind {
    /// What one is made of.
    type New: Serialize;
}

/// A kind whose objects can be replaced.
pub trait Replaceable: Kind {
    /// What one is replaced with.
    type With: Serialize;
}

/// A kind whose objects can be deleted.
pub trait Deletable: Kind {}

/// A collection of one kind of objects.
///
/// ```no_run
/// # use pingone::{Error, management, SignOnPolicy};
/// # async fn example(pingone: management::Client) -> Result<(), Error> {
/// let policies = pingone.sign_on_policies();
/// let mut policy = policies.create(&SignOnPolicy::new("Strict")).await?;
/// policy.settings.default = true;
/// policies.replace(policy.id, &policy.settings).await?;
/// # Ok(())
/// # }
/// ```
pub struct Collection<'a, K> {
    pub(super) client: &'a Client,
    pub(super) path: String,
    kind: PhantomData<fn() -> K>,
}

impl<'a, K: Kind> Collection<'a, K> {
    /// The collection below an object of the environment, such as `users/{id}`.
    pub(super) fn below(client: &'a Client, parent: impl fmt::Display) -> Self {
        Self::at(client, client.path(&format!("{parent}/{}", K::PATH)))
    }

    pub(super) fn at(client: &'a Client, path: String) -> Self {
        Self {
            client,
            path,
            kind: PhantomData,
        }
    }

    /// All objects, or those that a filter matches.
    pub fn list(&self) -> List<'a, K> {
        List::new(self.client, self.path.clone())
    }

    /// Reads an object.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such object.
    pub async fn load(&self, id: K::Id) -> Result<K, Error> {
        self.client
            .send(Method::GET, self.path_of(&id))
            .fetch()
            .await
    }

    pub(super) fn path_of(&self, id: &K::Id) -> String {
        format!("{}/{}", self.path, segment(id))
    }

    pub(super) fn path_below(&self, id: &K::Id, rest: &str) -> String {
        format!("{}/{}/{rest}", self.path, segment(id))
    }
}

impl<K: Creatable> Collection<'_, K> {
    /// Makes an object.
    ///
    /// # Errors
    ///
    /// [`Error::is_taken`]`("name")` when another one has the name; any other refusal names the
    /// member and the reason ([`Error::field_problems`]).
    pub async fn create(&self, new: &K::New) -> Result<K, Error> {
        self.client
            .send(Method::POST, self.path.clone())
            .json(new)
            .fetch()
            .await
    }
}

impl<K: Replaceable> Collection<'_, K> {
    /// Replaces all settings of an object. What is left out is removed, or takes PingOne's default.
    ///
    /// # Errors
    ///
    /// As [`create`](Self::create), and [`Error::is_not_found`].
    pub async fn replace(&self, id: K::Id, with: &K::With) -> Result<K, Error> {
        self.client
            .send(Method::PUT, self.path_of(&id))
            .json(with)
            .fetch()
            .await
    }
}

impl<K: Deletable> Collection<'_, K> {
    /// Deletes an object.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such object; a refusal when others depend on it, or
    /// when it is the default.
    pub async fn delete(&self, id: K::Id) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.path_of(&id))
            .run()
            .await
    }
}

impl<K> Clone for Collection<'_, K> {
    fn clone(&self) -> Self {
        Self {
            client: self.client,
            path: self.path.clone(),
            kind: PhantomData,
        }
    }
}

impl<K> fmt::Debug for Collection<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Collection")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Settings of which an environment has one.
pub trait Single: Serialize + DeserializeOwned {
    /// Where they are, below the environment.
    const PATH: &'static str;
}

/// Settings of which an environment has one.
///
/// ```no_run
/// # use pingone::{Error, management};
/// # async fn example(pingone: management::Client) -> Result<(), Error> {
/// let mut branding = pingone.branding_settings().load().await?;
/// branding.company_name = Some("Harbour Inc.".to_owned());
/// pingone.branding_settings().replace(&branding).await?;
/// # Ok(())
/// # }
/// ```
pub struct Settings<'a, S> {
    pub(super) client: &'a Client,
    kind: PhantomData<fn() -> S>,
}

impl<'a, S: Single> Settings<'a, S> {
    pub(super) fn new(client: &'a Client) -> Self {
        Self {
            client,
            kind: PhantomData,
        }
    }

    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails.
    pub async fn load(&self) -> Result<S, Error> {
        self.client
            .send(Method::GET, self.client.path(S::PATH))
            .fetch()
            .await
    }

    /// Replaces the settings.
    ///
    /// # Errors
    ///
    /// A refusal names the member and the reason.
    pub async fn replace(&self, with: &S) -> Result<S, Error> {
        self.client
            .send(Method::PUT, self.client.path(S::PATH))
            .json(with)
            .fetch()
            .await
    }

    /// Puts back what an environment begins with.
    ///
    /// # Errors
    ///
    /// [`Error`] when the call is refused or fails; not all settings can be put back.
    pub async fn reset(&self) -> Result<(), Error> {
        self.client
            .send(Method::DELETE, self.client.path(S::PATH))
            .run()
            .await
    }
}

impl<S> Clone for Settings<'_, S> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<S> Copy for Settings<'_, S> {}

impl<S: Single> fmt::Debug for Settings<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("path", &S::PATH).finish()
    }
}

/// Kinds whose settings travel alike in both directions: what each is called, its id, its path.
macro_rules! objects {
    ($($settings:ident ($id:ident) at $path:literal $(: $($can:ident)+)?;)+) => {$(
        impl Kind for Object<protocol::id::$id, protocol::pingone::$settings> {
            const PATH: &'static str = $path;
            type Id = protocol::id::$id;
        }

        $($(objects!($can $settings $id);)+)?
    )+};
    (create $settings:ident $id:ident) => {
        impl Creatable for Object<protocol::id::$id, protocol::pingone::$settings> {
            type New = protocol::pingone::$settings;
        }
    };
    (replace $settings:ident $id:ident) => {
        impl Replaceable for Object<protocol::id::$id, protocol::pingone::$settings> {
            type With = protocol::pingone::$settings;
        }
    };
    (delete $settings:ident $id:ident) => {
        impl Deletable for Object<protocol::id::$id, protocol::pingone::$settings> {}
    };
}

objects! {
    Agreement(AgreementId) at "agreements": create replace delete;
    AgreementLanguage(AgreementLanguageId) at "languages": create replace delete;
    AgreementRevision(AgreementRevisionId) at "revisions": create delete;
    AttributeMapping(AttributeMappingId) at "attributes": create replace delete;
    CustomDomain(CustomDomainId) at "customDomains": create delete;
    DeviceAuthenticationPolicy(DeviceAuthenticationPolicyId) at "deviceAuthenticationPolicies":
        create replace delete;
    EmailDomain(EmailDomainId) at "emailDomains": create delete;
    ExternalProvider(IdentityProviderId) at "identityProviders": create replace delete;
    Fido2Policy(Fido2PolicyId) at "fido2Policies": create replace delete;
    Image(ImageId) at "images": delete;
    Key(KeyId) at "keys": create replace delete;
    KeyRotationPolicy(KeyRotationPolicyId) at "keyRotationPolicies": create replace delete;
    Language(LanguageId) at "languages": create replace delete;
    LinkedAccount(LinkedAccountId) at "linkedAccounts": delete;
    NotificationsPolicy(NotificationsPolicyId) at "notificationsPolicies": create replace delete;
    ProviderAttribute(ProviderAttributeId) at "attributes": create replace delete;
    RateLimitConfiguration(RateLimitConfigurationId) at "rateLimitIpConfigs":
        create replace delete;
    Schema(SchemaId) at "schemas";
    SchemaAttribute(SchemaAttributeId) at "attributes": create replace delete;
    SignOnPolicy(SignOnPolicyId) at "signOnPolicies": create replace delete;
    SignOnPolicyAction(SignOnPolicyActionId) at "actions": create replace delete;
    SignOnPolicyAssignment(SignOnPolicyAssignmentId) at "signOnPolicyAssignments":
        create replace delete;
    Subscription(SubscriptionId) at "subscriptions": create replace delete;
    TemplateContent(TemplateContentId) at "contents": create replace delete;
    Theme(ThemeId) at "themes": create replace delete;
    TrustedEmail(TrustedEmailId) at "trustedEmails": create delete;
}

/// Kinds whose answers have a type of their own.
macro_rules! kinds {
    ($($kind:ident ($id:ident) at $path:literal $(: $($can:ident $with:ident),+)?;)+) => {$(
        impl Kind for protocol::pingone::$kind {
            const PATH: &'static str = $path;
            type Id = protocol::id::$id;
        }

        $($(kinds!($can $kind $with);)+)?
    )+};
    (create $kind:ident $with:ident) => {
        impl Creatable for protocol::pingone::$kind {
            type New = protocol::pingone::$with;
        }
    };
    (replace $kind:ident $with:ident) => {
        impl Replaceable for protocol::pingone::$kind {
            type With = protocol::pingone::$with;
        }
    };
    (delete $kind:ident $with:ident) => {
        impl Deletable for protocol::pingone::$with {}
    };
}

kinds! {
    Activity(ActivityId) at "activities";
    Device(DeviceId) at "devices": create NewDevice, delete Device;
    Environment(EnvironmentId) at "environments":
        create NewEnvironment, replace NewEnvironment, delete Environment;
    Group(GroupId) at "groups": create NewGroup, replace NewGroup, delete Group;
    License(LicenseId) at "licenses";
    Organization(OrganizationId) at "organizations";
    Population(PopulationId) at "populations":
        create NewPopulation, replace NewPopulation, delete Population;
    Resource(ResourceId) at "resources": create NewResource, replace NewResource, delete Resource;
    ResourceGrant(ResourceGrantId) at "grants":
        create NewResourceGrant, replace NewResourceGrant, delete ResourceGrant;
    ResourceScope(ScopeId) at "scopes": create NewScope, replace NewScope, delete ResourceScope;
    Role(RoleId) at "roles": create NewRole, replace NewRole, delete Role;
    RoleAssignment(RoleAssignmentId) at "roleAssignments":
        create NewRoleAssignment, replace NewRoleAssignment, delete RoleAssignment;
    User(UserId) at "users": delete User;
    UserSession(SessionId) at "sessions": delete UserSession;
}
