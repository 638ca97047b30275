//! Partial updates of users.

use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::{Address, Name};

/// What becomes of one attribute in a partial update.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Patch<T> {
    /// It is removed.
    Clear,
    /// It stays.
    #[default]
    Keep,
    /// It becomes this.
    Set(T),
}

impl<T> Patch<T> {
    fn is_keep(&self) -> bool {
        matches!(self, Self::Keep)
    }
}

impl<T: Serialize> Serialize for Patch<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Clear | Self::Keep => serializer.serialize_none(),
            Self::Set(value) => value.serialize(serializer),
        }
    }
}

/// A partial update of a user.
///
/// ```
/// use pingone_protocol::pingone::{Patch, UserPatch};
///
/// let mut patch = UserPatch::default();
/// patch.email = Patch::Set("ada@example.com".to_owned());
/// patch.name = Patch::Clear;
/// assert_eq!(serde_json::to_string(&patch)?, r#"{"email":"ada@example.com","name":null}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserPatch {
    /// The name to sign on with.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub username: Patch<String>,
    /// The mail address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub email: Patch<String>,
    /// The person's name.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub name: Patch<Name>,
    /// The postal address.
    #[serde(skip_serializing_if = "Patch::is_keep")]
    pub address: Patch<Address>,
    /// Further attributes by PingOne's name; `null` clears one.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}
