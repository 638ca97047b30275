//! `/environments/{environment}/fido2Policies`: which passkeys and security keys count (PingOne, "FIDO
//! policies").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::periods::{Period, TimeUnit, within};
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

/// PingOne's bound of `userDisplayNameAttributes.attributes`.
const MOST_ATTRIBUTES: usize = 6;

/// More authenticators than there are in the register of the FIDO Alliance.
const MOST_AUTHENTICATORS: usize = 1000;

/// A policy of FIDO2 devices.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fido2Policy {
    name: String,
    description: Option<String>,
    #[serde(default)]
    default: bool,
    device_display_name: String,
    relying_party_id: String,
    attestation_requirements: Attestation,
    authenticator_attachment: Attachment,
    backup_eligibility: BackupEligibility,
    discoverable_credentials: Need,
    mds_authenticators_requirements: Authenticators,
    user_display_name_attributes: DisplayName,
    user_verification: UserVerification,
    public_key_credential_hints: Option<Vec<Hint>>,
    user_presence_timeout: Option<Period>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Attestation {
    Direct,
    None,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Attachment {
    Both,
    CrossPlatform,
    Platform,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct BackupEligibility {
    allow: bool,
    enforce_during_authentication: bool,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Need {
    Discouraged,
    Preferred,
    Required,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct Authenticators {
    allowed_authenticators: Option<Vec<Authenticator>>,
    enforce_during_authentication: bool,
    option: AuthenticatorOption,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Authenticator {
    id: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum AuthenticatorOption {
    AuditOnly,
    Certified,
    Global,
    None,
    Specific,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct DisplayName {
    attributes: Vec<DisplayAttribute>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct DisplayAttribute {
    name: String,
    sub_attributes: Option<Vec<SubAttribute>>,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct SubAttribute {
    name: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct UserVerification {
    enforce_during_authentication: bool,
    option: Need,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Hint {
    ClientDevice,
    Hybrid,
    SecurityKey,
}

impl Document for Fido2Policy {
    const EVENTS: Events = events!("FIDO2_POLICY");
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

impl Configuration for Fido2Policy {
    const PATH: &'static str = "fido2Policies";
    const ITEM: &'static str = "fido2Policy";
    const KEPT: Option<&'static str> = Some("No passkey or security key can be used to sign on.");
    const DEFAULT_STAYS: &'static str =
        "You cannot delete the default policy; make another one the default first.";
    type Parent = TopLevel;
    type Read = may::ReadMfa;
    type Manage = may::ManageMfa;

    async fn check(
        &mut self,
        _: &Managing<Self>,
        _: Option<&Object<Self>>,
    ) -> Result<(), ApiFailure> {
        checks::name(&self.name)?;
        if self.device_display_name.trim().is_empty() {
            return Err(ApiFailure::required_value("deviceDisplayName"));
        }
        if !is_domain(&self.relying_party_id) {
            let message = "must be a domain name in lower case, such as example.com";
            return Err(ApiFailure::invalid_value("relyingPartyId", message));
        }
        self.check_authenticators()?;
        self.check_display_name()?;
        if self
            .public_key_credential_hints
            .as_ref()
            .is_some_and(|hints| hints.len() > 3)
        {
            let message = "must have at most 3 items";
            return Err(ApiFailure::invalid_value(
                "publicKeyCredentialHints",
                message,
            ));
        }
        if let Some(timeout) = self.user_presence_timeout {
            let units = &[TimeUnit::Seconds, TimeUnit::Minutes];
            timeout.check("userPresenceTimeout", units, 1..=10)?;
        }
        Ok(())
    }
}

impl Fido2Policy {
    fn check_authenticators(&self) -> Result<(), ApiFailure> {
        let requirements = &self.mds_authenticators_requirements;
        let allowed = requirements.allowed_authenticators.iter().flatten();
        let ids: Vec<&str> = allowed.map(|one| one.id.as_str()).collect();
        let names_them = requirements.option == AuthenticatorOption::Specific;
        let member = "mdsAuthenticatorsRequirements.allowedAuthenticators";
        check_allowed(member, &ids, names_them)
    }

    fn check_display_name(&self) -> Result<(), ApiFailure> {
        let member = "userDisplayNameAttributes.attributes";
        let attributes = &self.user_display_name_attributes.attributes;
        let count = u32::try_from(attributes.len()).unwrap_or(u32::MAX);
        within(member, count, 1..=6)?;
        for attribute in attributes {
            let below = attribute.sub_attributes.as_deref().unwrap_or_default();
            if below.len() > MOST_ATTRIBUTES {
                let message = format!("must have at most {MOST_ATTRIBUTES} items");
                return Err(ApiFailure::invalid_value(
                    &format!("{member}.subAttributes"),
                    message,
                ));
            }
            let names = below.iter().map(|below| &below.name);
            for name in names.chain([&attribute.name]) {
                checks::at_most(&format!("{member}.name"), Some(name), 256)?;
            }
        }
        // So that at least one is not empty.
        if attributes.iter().any(|one| one.name == "username") {
            Ok(())
        } else {
            Err(ApiFailure::invalid_value(member, "must hold username"))
        }
    }
}

/// Checks the ids of the authenticators that a policy allows: not too many, and at least one where
/// the policy lets in those alone that it names.
pub(super) fn check_allowed(
    member: &str,
    ids: &[&str],
    names_them: bool,
) -> Result<(), ApiFailure> {
    if names_them && ids.is_empty() {
        return Err(ApiFailure::required_value(member));
    }
    checks::no_more_than(member, ids, MOST_AUTHENTICATORS)?;
    let member = format!("{member}.id");
    ids.iter()
        .try_for_each(|id| checks::at_most(&member, Some(id), 256))
}

/// A relying party is a domain (Web Authentication §5.1.2).
fn is_domain(text: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.split('.').all(is_label)
}

/// The two policies that every environment begins with.
pub(super) fn seeds() -> [Fido2Policy; 2] {
    let policy = |name: &str, attachment, discoverable, default| Fido2Policy {
        name: name.to_owned(),
        description: None,
        default,
        device_display_name: if default {
            "fidoPolicy.deviceDisplayName01".to_owned()
        } else {
            "fidoPolicy.deviceDisplayName02".to_owned()
        },
        relying_party_id: "pingone.com".to_owned(),
        attestation_requirements: Attestation::None,
        authenticator_attachment: attachment,
        backup_eligibility: BackupEligibility {
            allow: default,
            enforce_during_authentication: false,
        },
        discoverable_credentials: discoverable,
        mds_authenticators_requirements: Authenticators {
            allowed_authenticators: None,
            enforce_during_authentication: false,
            option: AuthenticatorOption::None,
        },
        user_display_name_attributes: DisplayName {
            attributes: vec![DisplayAttribute {
                name: "username".to_owned(),
                sub_attributes: None,
            }],
        },
        user_verification: UserVerification {
            enforce_during_authentication: default,
            option: if default {
                Need::Required
            } else {
                Need::Preferred
            },
        },
        public_key_credential_hints: None,
        user_presence_timeout: None,
    };
    [
        policy("Passkeys", Attachment::Both, Need::Required, true),
        policy(
            "Security Keys",
            Attachment::CrossPlatform,
            Need::Discouraged,
            false,
        ),
    ]
}
