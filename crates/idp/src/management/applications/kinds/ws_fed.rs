//! What WS-Federation applications have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{LONGEST_TEXT, MOST, Members, Named, SignatureAlgorithm, web_address, within};
use crate::api::checks;
use crate::requests::failures::api::ApiFailure;

/// What WS-Federation applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::management::applications) struct OfWsFed {
    assertion_duration: Option<i64>,
    #[serde(default = "microsoft_online")]
    audience_restriction: String,
    domain_name: String,
    idp_signing: WsFedSigning,
    kerberos: Option<Gateways>,
    reply_url: String,
    slo_endpoint: Option<String>,
    subject_name_identifier_format: Option<SubjectFormat>,
    ws_trust_version: Option<WsTrustVersion>,
}

/// PingOne's default of `audienceRestriction`.
fn microsoft_online() -> String {
    "urn:federation:MicrosoftOnline".to_owned()
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct WsFedSigning {
    algorithm: SignatureAlgorithm,
    key: Named,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Gateways {
    gateways: Option<Vec<Gateway>>,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_field_names, reason = "named as on the wire")]
struct Gateway {
    id: Uuid,
    #[serde(rename = "type")]
    gateway_type: GatewayType,
    user_type: UserType,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum GatewayType {
    Ldap,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct UserType {
    id: Option<Uuid>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum SubjectFormat {
    #[serde(rename = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress")]
    EmailAddress,
    #[serde(rename = "urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified")]
    Unspecified,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
enum WsTrustVersion {
    #[serde(rename = "1.2")]
    V1_2,
    #[serde(rename = "1.3")]
    V1_3,
}

impl Members for OfWsFed {
    const NAMES: &'static [&'static str] = &[
        "assertionDuration",
        "audienceRestriction",
        "domainName",
        "idpSigning",
        "kerberos",
        "replyUrl",
        "sloEndpoint",
        "subjectNameIdentifierFormat",
        "wsTrustVersion",
    ];

    fn check(&self) -> Result<(), ApiFailure> {
        within("assertionDuration", self.assertion_duration, 300, 3_932_100)?;
        let audience = Some(self.audience_restriction.as_str());
        checks::at_most("audienceRestriction", audience, LONGEST_TEXT)?;
        if self.domain_name.is_empty() {
            return Err(ApiFailure::required_value("domainName"));
        }
        checks::at_most("domainName", Some(&self.domain_name), 255)?;
        web_address("replyUrl", Some(&self.reply_url))?;
        web_address("sloEndpoint", self.slo_endpoint.as_deref())?;
        let kerberos = self.kerberos.as_ref();
        let gateways = kerberos.and_then(|kerberos| kerberos.gateways.as_deref());
        if gateways.is_some_and(|gateways| gateways.len() > MOST) {
            let message = format!("must hold at most {MOST}");
            return Err(ApiFailure::invalid_value("kerberos.gateways", message));
        }
        Ok(())
    }
}
