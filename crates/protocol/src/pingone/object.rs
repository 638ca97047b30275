//! What all objects of an environment's configuration have in common.

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};

use super::{Links, Reference};
use crate::id::EnvironmentId;
use crate::secret::ClientSecret;

/// An object as the service shows it: who it is, and everything that can be set.
///
/// What is sent is `settings` alone, so that an object is changed by reading it, changing its
/// settings and replacing it by them. Settings keep members that this crate does not know in
/// `further`, and give them back.
///
/// ```
/// use pingone_protocol::id::SignOnPolicyId;
/// use pingone_protocol::pingone::{Object, SignOnPolicy};
///
/// let text = r#"{"id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1", "name": "Strict", "default": false,
///     "ageOfTheUniverse": 13}"#;
/// let policy: Object<SignOnPolicyId, SignOnPolicy> = serde_json::from_str(text)?;
/// assert_eq!(policy.settings.name, "Strict");
/// let sent = serde_json::to_value(&policy.settings)?;
/// assert_eq!(sent["ageOfTheUniverse"], 13);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Object<I, T> {
    /// Links to what can be done with it.
    #[serde(default, rename = "_links", skip_serializing_if = "Links::is_empty")]
    pub links: Links,
    /// Its id.
    pub id: I,
    /// Its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub environment: Option<Reference<EnvironmentId>>,
    /// Everything that can be set.
    #[serde(flatten)]
    pub settings: T,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[serde(with = "crate::pingone::date::OptionalDate")]
    pub updated_at: Option<Timestamp>,
}

/// Whether something is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Switch {
    /// Whether it is.
    pub enabled: bool,
}

impl Switch {
    /// On.
    pub const ON: Self = Self { enabled: true };
    /// Off.
    pub const OFF: Self = Self { enabled: false };
}

/// Writes a secret, which a request carries to the service.
#[expect(clippy::ref_option, reason = "serde hands the member over so")]
pub(super) fn exposed<S: Serializer>(
    secret: &Option<ClientSecret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    secret
        .as_ref()
        .map(ClientSecret::expose)
        .serialize(serializer)
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use super::*;
    use crate::id::UserId;
    use crate::pingone::{
        Agreement, AgreementLanguage, AgreementRevision, AttributeMapping, CustomDomain,
        DeviceAuthenticationPolicy, EmailDomain, ExternalProvider, Fido2Policy, Key,
        KeyRotationPolicy, NotificationsPolicy, ProviderAttribute, Schema, SchemaAttribute,
        SignOnPolicy, SignOnPolicyAction, SignOnPolicyAssignment, Subscription, Theme,
        TrustedEmail,
    };

    const ID: &str = "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1";
    const NOW: &str = "2026-01-05T10:00:00Z";

    /// Reads an object of these settings and gives what would be sent back.
    fn turned<T: DeserializeOwned + Serialize>(settings: &Value) -> Value {
        let mut object = settings.clone();
        object["id"] = json!(ID);
        object["environment"] = json!({"id": ID});
        object["createdAt"] = json!(NOW);
        object["_links"] = json!({"self": {"href": "https://api.example/"}});
        let read: Object<UserId, T> = serde_json::from_value(object).unwrap();
        assert_eq!(read.id.to_string(), ID);
        assert!(read.created_at.is_some() && read.links.contains_key("self"));
        serde_json::to_value(&read.settings).unwrap()
    }

    type Turn = fn(&Value) -> Value;

    fn device_policy() -> Value {
        let failure = json!({"count": 3, "coolDown": {"duration": 2, "timeUnit": "NEW"}});
        let sent = json!({"enabled": true, "pairingDisabled": false, "new": 1, "otp": {
            "lifeTime": {"duration": 30, "timeUnit": "MINUTES"}, "failure": failure,
            "otpLength": 6, "new": 1}});
        let made = json!({"enabled": true, "otp": {"failure": failure, "window": {}},
            "passcodeGracePeriod": 5, "applications": [{"id": ID}]});
        json!({"name": "a", "default": true, "newDeviceNotification": "NEW",
            "authentication": {"deviceSelection": "NEW", "new": 1}, "ignoreUserLock": true,
            "notificationsPolicy": {"id": ID}, "sms": sent, "voice": sent, "email": sent,
            "whatsApp": sent, "mobile": made, "totp": made, "oathToken": made,
            "fido2": {"enabled": true, "fido2PolicyId": ID, "failure": failure},
            "rememberMe": {"web": {"enabled": true}}})
    }

    /// Settings of second factors, of limits of messages and of domains.
    fn factors_and_domains() -> [(Turn, Value); 6] {
        [
            (
                turned::<CustomDomain>,
                json!({"domainName": "a.example", "canonicalName": "b.example", "status": "NEW",
                    "certificate": {"expiresAt": NOW, "new": 1}}),
            ),
            (turned::<DeviceAuthenticationPolicy>, device_policy()),
            (turned::<EmailDomain>, json!({"domainName": "a.example"})),
            (
                turned::<Fido2Policy>,
                json!({"name": "a", "default": true, "deviceDisplayName": "b",
                    "relyingPartyId": "a.example", "attestationRequirements": "NEW",
                    "authenticatorAttachment": "NEW", "discoverableCredentials": "NEW",
                    "backupEligibility": {"allow": true, "enforceDuringAuthentication": false},
                    "mdsAuthenticatorsRequirements": {"allowedAuthenticators": [{"id": "c"}],
                        "enforceDuringAuthentication": true, "option": "NEW"},
                    "userDisplayNameAttributes": {"attributes": [{"name": "username"},
                        {"name": "name", "subAttributes": [{"name": "given"}]}]},
                    "userVerification": {"enforceDuringAuthentication": true, "option": "NEW"},
                    "publicKeyCredentialHints": ["NEW"]}),
            ),
            (
                turned::<NotificationsPolicy>,
                json!({"name": "a", "default": false, "quotas": [{"type": "NEW", "new": 1,
                    "deliveryMethods": ["NEW"], "claimed": 1, "unclaimed": 2}],
                    "countryLimit": {"type": "ALLOWED", "countries": ["NZ"]}}),
            ),
            (
                turned::<TrustedEmail>,
                json!({"emailAddress": "a@a.example", "status": "NEW"}),
            ),
        ]
    }

    /// Settings of every kind, each with a member and a code that nobody has heard of.
    #[test]
    fn settings_go_back_as_they_came_whatever_is_new_in_them() {
        let kinds: [(Turn, Value); 15] = [
            (
                turned::<Agreement>,
                json!({"name": "a", "enabled": true, "reconsentPeriodDays": 3}),
            ),
            (
                turned::<AgreementLanguage>,
                json!({"locale": "en", "displayName": "a", "enabled": false}),
            ),
            (
                turned::<AgreementRevision>,
                json!({"contentType": "text/new", "effectiveAt": NOW, "requireReconsent": true}),
            ),
            (
                turned::<AttributeMapping>,
                json!({"name": "a", "value": "b", "mappingType": "NEW", "oidcScopes": [ID]}),
            ),
            (
                turned::<ExternalProvider>,
                json!({"type": "NEW", "name": "a", "enabled": true, "clientSecret": "b",
                    "registration": {"population": {"id": ID}}, "appId": "c"}),
            ),
            (
                turned::<Key>,
                json!({"name": "a", "usageType": "NEW", "default": true, "algorithm": "RSA",
                    "keyLength": 2048, "signatureAlgorithm": "SHA256withRSA", "subjectDN": "CN=a",
                    "startsAt": NOW, "validityPeriod": 365}),
            ),
            (
                turned::<KeyRotationPolicy>,
                json!({"name": "a", "dn": "CN=a", "algorithm": "RSA", "keyLength": 2048,
                    "signatureAlgorithm": "SHA256withRSA", "usageType": "NEW",
                    "currentKeyId": ID}),
            ),
            (
                turned::<ProviderAttribute>,
                json!({"name": "a", "value": "b", "update": "NEW"}),
            ),
            (turned::<Schema>, json!({"name": "User"})),
            (
                turned::<SchemaAttribute>,
                json!({"name": "a", "type": "NEW", "enabled": true, "unique": true,
                    "required": false, "multiValued": false, "schemaType": "NEW",
                    "enumeratedValues": [{"value": "a", "archived": true}],
                    "regexValidation": {"pattern": "a", "requirements": "b"}}),
            ),
            (
                turned::<SignOnPolicy>,
                json!({"name": "a", "default": true, "description": "b"}),
            ),
            (
                turned::<SignOnPolicyAction>,
                json!({"type": "NEW", "priority": 1, "condition": {"not": {"value": "a"}},
                    "recovery": {"enabled": true}, "registration": {"enabled": true, "new": 1},
                    "attributes": [{"name": "a", "required": true}], "promptText": "b"}),
            ),
            (
                turned::<SignOnPolicyAssignment>,
                json!({"signOnPolicy": {"id": ID}, "priority": 2}),
            ),
            (
                turned::<Subscription>,
                json!({"name": "a", "enabled": true, "protocol": "NEW", "format": "NEW",
                    "httpEndpoint": {"url": "https://a.example", "headers": {"A": "b"}},
                    "filterOptions": {"includedActionTypes": ["A.B"], "includedTags": ["c"]},
                    "verifyTlsCertificates": false}),
            ),
            (
                turned::<Theme>,
                json!({"template": "new", "default": false, "configuration": {
                    "backgroundType": "NEW", "bodyTextColor": "#000000", "buttonColor": "#000000",
                    "buttonTextColor": "#000000", "cardColor": "#000000",
                    "headingTextColor": "#000000", "linkTextColor": "#000000", "logoType": "NEW",
                    "logo": {"id": ID}, "new": 1}}),
            ),
        ];
        for (turn, mut settings) in kinds.into_iter().chain(factors_and_domains()) {
            settings["madeUpByTheService"] = json!({"deep": [1, null]});
            assert_eq!(turn(&settings), settings);
        }
    }
}
