//! Users (PingOne, "Users").

mod new;
mod patch;
#[cfg(test)]
mod tests;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::{Links, Reference};
use crate::codes::{Open, codes, open_codes};
use crate::id::{EnvironmentId, PopulationId, UserId};

pub use self::new::{ImportPassword, NewLifecycle, NewUser};
pub use self::patch::{Patch, UserPatch};

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
    /// How far its identity is verified by documents.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verify_status: Option<Open<VerifyStatus>>,
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
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
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
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub locked_at: Option<Timestamp>,
    /// When the lock ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
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

codes! {
    /// How far an identity is verified by documents (PingOne, "Verify").
    VerifyStatus {
        /// It cannot be.
        Disabled = "DISABLED";
        /// It can be.
        Enabled = "ENABLED";
        /// Nobody has begun.
        NotInitiated = "NOT_INITIATED";
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
    #[serde(with = "crate::pingone::date::Date")]
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
