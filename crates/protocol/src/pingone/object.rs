//! What all objects of an environment's configuration have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::{Links, Reference};
use crate::id::EnvironmentId;
use crate::secret::ClientSecret;

/// An object as the service shows it: who it is, and everything that can be set.
///
/// What is sent is `settings` alone, so that an object is changed by reading it, changing its
/// settings and replacing it by them. Settings keep members that this crate does not know in
/// `further`, and give them back.
///
/// ```
/// use pingone_protocol::id::SignOnPolicyId;
/// use pingone_protocol::pingone::{Object, SignOnPolicy};
///
/// let text = r#"{"id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "name": "Strict", "default": false,
///     "ageOfTheUniverse": 13}"#;
/// let policy: Object<SignOnPolicyId, SignOnPolicy> = serde_json::from_str(text)?;
/// assert_eq!(policy.settings.name, "Strict");
/// let sent = serde_json::to_value(&policy.settings)?;
/// assert_eq!(sent["ageOfTheUniverse"], 13);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Object<I, T> {
    /// Links to what can be done with it.
    #[serde(default, rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub links: Links,
    /// Its id.
    pub id: I,
    /// Its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Reference<EnvironmentId>>,
    /// Everything that can be set.
    #[serde(flatten)]
    pub settings: T,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Switch {
    /// Whether it is.
    pub enabled: bool,
}

impl Switch {
    /// On.
    pub const ON: Self = Self { enabled: true };
    /// Off.
    pub const OFF: Self = Self { enabled: false };
}

/// Writes a secret, which a request carries to the service.
pub(super) fn exposed<S: Serializer>(
    secret: &Option<ClientSecret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret
        .as_ref()
        .map(ClientSecret::expose)
        .serialize(serializer)
}
