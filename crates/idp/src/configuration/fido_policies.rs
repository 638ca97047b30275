//! `/environments/{environment}/fidoPolicies`: which FIDO devices counted before there were FIDO2
//! policies (PingOne, "FIDO policies (legacy)").

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::fido2_policies::check_allowed;
use crate::access::permissions::may;
use crate::api::checks;
use crate::api::configuration::{Configuration, Managing, TopLevel};
use crate::requests::failures::api::ApiFailure;
use crate::stores::configuration::{Document, Object};
use crate::stores::record::{Events, events};

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
        checks::name(&self.name)?;
        let allowed = self.allowed_authenticators.iter().flatten();
        let ids: Vec<&str> = allowed.map(|one| one.id.as_str()).collect();
        let names_them = self.attestation_requirements == Attestation::Specific;
        check_allowed("allowedAuthenticators", &ids, names_them)?;
        self.enforce_during_authentication.get_or_insert(false);
        Ok(())
    }
}
