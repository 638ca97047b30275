//! Users (PingOne, "Users").

use jiff::Timestamp;
use serde::de::{self, DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Links, Reference};
use crate::codes::{Open, codes, open_codes};
use crate::id::{EnvironmentId, PopulationId, UserId};
use crate::secret::Password;

/// A user as PingOne shows it. Only the id is certain: a caller may be allowed to see a part.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// Links to what can be done with it.
    #[serde(default, rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub links: Links,
    /// Its id.
    pub id: UserId,
    /// Its environment.
    pub environment: Reference<EnvironmentId>,
    /// Its population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<Reference<PopulationId>>,
    /// The name to sign on with, unique in the environment whatever its case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    /// The mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the mail address was proven.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// Whether it may sign on at all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// Whether it is locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Account>,
    /// Whether it still has to prove the mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lifecycle: Option<Lifecycle>,
    /// Whether a second factor is demanded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mfa_enabled: Option<bool>,
    /// Who keeps its credentials.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_provider: Option<IdentityProvider>,
    /// `NOT_INITIATED`, `ENABLED` or `DISABLED`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_status: Option<String>,
    /// When and from where it last signed on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_sign_on: Option<LastSignOn>,
    /// The person's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<Name>,
    /// The postal address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    /// The picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub photo: Option<Photo>,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// `nickname`, `title`, `type`, `locale`, `preferredLanguage`, `timezone`, `primaryPhone`,
    /// `mobilePhone`, `externalId`, `accountId`, and custom attributes, as PingOne spells them.
    #[serde(flatten)]
    pub attributes: Map<String, Value>,
}

impl User {
    /// A user with nothing but its id.
    pub fn new(id: UserId, environment: EnvironmentId) -> Self {
        Self {
            links: Links::new(),
            id,
            environment: Reference::new(environment),
            population: None,
            username: None,
            email: None,
            email_verified: None,
            enabled: None,
            account: None,
            lifecycle: None,
            mfa_enabled: None,
            identity_provider: None,
            verify_status: None,
            last_sign_on: None,
            name: None,
            address: None,
            photo: None,
            created_at: None,
            updated_at: None,
            attributes: Map::new(),
        }
    }
}

/// Whether an account is locked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Account {
    /// Whether it can sign on.
    pub can_authenticate: bool,
    /// Locked or not.
    pub status: AccountStatus,
    /// When it was locked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_at: Option<Timestamp>,
    /// When the lock ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlock_at: Option<Timestamp>,
    /// Seconds until the lock ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seconds_until_unlock: Option<i64>,
}

impl Account {
    /// An account that is not locked and can sign on.
    pub fn unlocked() -> Self {
        Self {
            can_authenticate: true,
            status: AccountStatus::Ok,
            locked_at: None,
            unlock_at: None,
            seconds_until_unlock: None,
        }
    }
}

open_codes! {
    /// Locked or not.
    AccountStatus {
        /// Locked.
        Locked = "LOCKED";
        /// Not locked.
        Ok = "OK";
    }
}

/// Whether the user still has to prove the mail address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Lifecycle {
    /// Where the user stands.
    pub status: Open<LifecycleStatus>,
}

impl Lifecycle {
    /// This status.
    pub fn new(status: LifecycleStatus) -> Self {
        Self {
            status: status.into(),
        }
    }
}

codes! {
    /// Where a user stands with the proof of the mail address.
    LifecycleStatus {
        /// Nothing is left to do.
        AccountOk = "ACCOUNT_OK";
        /// The mailed code has to be entered at the next sign-on.
        VerificationRequired = "VERIFICATION_REQUIRED";
    }
}

/// Who keeps a user's credentials.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct IdentityProvider {
    /// The provider; absent for PingOne itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Uuid>,
    /// `PING_ONE` for PingOne itself.
    #[serde(rename = "type")]
    pub provider_type: String,
}

impl IdentityProvider {
    /// PingOne itself.
    pub fn ping_one() -> Self {
        Self {
            id: None,
            provider_type: "PING_ONE".to_owned(),
        }
    }

    /// A provider elsewhere.
    pub fn elsewhere(id: Uuid, provider_type: impl Into<String>) -> Self {
        Self {
            id: Some(id),
            provider_type: provider_type.into(),
        }
    }
}

/// When and from where a user last signed on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct LastSignOn {
    /// When.
    pub at: Timestamp,
    /// From which address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remote_ip: Option<String>,
}

impl LastSignOn {
    /// At this instant, from nobody knows where.
    pub fn new(at: Timestamp) -> Self {
        Self {
            at,
            remote_ip: None,
        }
    }
}

/// A person's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Name {
    /// The whole name as it should be shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub formatted: Option<String>,
    /// The given name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given: Option<String>,
    /// The middle name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub middle: Option<String>,
    /// The family name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub family: Option<String>,
    /// What stands before it, such as `Dr.`
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honorific_prefix: Option<String>,
    /// What stands behind it, such as `III`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub honorific_suffix: Option<String>,
}

impl Name {
    /// A name without any part.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the whole name as it should be shown.
    #[must_use]
    pub fn formatted(mut self, formatted: impl Into<String>) -> Self {
        self.formatted = Some(formatted.into());
        self
    }

    /// Sets the given name.
    #[must_use]
    pub fn given(mut self, given: impl Into<String>) -> Self {
        self.given = Some(given.into());
        self
    }

    /// Sets the middle name.
    #[must_use]
    pub fn middle(mut self, middle: impl Into<String>) -> Self {
        self.middle = Some(middle.into());
        self
    }

    /// Sets the family name.
    #[must_use]
    pub fn family(mut self, family: impl Into<String>) -> Self {
        self.family = Some(family.into());
        self
    }

    /// Sets what stands before it.
    #[must_use]
    pub fn honorific_prefix(mut self, honorific_prefix: impl Into<String>) -> Self {
        self.honorific_prefix = Some(honorific_prefix.into());
        self
    }

    /// Sets what stands behind it.
    #[must_use]
    pub fn honorific_suffix(mut self, honorific_suffix: impl Into<String>) -> Self {
        self.honorific_suffix = Some(honorific_suffix.into());
        self
    }
}

/// A postal address.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Address {
    /// Street and number, possibly several lines.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street_address: Option<String>,
    /// The town.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locality: Option<String>,
    /// The state or province.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The postal code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postal_code: Option<String>,
    /// Two capital letters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country_code: Option<String>,
}

impl Address {
    /// An address without any part.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets street and number.
    #[must_use]
    pub fn street_address(mut self, street_address: impl Into<String>) -> Self {
        self.street_address = Some(street_address.into());
        self
    }

    /// Sets the town.
    #[must_use]
    pub fn locality(mut self, locality: impl Into<String>) -> Self {
        self.locality = Some(locality.into());
        self
    }

    /// Sets the state or province.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the postal code.
    #[must_use]
    pub fn postal_code(mut self, postal_code: impl Into<String>) -> Self {
        self.postal_code = Some(postal_code.into());
        self
    }

    /// Sets the country: two capital letters.
    #[must_use]
    pub fn country_code(mut self, country_code: impl Into<String>) -> Self {
        self.country_code = Some(country_code.into());
        self
    }
}

/// A picture.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct Photo {
    /// Its address.
    pub href: String,
}

impl Photo {
    /// The picture at `href`.
    pub fn new(href: impl Into<String>) -> Self {
        Self { href: href.into() }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_has_three_states() {
        let patch = UserPatch {
            email: Patch::Set("ada@example.com".to_owned()),
            name: Patch::Clear,
            ..UserPatch::default()
        };
        assert_eq!(
            serde_json::to_string(&patch).unwrap(),
            r#"{"email":"ada@example.com","name":null}"#
        );
    }

    #[test]
    fn a_new_user_with_a_password_is_an_import() {
        let user = NewUser::new("ada", "ada@example.com");
        assert!(!user.needs_import());
        let user = user.password(Password::new("Sunny-Harbour-42"));
        assert!(user.needs_import());
        assert_eq!(
            serde_json::to_value(&user).unwrap()["password"],
            serde_json::json!({"value": "Sunny-Harbour-42", "forceChange": false})
        );
        assert!(!format!("{user:?}").contains("Sunny"));
    }

    #[test]
    fn a_new_user_is_read_as_it_is_written() {
        let user = NewUser::new("ada", "ada@example.com")
            .name(Name::new().given("Ada"))
            .password(Password::new("Sunny-Harbour-42"))
            .force_password_change()
            .verification_required()
            .attribute("locale", "en-GB");
        let written = serde_json::to_value(&user).unwrap();
        let read: NewUser = serde_json::from_value(written.clone()).unwrap();
        assert_eq!(serde_json::to_value(&read).unwrap(), written);
    }

    #[test]
    fn a_member_of_the_wrong_kind_is_refused_by_its_name_and_never_quoted() {
        for (name, value) in [
            ("username", serde_json::json!(4711)),
            ("email", serde_json::json!(["4711"])),
            ("population", serde_json::json!("4711")),
            ("name", serde_json::json!("4711")),
            ("enabled", serde_json::json!(4711)),
            ("lifecycle", serde_json::json!({"status": "4711"})),
            ("password", serde_json::json!({"value": 4711})),
            ("password", serde_json::json!("4711")),
        ] {
            let mut user = serde_json::json!({"username": "ada", "email": "ada@example.com"});
            user[name] = value;
            let error = serde_json::from_value::<NewUser>(user)
                .unwrap_err()
                .to_string();
            assert!(error.contains(&format!("`{name}`")), "{error}");
            assert!(!error.contains("4711"), "{error}");
        }
        let nobody = serde_json::json!({"email": "ada@example.com", "username": null});
        let error = serde_json::from_value::<NewUser>(nobody).unwrap_err();
        assert_eq!(error.to_string(), "missing field `username`");
    }

    #[test]
    fn a_user_keeps_attributes_that_are_not_named_here() {
        let text = r#"{"id":"7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1",
            "environment":{"id":"0d6a2ad0-6f0c-4d53-9d0e-0d6a2ad0c7a1"},"nickname":"Ada","loyalty":3}"#;
        let user: User = serde_json::from_str(text).unwrap();
        assert_eq!(user.attributes["nickname"], "Ada");
        assert_eq!(serde_json::to_value(&user).unwrap()["loyalty"], 3);
    }
}
