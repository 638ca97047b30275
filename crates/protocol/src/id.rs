//! Ids of PingOne's objects: UUIDs that cannot be taken for one another.

use std::fmt;
use std::str::FromStr;

use aws_lc_rs::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Random;

/// A text that is no UUID where one is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no {kind} id: a UUID such as 7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1 is expected"
)]
pub struct InvalidId {
    kind: &'static str,
    text: String,
}

/// How much of a refused text an error repeats.
const QUOTED_CHARACTERS: usize = 40;

/// The id of what is called `name` among what belongs to `root`: always the same one.
///
/// Nothing else has it. It has the form of version 4, the only one that PingOne's sign-on page
/// accepts, and is no secret to whoever knows both.
///
/// ```
/// use pingone_protocol::id::{EnvironmentId, derived};
///
/// let shop = EnvironmentId::parse("7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1")?;
/// let customers = derived(shop.as_uuid(), "populations/Customers");
/// assert_eq!(customers, derived(shop.as_uuid(), "populations/Customers"));
/// assert_ne!(customers, derived(shop.as_uuid(), "populations/Partners"));
/// # Ok::<(), pingone_protocol::id::InvalidId>(())
/// ```
pub fn derived(root: Uuid, name: &str) -> Uuid {
    let mut context = Context::new(&SHA256);
    context.update(root.as_bytes());
    context.update(name.as_bytes());
    let mut bytes = [0; 16];
    for (to, from) in bytes.iter_mut().zip(context.finish().as_ref()) {
        *to = *from;
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// What all ids have in common.
pub trait Id:
    Copy + fmt::Debug + fmt::Display + Eq + FromStr + Into<Uuid> + Send + Sync + 'static
{
    /// What it is an id of, such as `role assignment`.
    const KIND: &'static str;

    /// Wraps a UUID.
    fn from_uuid(uuid: Uuid) -> Self;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id.
            pub fn random(random: &dyn Random) -> Self {
                Self(random.uuid())
            }

            /// Wraps a UUID.
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            /// Reads the hyphenated form.
            ///
            /// # Errors
            ///
            /// [`InvalidId`] for any other text.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                match Uuid::try_parse(text) {
                    Ok(uuid) if text.len() == 36 => Ok(Self(uuid)),
                    _ => Err(InvalidId {
                        kind: $kind,
                        text: text.chars().take(QUOTED_CHARACTERS).collect(),
                    }),
                }
            }

            /// The UUID itself.
            pub const fn as_uuid(&self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0.as_hyphenated(), f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl Id for $name {
            const KIND: &'static str = $kind;

            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )+};
}

ids! {
    /// An entry of the audit log.
    ActivityId = "activity";
    /// An agreement.
    AgreementId = "agreement";
    /// An agreement in one language.
    AgreementLanguageId = "agreement language";
    /// A text of an agreement.
    AgreementRevisionId = "agreement revision";
    /// An application: PingOne's managed object, and as OAuth client its `client_id`.
    ApplicationId = "application";
    /// That a user's attribute becomes a claim.
    AttributeMappingId = "attribute mapping";
    /// A certificate of somebody else's.
    CertificateId = "certificate";
    /// Another name for an environment's pages.
    CustomDomainId = "custom domain";
    /// A policy that says which devices prove who somebody is.
    DeviceAuthenticationPolicyId = "device authentication policy";
    /// A device that proves who somebody is.
    DeviceId = "device";
    /// A domain that mails may come from.
    EmailDomainId = "email domain";
    /// An environment: one issuer, one directory.
    EnvironmentId = "environment";
    /// A policy that says which passkeys and security keys count.
    Fido2PolicyId = "FIDO2 policy";
    /// One sign-on interaction.
    FlowId = "flow";
    /// What stands between PingOne and a directory or network of a customer's.
    GatewayId = "gateway";
    /// What a user allowed an application; every token hangs off one.
    GrantId = "grant";
    /// A group of users.
    GroupId = "group";
    /// A place elsewhere where people may sign on.
    IdentityProviderId = "identity provider";
    /// A picture that pages show.
    ImageId = "image";
    /// A key of an environment's, with its certificate.
    KeyId = "key";
    /// A plan by which keys take each other's place.
    KeyRotationPolicyId = "key rotation policy";
    /// A language that pages and mails may have.
    LanguageId = "language";
    /// A licence of an organization.
    LicenseId = "license";
    /// An account elsewhere by which a user signs on.
    LinkedAccountId = "linked account";
    /// A mail in the outbox.
    MailId = "mail";
    /// Limits of messages.
    NotificationsPolicyId = "notifications policy";
    /// An organization, which holds environments.
    OrganizationId = "organization";
    /// A password policy.
    PasswordPolicyId = "password policy";
    /// A population: the part of an environment that a user belongs to.
    PopulationId = "population";
    /// That an attribute is taken from an identity provider.
    ProviderAttributeId = "identity provider attribute";
    /// Addresses whose requests are limited in a way of their own.
    RateLimitConfigurationId = "rate limit configuration";
    /// An application's grant of a resource's scopes (PingOne's `grants` sub-resource).
    ResourceGrantId = "grant";
    /// A resource: what an access token is for.
    ResourceId = "resource";
    /// A role assignment.
    RoleAssignmentId = "role assignment";
    /// A role.
    RoleId = "role";
    /// An attribute of users.
    SchemaAttributeId = "schema attribute";
    /// A schema: what users are made of.
    SchemaId = "schema";
    /// A scope of a resource.
    ScopeId = "scope";
    /// A browser session at the environment; the `sid` of tokens.
    SessionId = "session";
    /// One demand of a sign-on policy.
    SignOnPolicyActionId = "sign-on policy action";
    /// That an application has a sign-on policy.
    SignOnPolicyAssignmentId = "sign-on policy assignment";
    /// A sign-on policy.
    SignOnPolicyId = "sign-on policy";
    /// A signing key; the `kid` of tokens.
    SigningKeyId = "key";
    /// A subscription: somebody who is told what happens.
    SubscriptionId = "subscription";
    /// What messages of a template say in one language.
    TemplateContentId = "template content";
    /// How the pages look.
    ThemeId = "theme";
    /// An address that mails may come from.
    TrustedEmailId = "trusted email address";
    /// A user; the `sub` of tokens.
    UserId = "user";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        let text = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
        assert_eq!(UserId::parse(text).unwrap().to_string(), text);
        assert!(UserId::parse("7d2f8f0e6f0c4d539d0e0d6a2ad0c7a1").is_err());
        assert!(UserId::parse("urn:uuid:7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1").is_err());
        let error = UserId::parse("ada' or '1'='1").unwrap_err().to_string();
        assert!(
            error.starts_with("`ada' or '1'='1` is no user id"),
            "{error}"
        );
    }
}
