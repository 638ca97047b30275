//! `/environments/{environment}/fidoPolicies`: which FIDO devices counted before there were FIDO2
//! policies (PingOne, "FIDO policies (legacy)").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

/// More authenticators than there are in the register of the FIDO Alliance.
const MOST_AUTHENTICATORS: usize = 1000;

/// A policy of FIDO devices, of the older kind.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FidoPolicy {
    name: String,
    description: Option<String>,
    #[serde(default)]
    default: bool,
    attestation_requirements: Attestation,
    allowed_authenticators: Option<Vec<Authenticator>>,
    enforce_during_authentication: Option<bool>,
    resident_key_requirement: ResidentKey,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Attestation {
    AuditOnly,
    Certified,
    Global,
    None,
    Specific,
}

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Authenticator {
    id: String,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum ResidentKey {
    Discouraged,
    Required,
}

impl Document for FidoPolicy {
    const EVENTS: Events = events!("FIDO_POLICY");
    const HAS_DEFAULT: bool = true;

    fn name(&self) -> &str {
        &self.name
    }

    fn is_default(&self) -> bool {
        self.default
    }
}

impl Configuration for FidoPolicy {
    const PATH: &'static str = "fidoPolicies";
    const ITEM: &'static str = "fidoPolicy";
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
        const AUTHENTICATORS: &str = "allowedAuthenticators";
        checks::name(&self.name)?;
        checks::at_most("description", self.description.as_deref(), 1024)?;
        let allowed = self.allowed_authenticators.as_deref().unwrap_or_default();
        if self.attestation_requirements == Attestation::Specific && allowed.is_empty() {
            return Err(ApiFailure::required_value(AUTHENTICATORS));
        }
        if allowed.len() > MOST_AUTHENTICATORS {
            let message = format!("must have at most {MOST_AUTHENTICATORS} items");
            return Err(ApiFailure::invalid_value(AUTHENTICATORS, message));
        }
        let member = "allowedAuthenticators.id";
        allowed
            .iter()
            .try_for_each(|one| checks::at_most(member, Some(&one.id), 256))?;
        self.enforce_during_authentication.get_or_insert(false);
        Ok(())
    }
}
