//! What SAML applications have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    LONGEST_SECONDS, LONGEST_TEXT, MOST, Members, Named, SignatureAlgorithm, absolute_address,
    web_address, within,
};
use crate::api::checks;
use crate::requests::failures::api::ApiFailure;

/// What SAML applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::management::applications) struct OfSaml {
    acs_urls: Vec<String>,
    assertion_duration: i64,
    #[serde(default = "yes")]
    assertion_signed: bool,
    default_target_url: Option<String>,
    enable_always_accept_acs_url_in_signed_authn_request: Option<bool>,
    enable_requested_authn_context: Option<bool>,
    idp_signing: Option<SamlSigning>,
    name_id_format: Option<String>,
    #[serde(default)]
    response_signed: bool,
    session_not_on_or_after_duration: Option<i64>,
    slo_binding: Option<SloBinding>,
    slo_endpoint: Option<String>,
    slo_response_endpoint: Option<String>,
    slo_window: Option<i64>,
    sp_encryption: Option<SpEncryption>,
    sp_entity_id: String,
    sp_verification: Option<SpVerification>,
    virtual_server_id_settings: Option<VirtualServerIdSettings>,
}

fn yes() -> bool {
    true
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct SamlSigning {
    key: Named,
    algorithm: Option<SignatureAlgorithm>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum SloBinding {
    HttpPost,
    HttpRedirect,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct SpEncryption {
    algorithm: EncryptionAlgorithm,
    certificate: Named,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum EncryptionAlgorithm {
    #[serde(rename = "AES_128")]
    Aes128,
    #[serde(rename = "AES_256")]
    Aes256,
    #[serde(rename = "TRIPLEDES")]
    TripleDes,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct SpVerification {
    authn_request_signed: Option<bool>,
    certificates: Vec<Named>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VirtualServerIdSettings {
    enabled: Option<bool>,
    virtual_server_ids: Option<Vec<VirtualServerId>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct VirtualServerId {
    vs_id: String,
    #[serde(default)]
    default: bool,
}

impl Members for OfSaml {
    const NAMES: &'static [&'static str] = &[
        "acsUrls",
        "assertionDuration",
        "assertionSigned",
        "defaultTargetUrl",
        "enableAlwaysAcceptAcsUrlInSignedAuthnRequest",
        "enableRequestedAuthnContext",
        "idpSigning",
        "nameIdFormat",
        "responseSigned",
        "sessionNotOnOrAfterDuration",
        "sloBinding",
        "sloEndpoint",
        "sloResponseEndpoint",
        "sloWindow",
        "spEncryption",
        "spEntityId",
        "spVerification",
        "virtualServerIdSettings",
    ];

    fn check(&self) -> Result<(), ApiFailure> {
        if !(1..=MOST).contains(&self.acs_urls.len()) {
            let message = format!("must hold 1 to {MOST} URLs");
            return Err(ApiFailure::invalid_value("acsUrls", message));
        }
        for address in &self.acs_urls {
            web_address("acsUrls", Some(address))?;
        }
        let seconds = Some(self.assertion_duration);
        within("assertionDuration", seconds, 1, LONGEST_SECONDS)?;
        let session = self.session_not_on_or_after_duration;
        within("sessionNotOnOrAfterDuration", session, 1, LONGEST_SECONDS)?;
        within("sloWindow", self.slo_window, 0, 24)?;
        absolute_address("defaultTargetUrl", self.default_target_url.as_deref())?;
        absolute_address("sloEndpoint", self.slo_endpoint.as_deref())?;
        let response = self.slo_response_endpoint.as_deref();
        absolute_address("sloResponseEndpoint", response)?;
        checks::at_most("nameIdFormat", self.name_id_format.as_deref(), LONGEST_TEXT)?;
        if self.sp_entity_id.is_empty() {
            return Err(ApiFailure::required_value("spEntityId"));
        }
        checks::at_most("spEntityId", Some(&self.sp_entity_id), LONGEST_TEXT)?;
        if let Some(verification) = &self.sp_verification
            && verification.certificates.len() > MOST
        {
            let message = format!("must name at most {MOST} certificates");
            let target = "spVerification.certificates";
            return Err(ApiFailure::invalid_value(target, message));
        }
        match &self.virtual_server_id_settings {
            Some(settings) => settings.check(),
            None => Ok(()),
        }
    }
}

impl VirtualServerIdSettings {
    fn check(&self) -> Result<(), ApiFailure> {
        let target = "virtualServerIdSettings.virtualServerIds";
        let ids = self.virtual_server_ids.as_deref().unwrap_or_default();
        if ids.len() > MOST {
            let message = format!("must hold at most {MOST}");
            return Err(ApiFailure::invalid_value(target, message));
        }
        for id in ids {
            checks::at_most(target, Some(&id.vs_id), LONGEST_TEXT)?;
        }
        if ids.iter().filter(|id| id.default).count() > 1 {
            let message = "only one can be the default";
            return Err(ApiFailure::invalid_value(target, message));
        }
        Ok(())
    }
}
