//! What applications of OpenID Connect have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use super::mobile::Mobile;
use super::{LONGEST_KEY_SET, LONGEST_URI, MOST, Members, Named, absolute_address, within};
use crate::api::checks;
use crate::requests::failures::api::ApiFailure;

/// What OpenID Connect applications have.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::management::applications) struct OfOpenIdConnect {
    device_custom_verification_uri: Option<String>,
    device_path_id: Option<String>,
    device_polling_interval: Option<i64>,
    device_timeout: Option<i64>,
    idp_signoff: Option<bool>,
    include_x5t: Option<bool>,
    jwks: Option<String>,
    jwks_url: Option<String>,
    pub(in crate::management::applications) kerberos: Option<Kerberos>,
    pub(in crate::management::applications) mobile: Option<Mobile>,
    op_session_check_enabled: Option<bool>,
    par_timeout: Option<i64>,
    refresh_token_type: Option<RefreshTokenType>,
    request_scopes_for_multiple_resources_enabled: Option<bool>,
    signing: Option<Signing>,
    pub(in crate::management::applications) support_unsigned_request_object: Option<bool>,
    pub(in crate::management::applications) tags: Option<Vec<Tag>>,
    target_link_uri: Option<String>,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum RefreshTokenType {
    JsonWebToken,
    OpaqueToken,
}

#[derive(Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::management::applications) enum Tag {
    PingFedConnectionIntegration,
}

#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Signing {
    key_rotation_policy: Named,
}

/// The key that signs certificates for devices.
#[derive(Serialize, Deserialize, JsonSchema)]
pub(in crate::management::applications) struct Kerberos {
    key: Named,
}

impl Members for OfOpenIdConnect {
    const NAMES: &'static [&'static str] = &[
        "deviceCustomVerificationUri",
        "devicePathId",
        "devicePollingInterval",
        "deviceTimeout",
        "idpSignoff",
        "includeX5t",
        "jwks",
        "jwksUrl",
        "kerberos",
        "mobile",
        "opSessionCheckEnabled",
        "parTimeout",
        "refreshTokenType",
        "requestScopesForMultipleResourcesEnabled",
        "signing",
        "supportUnsignedRequestObject",
        "tags",
        "targetLinkUri",
    ];

    fn check(&self) -> Result<(), ApiFailure> {
        absolute_address(
            "deviceCustomVerificationUri",
            self.device_custom_verification_uri.as_deref(),
        )?;
        if let Some(path) = &self.device_path_id {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
            if !(1..=50).contains(&path.len()) || !path.chars().all(is_word) {
                let message = "must be 1 to 50 letters, digits, hyphens and underscores";
                return Err(ApiFailure::invalid_value("devicePathId", message));
            }
        }
        within("devicePollingInterval", self.device_polling_interval, 1, 60)?;
        within("deviceTimeout", self.device_timeout, 1, 3600)?;
        within("parTimeout", self.par_timeout, 1, 600)?;
        absolute_address("targetLinkUri", self.target_link_uri.as_deref())?;
        if let Some(address) = &self.jwks_url {
            if self.jwks.is_some() {
                let message = "cannot be set beside jwks";
                return Err(ApiFailure::invalid_value("jwksUrl", message));
            }
            let is_secure = Url::parse(address).is_ok_and(|url| url.scheme() == "https");
            if !is_secure || address.len() > LONGEST_URI {
                return Err(ApiFailure::invalid_value("jwksUrl", "must be an https URL"));
            }
        }
        if let Some(jwks) = &self.jwks {
            is_key_set(jwks)?;
        }
        match &self.mobile {
            Some(mobile) => mobile.check(),
            None => Ok(()),
        }
    }
}

/// That a text is a JSON Web Key Set ([RFC 7517 §5](https://www.rfc-editor.org/rfc/rfc7517#section-5)).
fn is_key_set(text: &str) -> Result<(), ApiFailure> {
    #[derive(Deserialize, JsonSchema)]
    struct KeySet {
        keys: Vec<serde_json::Map<String, serde_json::Value>>,
    }
    checks::at_most("jwks", Some(text), LONGEST_KEY_SET)?;
    match serde_json::from_str::<KeySet>(text) {
        Ok(set) if set.keys.len() <= MOST => Ok(()),
        Ok(_) | Err(_) => {
            let message = "must be the text of a JSON Web Key Set";
            Err(ApiFailure::invalid_value("jwks", message))
        }
    }
}
