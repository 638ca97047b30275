//! Users that are made and imported.

use serde::de::{self, DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::{LifecycleStatus, Name};
use crate::id::PopulationId;
use crate::pingone::Reference;
use crate::secret::Password;

/// A user to be created, with a password or without.
///
/// With a password or a state it is sent as PingOne's user import, so that user and password come
/// into being together or not at all. Read, a member of the wrong kind is refused by its name, and
/// no value is quoted: it may be the password.
///
/// ```
/// use pingone_protocol::pingone::{Name, NewUser};
///
/// let ada = NewUser::new("ada", "ada@example.com").name(Name::new().given("Ada"));
/// assert!(!ada.needs_import(), "it has neither password nor state");
/// ```
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewUser {
    /// The name to sign on with.
    pub username: String,
    /// The mail address.
    pub email: String,
    /// The population; absent means the default one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<Reference<PopulationId>>,
    /// The person's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// Whether the user may sign on at all; absent means that they may.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Where the user stands with the proof of the mail address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<NewLifecycle>,
    /// The password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub password: Option<ImportPassword>,
    /// Further attributes by PingOne's name.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

impl<'de> Deserialize<'de> for NewUser {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut members = Map::deserialize(deserializer)?;
        let required = |text: Option<String>, name: &'static str| {
            text.ok_or_else(|| D::Error::missing_field(name))
        };
        Ok(Self {
            username: required(take(&mut members, "username")?, "username")?,
            email: required(take(&mut members, "email")?, "email")?,
            population: take(&mut members, "population")?,
            name: take(&mut members, "name")?,
            enabled: take(&mut members, "enabled")?,
            lifecycle: take(&mut members, "lifecycle")?,
            password: take(&mut members, "password")?,
            attributes: members,
        })
    }
}

/// Takes out a member, which is absent when it is `null`.
fn take<T: DeserializeOwned, E: de::Error>(
    members: &mut Map<String, Value>,
    name: &str,
) -> Result<Option<T>, E> {
    match members.remove(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => serde_json::from_value(value)
            .map(Some)
            .map_err(|_| E::custom(format_args!("`{name}` has a value of the wrong kind"))),
    }
}

impl NewUser {
    /// A user with what PingOne demands.
    pub fn new(username: impl Into<String>, email: impl Into<String>) -> Self {
        Self {
            username: username.into(),
            email: email.into(),
            population: None,
            name: None,
            enabled: None,
            lifecycle: None,
            password: None,
            attributes: Map::new(),
        }
    }

    /// Puts the user into a population other than the default one.
    #[must_use]
    pub fn population(mut self, population: PopulationId) -> Self {
        self.population = Some(Reference::new(population));
        self
    }

    /// Gives the person's name.
    #[must_use]
    pub fn name(mut self, name: Name) -> Self {
        self.name = Some(name);
        self
    }

    /// Gives a password, which the policy of the population must allow.
    #[must_use]
    pub fn password(mut self, password: Password) -> Self {
        self.password = Some(ImportPassword {
            value: password,
            force_change: false,
        });
        self
    }

    /// Demands another password at the first sign-on.
    #[must_use]
    pub fn force_password_change(mut self) -> Self {
        if let Some(password) = &mut self.password {
            password.force_change = true;
        }
        self
    }

    /// Demands that the user enters a mailed code at the first sign-on.
    #[must_use]
    pub fn verification_required(mut self) -> Self {
        self.lifecycle = Some(NewLifecycle {
            status: LifecycleStatus::VerificationRequired,
            suppress_verification_code: false,
        });
        self
    }

    /// Sets a further attribute by PingOne's name, such as `locale`.
    #[must_use]
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.attributes.insert(name.into(), value.into());
        self
    }

    /// Whether only PingOne's user import can create it.
    pub fn needs_import(&self) -> bool {
        self.password.is_some() || self.lifecycle.is_some() || self.enabled.is_some()
    }
}

/// Where an imported user stands with the proof of the mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct NewLifecycle {
    /// Where the user stands.
    pub status: LifecycleStatus,
    /// Send no code.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suppress_verification_code: bool,
}

/// The password of an imported user.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImportPassword {
    /// The password.
    pub value: Password,
    /// Whether another one is demanded at the first sign-on.
    #[serde(default)]
    pub force_change: bool,
}

/// On the way to PingOne a password is text: the one place that writes it.
impl Serialize for ImportPassword {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct as _;
        let mut object = serializer.serialize_struct("ImportPassword", 2)?;
        object.serialize_field("value", self.value.expose())?;
        object.serialize_field("forceChange", &self.force_change)?;
        object.end()
    }
}
