//! The kinds of objects whose creation harms nobody: one table.

use serde_json::json;

use super::compare::{member, set};
use super::samples::{
    Sample, agreement, application, device_authentication_policy, grant, identity_provider,
    make_application, make_resource, make_user, membership, nesting, role, role_assignment,
    schema_attribute, sign_on_policy_action, sign_on_policy_assignment, user,
};
use super::trial::{Pending, Trial};

/// Objects that can be made, read, listed and deleted.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    /// What they are, in the check's name.
    pub(super) name: &'static str,
    /// Their member of `_embedded`.
    pub(super) key: &'static str,
    /// Makes what one of them needs, and says what to send.
    pub(super) sample: fn(&Trial) -> Pending<'_, Sample>,
    /// Members without which none is made.
    pub(super) required: &'static [&'static str],
    /// The member that no two of them share.
    pub(super) unique: Option<&'static str>,
    /// Members of the sample that the list shows too.
    pub(super) in_list: &'static [&'static str],
    /// Whether they say when they were made and changed.
    pub(super) is_dated: bool,
    /// Whether PUT replaces them.
    pub(super) is_replaced: bool,
}

impl Kind {
    fn new(
        name: &'static str,
        key: &'static str,
        sample: fn(&Trial) -> Pending<'_, Sample>,
        required: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            key,
            sample,
            required,
            unique: None,
            in_list: &["name"],
            is_dated: true,
            is_replaced: true,
        }
    }

    fn unique(mut self, member: &'static str) -> Self {
        self.unique = Some(member);
        self
    }

    fn in_list(mut self, members: &'static [&'static str]) -> Self {
        self.in_list = members;
        self
    }

    fn undated(mut self) -> Self {
        self.is_dated = false;
        self
    }

    fn never_replaced(mut self) -> Self {
        self.is_replaced = false;
        self
    }
}

/// A sample that needs nothing but a name.
macro_rules! plain {
    ($collection:literal, |$name:ident| $body:tt, $change:tt) => {
        |trial| {
            Box::pin(async move {
                let $name = trial.name();
                Ok(Sample::new($collection, json!($body), json!($change)))
            })
        }
    };
}

/// All kinds, in the order in which they are looked at.
#[expect(clippy::too_many_lines, reason = "one table")]
pub(super) fn all() -> Vec<Kind> {
    vec![
        Kind::new(
            "populations",
            "populations",
            plain!("populations", |name| {"name": name, "description": "for a check"},
                {"description": "changed"}),
            &["name"],
        )
        .unique("name")
        .in_list(&["name", "description"]),
        Kind::new("users", "users", |trial| Box::pin(user(trial)), &["username", "email"])
            .unique("username")
            .in_list(&["username", "email", "name", "population"]),
        Kind::new(
            "groups",
            "groups",
            plain!("groups", |name| {
                "name": name, "description": "for a check", "externalId": name,
                "customData": {"made": "here"},
            }, {"description": "changed"}),
            &["name"],
        )
        .unique("name")
        .in_list(&["name", "description", "externalId"]),
        Kind::new(
            "group memberships of users",
            "groupMemberships",
            |trial| Box::pin(membership(trial)),
            &["id"],
        )
        .in_list(&["id"])
        .undated()
        .never_replaced(),
        Kind::new(
            "groups in groups",
            "groupMemberships",
            |trial| Box::pin(nesting(trial)),
            &["id"],
        )
        .in_list(&["id"])
        .undated()
        .never_replaced(),
        Kind::new(
            "password policies",
            "passwordPolicies",
            plain!("passwordPolicies", |name| {
                "name": name, "description": "for a check", "excludesCommonlyUsed": true,
                "excludesProfileData": true, "notSimilarToCurrent": true,
                "length": {"min": 10, "max": 255}, "history": {"count": 3, "retentionDays": 30},
                "lockout": {"failureCount": 4, "durationSeconds": 600},
                "minCharacters": {"0123456789": 1, "abcdefghijklmnopqrstuvwxyz": 1},
            }, {"description": "changed", "length": {"min": 12, "max": 255}}),
            &["name", "excludesCommonlyUsed", "excludesProfileData", "notSimilarToCurrent"],
        )
        .unique("name")
        .in_list(&["name", "length", "lockout"]),
        Kind::new(
            "schema attributes",
            "attributes",
            |trial| Box::pin(schema_attribute(trial)),
            &["name", "type", "enabled"],
        )
        .unique("name")
        .in_list(&["name", "type", "enabled"])
        .undated(),
        Kind::new(
            "applications",
            "applications",
            |trial| Box::pin(async move {
                let body = application(trial.name());
                Ok(Sample::new("applications", body, json!({"description": "changed"})))
            }),
            &["name", "type", "tokenEndpointAuthMethod"],
        )
        .unique("name")
        .in_list(&["name", "type", "protocol", "grantTypes"]),
        Kind::new(
            "application grants",
            "grants",
            |trial| Box::pin(grant(trial)),
            &["resource", "scopes"],
        )
        .in_list(&["resource", "scopes"]),
        Kind::new(
            "application attribute mappings",
            "attributes",
            |trial| Box::pin(async move {
                let at = make_application(trial).await?;
                let body = json!({"name": "nick", "value": "${user.nickname}", "required": false});
                Ok(Sample::new(format!("{at}/attributes"), body, json!({"value": "${user.email}"})))
            }),
            &["name", "value"],
        )
        .unique("name")
        .in_list(&["name", "value", "required"]),
        Kind::new(
            "sign-on policy assignments",
            "signOnPolicyAssignments",
            |trial| Box::pin(sign_on_policy_assignment(trial)),
            &["priority", "signOnPolicy"],
        )
        .in_list(&["priority", "signOnPolicy"])
        .undated(),
        Kind::new(
            "role assignments of applications",
            "roleAssignments",
            |trial| Box::pin(async move {
                let at = make_application(trial).await?;
                role_assignment(trial, &at).await
            }),
            &["role", "scope"],
        )
        .in_list(&["role", "scope"])
        .undated()
        .never_replaced(),
        Kind::new(
            "role assignments of users",
            "roleAssignments",
            |trial| Box::pin(async move {
                let at = make_user(trial).await?;
                role_assignment(trial, &at).await
            }),
            &["role", "scope"],
        )
        .in_list(&["role", "scope"])
        .undated()
        .never_replaced(),
        Kind::new(
            "resources",
            "resources",
            plain!("resources", |name| {
                "name": name, "audience": name, "description": "for a check",
                "accessTokenValiditySeconds": 600,
            }, {"description": "changed", "accessTokenValiditySeconds": 900}),
            &["name"],
        )
        .unique("name")
        .in_list(&["name", "audience", "accessTokenValiditySeconds"]),
        Kind::new(
            "scopes",
            "scopes",
            |trial| Box::pin(async move {
                let at = make_resource(trial).await?;
                let body = json!({"name": "steer", "description": "for a check"});
                let change = json!({"description": "changed"});
                Ok(Sample::new(format!("{at}/scopes"), body, change))
            }),
            &["name"],
        )
        .unique("name")
        .in_list(&["name", "description"]),
        Kind::new(
            "resource attributes",
            "attributes",
            |trial| Box::pin(async move {
                let at = make_resource(trial).await?;
                let body = json!({"name": "nick", "value": "${user.nickname}"});
                Ok(Sample::new(format!("{at}/attributes"), body, json!({"value": "${user.email}"})))
            }),
            &["name", "value"],
        )
        .in_list(&["name", "value"]),
        Kind::new(
            "sign-on policies",
            "signOnPolicies",
            plain!("signOnPolicies", |name| {"name": name, "description": "for a check"},
                {"description": "changed"}),
            &["name"],
        )
        .unique("name")
        .in_list(&["name", "description"]),
        Kind::new(
            "sign-on policy actions",
            "actions",
            |trial| Box::pin(sign_on_policy_action(trial)),
            &["type", "priority"],
        )
        .in_list(&["type", "priority"])
        .undated(),
        Kind::new(
            "identity providers",
            "identityProviders",
            |trial| Box::pin(async move {
                let body = identity_provider(trial.name());
                let change = json!({"description": "changed"});
                Ok(Sample::new("identityProviders", body, change).hiding(&["clientSecret"]))
            }),
            &["type", "name", "enabled"],
        )
        .unique("name")
        .in_list(&["name", "type", "enabled"]),
        Kind::new(
            "identity provider attributes",
            "attributes",
            |trial| Box::pin(async move {
                let body = identity_provider(trial.name());
                let at = trial.make("identityProviders", &body).await?.at;
                let body = json!({
                    "name": "email", "value": "${providerAttributes.email}", "update": "ALWAYS",
                });
                let change = json!({"update": "EMPTY_ONLY"});
                Ok(Sample::new(format!("{at}/attributes"), body, change))
            }),
            &["name", "value"],
        )
        .in_list(&["name", "value", "update"]),
        Kind::new("custom roles", "roles", |trial| Box::pin(role(trial)), &["name", "permissions"])
            .in_list(&["name", "applicableTo"])
            .undated(),
        Kind::new(
            "themes",
            "themes",
            plain!("themes", |name| {
                "template": "default", "default": false,
                "configuration": {
                    "name": name, "backgroundType": "COLOR", "backgroundColor": "#ededed",
                    "bodyTextColor": "#686f77", "headingTextColor": "#686f77",
                    "linkTextColor": "#2996cc", "buttonColor": "#2996cc",
                    "buttonTextColor": "#ffffff", "cardColor": "#fcfcfc", "logoType": "NONE",
                },
            }, {"template": "split"}),
            &["template", "configuration"],
        )
        .in_list(&["template"])
        .undated(),
        Kind::new(
            "agreements",
            "agreements",
            |trial| Box::pin(async move {
                let body = agreement(trial.name());
                let change = json!({"description": "changed"});
                Ok(Sample::new("agreements", body, change).hiding(&["consentsAggregatedAt"]))
            }),
            &["name", "enabled"],
        )
        .in_list(&["name", "enabled"])
        .undated(),
        Kind::new(
            "agreement languages",
            "languages",
            |trial| Box::pin(async move {
                let at = trial.make("agreements", &agreement(trial.name())).await?.at;
                let body = json!({"displayName": "Terms", "locale": "en", "enabled": false});
                let change = json!({"displayName": "Conditions"});
                Ok(Sample::new(format!("{at}/languages"), body, change))
            }),
            &["displayName", "locale", "enabled"],
        )
        .in_list(&["displayName", "locale", "enabled"])
        .undated(),
        Kind::new(
            "subscriptions",
            "subscriptions",
            plain!("subscriptions", |name| {
                "name": name, "enabled": false, "protocol": "HTTPS", "format": "ACTIVITY",
                "httpEndpoint": {"url": "https://hook.example.com/"},
                "verifyTlsCertificates": true,
                "filterOptions": {"includedActionTypes": ["POPULATION.CREATED"]},
            }, {"format": "SPLUNK"}),
            &["name", "enabled", "verifyTlsCertificates", "filterOptions"],
        )
        .in_list(&["name", "enabled", "format"]),
        Kind::new(
            "gateways",
            "gateways",
            plain!("gateways", |name| {"name": name, "type": "PING_FEDERATE", "enabled": false},
                {"description": "changed"}),
            &["name", "type", "enabled"],
        )
        .in_list(&["name", "type", "enabled"])
        .undated(),
        Kind::new(
            "gateway credentials",
            "credentials",
            |trial| Box::pin(async move {
                let body = json!({"name": trial.name(), "type": "PING_FEDERATE", "enabled": false});
                let at = trial.make("gateways", &body).await?.at;
                let sample = Sample::new(format!("{at}/credentials"), json!({}), json!({}));
                // The credential itself is shown once.
                Ok(sample.hiding(&["credential"]))
            }),
            &[],
        )
        .in_list(&[])
        .undated()
        .never_replaced(),
        Kind::new(
            "notification policies",
            "notificationsPolicies",
            plain!("notificationsPolicies", |name| {
                "name": name,
                "quotas": [{"type": "USER", "deliveryMethods": ["SMS", "Voice"], "total": 30}],
            }, {"quotas": [{"type": "USER", "deliveryMethods": ["SMS", "Voice"], "total": 20}]}),
            &["name"],
        )
        .undated(),
        Kind::new(
            "device authentication policies",
            "deviceAuthenticationPolicies",
            |trial| Box::pin(async move {
                let body = device_authentication_policy(trial.name());
                let mut off = member(&body, "/voice")?.clone();
                set(&mut off, "enabled", json!(false));
                Ok(Sample::new("deviceAuthenticationPolicies", body, json!({"voice": off})))
            }),
            &["name", "sms", "voice", "email", "mobile", "totp"],
        )
        .undated(),
        Kind::new(
            "FIDO2 policies",
            "fido2Policies",
            plain!("fido2Policies", |name| {
                "name": name, "deviceDisplayName": "Key", "relyingPartyId": "example.com",
                "attestationRequirements": "NONE", "authenticatorAttachment": "BOTH",
                "backupEligibility": {"allow": true, "enforceDuringAuthentication": false},
                "discoverableCredentials": "PREFERRED",
                "mdsAuthenticatorsRequirements":
                    {"enforceDuringAuthentication": false, "option": "NONE"},
                "userDisplayNameAttributes": {"attributes": [{"name": "username"}]},
                "userVerification": {"enforceDuringAuthentication": false, "option": "PREFERRED"},
            }, {"deviceDisplayName": "Another key"}),
            &[
                "name",
                "deviceDisplayName",
                "relyingPartyId",
                "attestationRequirements",
                "authenticatorAttachment",
                "backupEligibility",
                "discoverableCredentials",
                "mdsAuthenticatorsRequirements",
                "userDisplayNameAttributes",
                "userVerification",
            ],
        )
        .in_list(&["name", "deviceDisplayName"])
        .undated(),
        Kind::new(
            "keys",
            "keys",
            |trial| Box::pin(async move {
                let name = trial.name();
                let subject = format!("CN={name}, OU=Ping Identity, O=Ping Identity, L=, ST=, C=US");
                let body = json!({
                    "name": name, "usageType": "ENCRYPTION", "algorithm": "EC", "keyLength": 256,
                    "signatureAlgorithm": "SHA384withECDSA", "validityPeriod": 365,
                    "subjectDN": subject,
                });
                Ok(Sample::new("keys", body, json!({})))
            }),
            &[
                "name",
                "usageType",
                "algorithm",
                "keyLength",
                "signatureAlgorithm",
                "validityPeriod",
                "subjectDN",
            ],
        )
        .in_list(&["name", "usageType", "algorithm", "keyLength"])
        .undated()
        .never_replaced(),
        Kind::new(
            "email domains",
            "emailDomains",
            |trial| Box::pin(async move {
                let body = json!({"domainName": format!("{}.example", trial.name())});
                Ok(Sample::new("emailDomains", body, json!({})))
            }),
            &["domainName"],
        )
        .in_list(&["domainName"])
        .undated()
        .never_replaced(),
    ]
}
