//! Which passkeys and security keys count (PingOne, "FIDO policies").

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::codes::open_codes;

open_codes! {
    /// What an authenticator says of itself (Web Authentication §5.4.7).
    Attestation {
        /// Who made it.
        Direct = "DIRECT";
        /// Nothing.
        None = "NONE";
    }
}

open_codes! {
    /// Which authenticators count (Web Authentication §5.4.5).
    AuthenticatorAttachment {
        /// All.
        Both = "BOTH";
        /// Those that can be carried to another machine.
        CrossPlatform = "CROSS_PLATFORM";
        /// Those that are built in.
        Platform = "PLATFORM";
    }
}

open_codes! {
    /// How much something is wanted.
    Fido2Requirement {
        /// It had better not be.
        Discouraged = "DISCOURAGED";
        /// It had better be.
        Preferred = "PREFERRED";
        /// It must be.
        Required = "REQUIRED";
    }
}

open_codes! {
    /// Which models count, by the register of the FIDO Alliance.
    AuthenticatorOption {
        /// All; which it is comes into the log.
        AuditOnly = "AUDIT_ONLY";
        /// Those that are certified.
        Certified = "CERTIFIED";
        /// Those that are registered.
        Global = "GLOBAL";
        /// All.
        None = "NONE";
        /// Those that the policy names.
        Specific = "SPECIFIC";
    }
}

/// Which passkeys and security keys count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Fido2Policy {
    /// Its name, unique in the environment.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether it holds where no other is named.
    #[serde(default)]
    pub default: bool,
    /// What users read of such a device.
    pub device_display_name: String,
    /// The domain that the credentials are for.
    pub relying_party_id: String,
    /// What an authenticator says of itself.
    pub attestation_requirements: Attestation,
    /// Which authenticators count.
    pub authenticator_attachment: AuthenticatorAttachment,
    /// Whether credentials may be copied elsewhere.
    pub backup_eligibility: BackupEligibility,
    /// Whether the authenticator keeps the credential, so that no name is asked for.
    pub discoverable_credentials: Fido2Requirement,
    /// Which models count.
    pub mds_authenticators_requirements: AuthenticatorRequirements,
    /// What the authenticator shows of the user.
    pub user_display_name_attributes: DisplayNameAttributes,
    /// Whether the authenticator makes sure who holds it.
    pub user_verification: UserVerification,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl Fido2Policy {
    /// Passkeys of all kinds for a domain, such as `example.com`.
    pub fn passkeys(name: impl Into<String>, relying_party_id: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            device_display_name: name.clone(),
            name,
            description: None,
            default: false,
            relying_party_id: relying_party_id.into(),
            attestation_requirements: Attestation::None,
            authenticator_attachment: AuthenticatorAttachment::Both,
            backup_eligibility: BackupEligibility {
                allow: true,
                enforce_during_authentication: false,
            },
            discoverable_credentials: Fido2Requirement::Required,
            mds_authenticators_requirements: AuthenticatorRequirements {
                allowed_authenticators: None,
                enforce_during_authentication: false,
                option: AuthenticatorOption::None,
            },
            user_display_name_attributes: DisplayNameAttributes {
                attributes: vec![DisplayNameAttribute::new("username")],
            },
            user_verification: UserVerification {
                enforce_during_authentication: true,
                option: Fido2Requirement::Required,
            },
            further: Map::new(),
        }
    }
}

/// Whether credentials may be copied elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BackupEligibility {
    /// Whether they may.
    pub allow: bool,
    /// Whether that is looked at in every sign-on, and not in the registration alone.
    pub enforce_during_authentication: bool,
}

/// Which models count.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct AuthenticatorRequirements {
    /// The models of [`AuthenticatorOption::Specific`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allowed_authenticators: Option<Vec<AllowedAuthenticator>>,
    /// Whether that is looked at in every sign-on, and not in the registration alone.
    pub enforce_during_authentication: bool,
    /// Which ones.
    pub option: AuthenticatorOption,
}

/// A model that counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct AllowedAuthenticator {
    /// Its id in PingOne's list of devices.
    pub id: String,
}

impl AllowedAuthenticator {
    /// The model with this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into() }
    }
}

/// What the authenticator shows of the user: the first attribute that is not empty.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DisplayNameAttributes {
    /// The attributes; `username` must be among them.
    pub attributes: Vec<DisplayNameAttribute>,
}

/// An attribute of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DisplayNameAttribute {
    /// Its name.
    pub name: String,
    /// All further members, as PingOne spells them.
    #[serde(flatten)]
    pub further: Map<String, Value>,
}

impl DisplayNameAttribute {
    /// The attribute with this name.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            further: Map::new(),
        }
    }
}

/// Whether the authenticator makes sure who holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UserVerification {
    /// Whether that is looked at in every sign-on, and not in the registration alone.
    pub enforce_during_authentication: bool,
    /// Whether it does.
    pub option: Fido2Requirement,
}
