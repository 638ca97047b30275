//! The kinds of objects whose creation harms nobody, and one of each.

use serde_json::{Value, json};

use super::compare::{id_of, items, member, set};
use super::stop::{Stop, broken};
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

/// One object to be made.
pub(super) struct Sample {
    /// Where, below the environment.
    pub(super) collection: String,
    pub(super) body: Value,
    /// The members that are different in what replaces it.
    pub(super) change: Value,
    /// Members that are never shown again, or differ from answer to answer.
    pub(super) hidden: &'static [&'static str],
}

impl Sample {
    fn new(collection: impl Into<String>, body: Value, change: Value) -> Self {
        Self {
            collection: collection.into(),
            body,
            change,
            hidden: &[],
        }
    }

    fn hiding(mut self, hidden: &'static [&'static str]) -> Self {
        self.hidden = hidden;
        self
    }
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
            "e-mail domains",
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

/// A web application that signs users on.
pub(super) fn application(name: &str) -> Value {
    json!({
        "name": name, "enabled": true, "type": "WEB_APP", "protocol": "OPENID_CONNECT",
        "grantTypes": ["AUTHORIZATION_CODE"], "responseTypes": ["CODE"],
        "redirectUris": ["https://shop.example.com/callback"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC", "pkceEnforcement": "S256_REQUIRED",
    })
}

fn identity_provider(name: &str) -> Value {
    json!({
        "type": "GOOGLE", "name": name, "enabled": false,
        "clientId": "an-id", "clientSecret": "a-secret",
    })
}

fn agreement(name: &str) -> Value {
    json!({"name": name, "enabled": false, "description": "for a check"})
}

fn device_authentication_policy(name: &str) -> Value {
    let failure = json!({"count": 3, "coolDown": {"duration": 2, "timeUnit": "MINUTES"}});
    let otp = json!({"failure": failure});
    let sent = json!({
        "enabled": true,
        "otp": {
            "lifeTime": {"duration": 30, "timeUnit": "MINUTES"}, "failure": failure,
            "otpLength": 8,
        },
    });
    json!({
        "name": name, "default": false, "sms": sent, "voice": sent, "email": sent,
        "mobile": {"enabled": false, "otp": otp}, "totp": {"enabled": true, "otp": otp},
    })
}

/// Makes a population.
pub(super) async fn make_population(trial: &Trial) -> Result<String, Stop> {
    let made = trial
        .make("populations", &json!({"name": trial.name()}))
        .await?;
    Ok(made.id)
}

/// Makes a user in a population of its own, and gives the path.
pub(super) async fn make_user(trial: &Trial) -> Result<String, Stop> {
    let population = make_population(trial).await?;
    Ok(trial
        .make("users", &user_in(&population, trial.name()))
        .await?
        .at)
}

/// A user to be made.
pub(super) fn user_in(population: &str, name: &str) -> Value {
    json!({
        "username": name, "email": format!("{name}@example.com"),
        "population": {"id": population},
    })
}

/// Makes an application, and gives the path.
pub(super) async fn make_application(trial: &Trial) -> Result<String, Stop> {
    Ok(trial
        .make("applications", &application(trial.name()))
        .await?
        .at)
}

async fn make_resource(trial: &Trial) -> Result<String, Stop> {
    let name = trial.name();
    let body = json!({"name": name, "audience": name});
    Ok(trial.make("resources", &body).await?.at)
}

/// Makes a group whose name ends in `word`.
pub(super) async fn make_group(trial: &Trial, word: &str) -> Result<String, Stop> {
    let body = json!({"name": format!("{} {word}", trial.name())});
    Ok(trial.make("groups", &body).await?.id)
}

async fn user(trial: &Trial) -> Result<Sample, Stop> {
    let population = make_population(trial).await?;
    let mut body = user_in(&population, trial.name());
    let more = json!({
        "name": {"given": "Ada", "family": "Lovelace"}, "nickname": "ada", "title": "Countess",
        "locale": "en-GB", "preferredLanguage": "en", "timezone": "Europe/London",
        "primaryPhone": "+44.1632960000", "externalId": trial.name(), "type": "check",
        "address": {
            "streetAddress": "1 Harbour Street", "locality": "London", "postalCode": "N1",
            "countryCode": "GB",
        },
    });
    if let (Value::Object(body), Value::Object(more)) = (&mut body, more) {
        body.extend(more);
    }
    let change = json!({"title": "Doctor", "name": {"given": "Ada", "family": "King"}});
    Ok(Sample::new("users", body, change))
}

async fn membership(trial: &Trial) -> Result<Sample, Stop> {
    let group = make_group(trial, "outer").await?;
    let user = make_user(trial).await?;
    let body = json!({"id": group});
    Ok(Sample::new(
        format!("{user}/memberOfGroups"),
        body,
        json!({}),
    ))
}

async fn nesting(trial: &Trial) -> Result<Sample, Stop> {
    let outer = make_group(trial, "outer").await?;
    let inner = make_group(trial, "inner").await?;
    let at = format!("groups/{inner}/memberOfGroups");
    Ok(Sample::new(at, json!({"id": outer}), json!({})))
}

async fn schema_attribute(trial: &Trial) -> Result<Sample, Stop> {
    let schemas = trial.get("schemas").await?;
    let users = items(&schemas, "schemas")?
        .iter()
        .find(|schema| schema["name"] == "User");
    let Some(id) = users.and_then(|schema| schema["id"].as_str()) else {
        return broken("GET schemas should hold the schema `User`");
    };
    let body = json!({
        "name": trial.name().replace('-', ""), "type": "STRING", "enabled": true,
        "description": "for a check",
    });
    let at = format!("schemas/{id}/attributes");
    Ok(Sample::new(at, body, json!({"description": "changed"})))
}

async fn grant(trial: &Trial) -> Result<Sample, Stop> {
    let resource = make_resource(trial).await?;
    let scopes = format!("{resource}/scopes");
    let steer = trial.make(&scopes, &json!({"name": "steer"})).await?.id;
    let sail = trial.make(&scopes, &json!({"name": "sail"})).await?.id;
    let at = make_application(trial).await?;
    let id = resource.trim_start_matches("resources/");
    let body = json!({"resource": {"id": id}, "scopes": [{"id": steer}]});
    let change = json!({"scopes": [{"id": sail}]});
    Ok(Sample::new(format!("{at}/grants"), body, change))
}

async fn sign_on_policy(trial: &Trial) -> Result<(String, String), Stop> {
    let policy = trial
        .make("signOnPolicies", &json!({"name": trial.name()}))
        .await?;
    let action = json!({"type": "LOGIN", "priority": 1, "recovery": {"enabled": true}});
    trial
        .make(&format!("{}/actions", policy.at), &action)
        .await?;
    Ok((policy.at, policy.id))
}

async fn sign_on_policy_action(trial: &Trial) -> Result<Sample, Stop> {
    // A second one, since the last one of a policy cannot be deleted.
    let (at, _) = sign_on_policy(trial).await?;
    let body = json!({
        "type": "LOGIN", "priority": 2, "recovery": {"enabled": true},
        "registration": {"enabled": false},
    });
    let change = json!({"priority": 3, "recovery": {"enabled": false}});
    Ok(Sample::new(format!("{at}/actions"), body, change))
}

async fn sign_on_policy_assignment(trial: &Trial) -> Result<Sample, Stop> {
    let (_, id) = sign_on_policy(trial).await?;
    let at = make_application(trial).await?;
    let body = json!({"priority": 1, "signOnPolicy": {"id": id}});
    let change = json!({"priority": 2});
    Ok(Sample::new(
        format!("{at}/signOnPolicyAssignments"),
        body,
        change,
    ))
}

/// One of PingOne's own roles, by its name.
pub(super) async fn predefined_role(trial: &Trial, name: &str) -> Result<Value, Stop> {
    let roles = trial.ask_at(pingone::Method::GET, "v1/roles".to_owned());
    let roles = roles.answered(200).await?;
    let mut roles = items(&roles, "roles")?.iter();
    match roles.find(|role| role["name"] == name) {
        Some(role) => Ok(role.clone()),
        None => broken(format!("GET roles should hold the role `{name}`")),
    }
}

/// A role over a population of its own, which gives next to nothing.
async fn role_assignment(trial: &Trial, holder: &str) -> Result<Sample, Stop> {
    let role = predefined_role(trial, "Identity Data Read Only").await?;
    let name = format!("{} scope", trial.name());
    let population = trial.make("populations", &json!({"name": name})).await?.id;
    let body = json!({
        "role": {"id": id_of(&role)}, "scope": {"id": population, "type": "POPULATION"},
    });
    Ok(Sample::new(
        format!("{holder}/roleAssignments"),
        body,
        json!({}),
    ))
}

async fn role(trial: &Trial) -> Result<Sample, Stop> {
    let reader = predefined_role(trial, "Identity Data Read Only").await?;
    let admin = predefined_role(trial, "Environment Admin").await?;
    let Some(permission) = reader.pointer("/permissions/0/id") else {
        return broken("the role `Identity Data Read Only` should have `permissions`");
    };
    let body = json!({
        "name": trial.name(), "description": "for a check", "applicableTo": ["ENVIRONMENT"],
        "permissions": [{"id": permission}], "canBeAssignedBy": [{"id": id_of(&admin)}],
    });
    Ok(Sample::new(
        "roles",
        body,
        json!({"description": "changed"}),
    ))
}
