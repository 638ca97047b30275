//! What makes something of each kind, and whatever names it, for every member of every body that
//! takes an id: the document of the API tells which there are.

mod maker;

use std::collections::BTreeSet;

use http::{Method, StatusCode};
use platform::Clock as _;
use serde_json::{Value, json};

use self::Outcome::{Forgotten, Goes, Named, Stays};
use crate::management::signs_on;

pub(crate) use self::maker::Maker;

/// What becomes of something that names what is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The deletion is refused, and both stay as they are.
    Stays,
    /// It stays, and names it no longer.
    Forgotten,
    /// It stays as it is. Only what exists fits what it names, so it lets through no more than before.
    Named,
    /// It is deleted as well.
    Goes,
}

/// Something that can be deleted, and something that names it.
pub(crate) struct Pair {
    pub(crate) named: String,
    pub(crate) naming: String,
    /// The id by which the one names the other.
    pub(crate) id: String,
}

/// The ids in bodies that name nothing that could be deleted.
pub(crate) const NAMES_NOTHING: &[(&str, &str)] = &[
    // Licences and products stay.
    ("environments", "billOfMaterials.products.id"),
    ("environments", "license.id"),
    ("billOfMaterials", "products.id"),
    // Policies that are made elsewhere, and what the service makes itself.
    ("apiServers", "policy.id"),
    ("apiServers/{}/operations", "policy.id"),
    ("decisionEndpoints", "policyId"),
    ("credentialIssuerProfile", "applicationInstance.id"),
    // Ids of their own parts, and of models of devices.
    ("applications", "kerberos.gateways.userType.id"),
    ("credentialTypes", "versions"),
    ("fidoDevicesMetadata", "aaguid"),
    ("gateways", "userTypes.id"),
    ("passwordPolicies", "environment.id"),
    ("passwordPolicies", "id"),
    ("riskPolicySets", "riskPolicies.id"),
    (
        "signOnPolicies/{}/actions",
        "newUserProvisioning.gateways.userType.id",
    ),
    // What is done once, and not kept.
    ("credentialTypes/{}/issuanceRules/{}/stagedChanges", "issue"),
    (
        "credentialTypes/{}/issuanceRules/{}/stagedChanges",
        "revoke",
    ),
    (
        "credentialTypes/{}/issuanceRules/{}/stagedChanges",
        "update",
    ),
    ("users/{}/devices", "order.id"),
];

pub(crate) fn document() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The members of a schema that take ids.
fn ids(document: &Value, schema: &Value, at: &str, seen: &[&str], found: &mut BTreeSet<String>) {
    let mut seen = seen.to_vec();
    let mut schema = schema;
    while let Some(reference) = schema["$ref"].as_str() {
        if seen.contains(&reference) {
            return;
        }
        seen.push(reference);
        schema = document.pointer(&reference[1..]).unwrap();
    }
    if schema["format"] == "uuid" {
        found.insert(at.to_owned());
    }
    for (name, member) in schema["properties"].as_object().into_iter().flatten() {
        let at = format!("{at}.{name}");
        ids(document, member, at.trim_start_matches('.'), &seen, found);
    }
    for choice in ["anyOf", "oneOf", "allOf"] {
        for one in schema[choice].as_array().into_iter().flatten() {
            ids(document, one, at, &seen, found);
        }
    }
    ids_of(document, &schema["items"], at, &seen, found);
    ids_of(document, &schema["additionalProperties"], at, &seen, found);
}

fn ids_of(document: &Value, schema: &Value, at: &str, seen: &[&str], found: &mut BTreeSet<String>) {
    if schema.is_object() {
        ids(document, schema, at, seen, found);
    }
}

/// Every member that takes an id, by what the body is sent to; what an item is sent is what its
/// collection is sent.
pub(crate) fn members() -> BTreeSet<(String, String)> {
    let document = document();
    let mut all = BTreeSet::new();
    let mut of_items = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.trim_start_matches("/environments/{environment}/");
        let path = path.trim_start_matches('/');
        let segments = path.split('/').map(|segment| {
            let is_id = segment.starts_with('{');
            if is_id { "{}" } else { segment }
        });
        let path = segments.collect::<Vec<_>>().join("/");
        for operation in item.as_object().unwrap().values() {
            let content = operation["requestBody"]["content"].as_object();
            for body in content.into_iter().flat_map(|media| media.values()) {
                let mut found = BTreeSet::new();
                ids(&document, &body["schema"], "", &[], &mut found);
                let collection = path.strip_suffix("/{}");
                let members = found.into_iter();
                match collection {
                    Some(collection) => {
                        of_items.extend(members.map(|member| (collection.to_owned(), member)));
                    }
                    None => all.extend(members.map(|member| (path.clone(), member))),
                }
            }
        }
    }
    all.append(&mut of_items);
    all
}

fn pair((named, id): (String, String), (naming, _): (String, String)) -> Pair {
    Pair { named, naming, id }
}

/// What becomes of what a member names, and how both are made.
#[expect(clippy::too_many_lines, reason = "a table, one entry for each member")]
pub(crate) async fn made(make: &Maker<'_>, at: &str, member: &str) -> Option<(Outcome, Pair)> {
    let one = |id: &str| json!({ "id": id });
    Some(match (at, member) {
        ("adminConfig", "provider.id") => {
            let named = make.provider().await;
            let body = json!({"authenticationMethod": "EXTERNAL", "mfaStatus": "ENFORCE",
                "recovery": false, "provider": one(&named.1)});
            let naming = make.put(at, body).await;
            (Forgotten, pair(named, (naming, String::new())))
        }
        ("apiServers", "authorizationServer.resource.id") => {
            let named = make.resource().await;
            let body = json!({"baseUrls": ["https://bank.example.com"], "authorizationServer":
                {"type": "PINGONE_SSO", "resource": one(&named.1)}});
            (Stays, pair(named, make.named(at, body).await))
        }
        ("apiServers/{}/operations", "accessControl.group.groups.id") => {
            let named = make.group().await;
            let control = json!({"group": {"groups": [one(&named.1)]}});
            (Stays, pair(named, make.operation(control).await))
        }
        ("apiServers/{}/operations", "accessControl.permission.id") => {
            let named = make.permission().await;
            let control = json!({"permission": one(&named.1)});
            (Stays, pair(named, make.operation(control).await))
        }
        ("apiServers/{}/operations", "accessControl.scope.scopes.id") => {
            let named = make.scope().await;
            let control = json!({"scope": {"matchType": "ANY", "scopes": [one(&named.1)]}});
            (Stays, pair(named, make.operation(control).await))
        }
        ("applicationRoles/{}/permissions", "id") => {
            let named = make.permission().await;
            let (role, _) = make.named("applicationRoles", json!({})).await;
            let path = format!("{role}/permissions");
            let (naming, _) = make.thing(&path, one(&named.1)).await;
            (Stays, pair(named, (naming, String::new())))
        }
        ("applications", "accessControl.group.groups.id") => {
            let named = make.group().await;
            let mut body = signs_on(&make.name(), "NATIVE_APP");
            body["accessControl"] =
                json!({"group": {"type": "ANY_GROUP", "groups": [one(&named.1)]}});
            (Named, pair(named, make.thing(at, body).await))
        }
        ("applications", "icon.id") => {
            let named = make.image().await;
            let icon = json!({"id": named.1, "href": "https://icon.example/"});
            let mut body = signs_on(&make.name(), "NATIVE_APP");
            body["icon"] = icon;
            (Forgotten, pair(named, make.thing(at, body).await))
        }
        ("applications", "signing.keyRotationPolicy.id") => {
            let name = make.name();
            let policy = json!({"name": name, "algorithm": "EC", "keyLength": 256,
                "signatureAlgorithm": "SHA256withECDSA", "usageType": "SIGNING",
                "dn": format!("CN={name}")});
            let named = make.thing("keyRotationPolicies", policy).await;
            let mut body = signs_on(&make.name(), "NATIVE_APP");
            body["signing"] = json!({"keyRotationPolicy": one(&named.1)});
            (Forgotten, pair(named, make.thing(at, body).await))
        }
        ("applications", "kerberos.key.id") => {
            let named = make.key().await;
            let mut body = signs_on(&make.name(), "NATIVE_APP");
            body["kerberos"] = json!({"key": one(&named.1)});
            (Forgotten, pair(named, make.thing(at, body).await))
        }
        ("applications", "kerberos.gateways.id") => {
            let (_, population) = make.population().await;
            let named = make.gateway(&population).await;
            let (_, key) = make.key().await;
            let name = make.name();
            let gateway = json!({"id": named.1, "type": "LDAP", "userType": {}});
            let body = json!({"name": name, "type": "WEB_APP", "protocol": "WS_FED",
                "enabled": true, "domainName": "office.example",
                "replyUrl": "https://office.example/",
                "idpSigning": {"key": one(&key), "algorithm": "SHA256withRSA"},
                "kerberos": {"gateways": [gateway]}});
            (Forgotten, pair(named, make.thing(at, body).await))
        }
        (
            "applications",
            "idpSigning.key.id" | "spEncryption.certificate.id" | "spVerification.certificates.id",
        ) => {
            let named = match member {
                "idpSigning.key.id" => make.key().await,
                _ => make.certificate().await,
            };
            let value = match member {
                "idpSigning.key.id" => json!({"key": one(&named.1)}),
                "spEncryption.certificate.id" => {
                    json!({"algorithm": "AES_256", "certificate": one(&named.1)})
                }
                _ => json!({"certificates": [one(&named.1)]}),
            };
            let name = make.name();
            let mut body = json!({"name": name, "type": "WEB_APP", "protocol": "SAML",
                "enabled": true, "acsUrls": ["https://sp.example/acs"],
                "assertionDuration": 3600, "spEntityId": name});
            body[member.split('.').next().unwrap()] = value;
            (Forgotten, pair(named, make.thing(at, body).await))
        }
        ("applications/{}/attributes", "oidcScopes") => {
            let scopes = format!("{}/scopes", make.openid().await);
            let named = make.named(&scopes, json!({})).await;
            let (application, _) = make.application().await;
            let body = json!({"value": "${user.email}", "oidcScopes": [named.1]});
            let naming = make.named(&format!("{application}/attributes"), body).await;
            (Forgotten, pair(named, naming))
        }
        ("applications/{}/grants", "resource.id") => {
            let (resource, named) = make.resource().await;
            let (_, scope) = make.named(&format!("{resource}/scopes"), json!({})).await;
            let (application, _) = make.application().await;
            let body = json!({"resource": one(&named), "scopes": [one(&scope)]});
            let naming = make.thing(&format!("{application}/grants"), body).await;
            (Goes, pair((resource, named), naming))
        }
        ("applications/{}/grants", "scopes.id") => {
            let (resource, id) = make.resource().await;
            let named = make.named(&format!("{resource}/scopes"), json!({})).await;
            let (application, _) = make.application().await;
            let body = json!({"resource": one(&id), "scopes": [one(&named.1)]});
            let naming = make.thing(&format!("{application}/grants"), body).await;
            (Forgotten, pair(named, naming))
        }
        (
            "applications/{}/roleAssignments"
            | "gateways/{}/roleAssignments"
            | "groups/{}/roleAssignments"
            | "users/{}/roleAssignments",
            _,
        ) => {
            let (holder, _) = match at.split('/').next().unwrap() {
                "applications" => {
                    let worker = json!({"type": "WORKER", "protocol": "OPENID_CONNECT",
                        "enabled": true, "grantTypes": ["CLIENT_CREDENTIALS"],
                        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC"});
                    make.named("applications", worker).await
                }
                "gateways" => {
                    let (_, population) = make.population().await;
                    make.gateway(&population).await
                }
                "groups" => make.group().await,
                _ => make.user().await,
            };
            if member == "role.id" {
                let named = make.role().await;
                let scope = json!({"id": make.api.environment, "type": "ENVIRONMENT"});
                let naming = make.roles_of(&holder, one(&named.1), scope).await;
                (Stays, pair(named, (naming, String::new())))
            } else {
                let named = make.population().await;
                let role = make.api.role("Identity Data Admin").await;
                let scope = json!({"id": named.1, "type": "POPULATION"});
                let naming = make.roles_of(&holder, one(&role), scope).await;
                (Goes, pair(named, (naming, String::new())))
            }
        }
        ("applications/{}/signOnPolicyAssignments", "signOnPolicy.id") => {
            let named = make.named("signOnPolicies", json!({})).await;
            let (application, _) = make.application().await;
            let body = json!({"priority": 1, "signOnPolicy": one(&named.1)});
            let path = format!("{application}/signOnPolicyAssignments");
            (Goes, pair(named, make.thing(&path, body).await))
        }
        ("brandingSettings", "logo.id") => {
            let named = make.image().await;
            let logo = json!({"id": named.1, "href": "https://logo.example/"});
            let naming = make
                .put(at, json!({"companyName": "Acme", "logo": logo}))
                .await;
            (Forgotten, pair(named, (naming, String::new())))
        }
        ("themes", _) => {
            let named = make.image().await;
            let (_, member) = member.split_once('.').unwrap();
            let member = member.trim_end_matches(".id");
            let picture = json!({"id": named.1, "href": "https://logo.example/"});
            (
                Forgotten,
                pair(named, make.theme_with(member, picture).await),
            )
        }
        ("credentialTypes/{}/issuanceRules", member) => {
            let (above, _) = make.credential_type().await;
            let mut body = json!({"status": "ACTIVE", "automation":
                {"issue": "ON_DEMAND", "update": "PERIODIC", "revoke": "PERIODIC"}});
            let named = match member {
                "digitalWalletApplication.id" => {
                    let named = make.wallet_application().await;
                    body["digitalWalletApplication"] = one(&named.1);
                    named
                }
                "filter.groupIds" => {
                    let named = make.group().await;
                    body["filter"] = json!({"groupIds": [named.1]});
                    named
                }
                "filter.populationIds" => {
                    let named = make.population().await;
                    body["filter"] = json!({"populationIds": [named.1]});
                    named
                }
                _ => return None,
            };
            let naming = make.thing(&format!("{above}/issuanceRules"), body).await;
            (Stays, pair(named, naming))
        }
        ("deviceAuthenticationPolicies", "fido2.fido2PolicyId") => {
            let policies = make.api.get("fido2Policies").await.json();
            let mut body = policies["_embedded"]["fido2Policies"][0].clone();
            body["default"] = json!(false);
            let named = make.named("fido2Policies", body).await;
            let fido2 = json!({"enabled": true, "fido2PolicyId": named.1});
            (Stays, pair(named, make.device_policy("fido2", fido2).await))
        }
        ("deviceAuthenticationPolicies", "mobile.applications.id") => {
            let named = make.application().await;
            let applications = json!([{"id": named.1}]);
            let naming = make.device_policy("applications", applications).await;
            (Forgotten, pair(named, naming))
        }
        ("deviceAuthenticationPolicies", "notificationsPolicy.id") => {
            let named = make
                .named("notificationsPolicies", json!({"quotas": []}))
                .await;
            let naming = make
                .device_policy("notificationsPolicy", one(&named.1))
                .await;
            (Stays, pair(named, naming))
        }
        ("digitalWalletApplications", "application.id") => {
            let named = make.application().await;
            let body = json!({"appOpenUrl": "https://w.example", "application": one(&named.1)});
            (Stays, pair(named, make.named(at, body).await))
        }
        ("forms", "components.fields.agreement.id") => {
            let named = make.agreement().await;
            let body = json!({
                "category": "CUSTOM", "markOptional": true, "markRequired": false, "cols": 4,
                "translationMethod": "TRANSLATE", "components": {"fields": [
                    {"type": "AGREEMENT", "key": "terms", "position": {"row": 0, "col": 0},
                        "inputType": "READ_ONLY_TEXT", "titleEnabled": true,
                        "agreement": one(&named.1)},
                    {"type": "SUBMIT_BUTTON", "position": {"row": 1, "col": 0}, "label": "Go"},
                ]},
            });
            (Forgotten, pair(named, make.named(at, body).await))
        }
        ("gateways", "userTypes.newUserLookup.population.id") => {
            let named = make.population().await;
            let naming = make.gateway(&named.1).await;
            (Forgotten, pair(named, naming))
        }
        ("groups", "population.id") => {
            let named = make.population().await;
            let body = json!({"population": one(&named.1)});
            (Goes, pair(named, make.named(at, body).await))
        }
        ("groups/{}/memberOfGroups" | "users/{}/memberOfGroups", "id") => {
            let named = make.group().await;
            let (who, _) = if at.starts_with("groups") {
                make.group().await
            } else {
                make.user().await
            };
            make.api.join(&who, &named.1).await;
            let naming = format!("{who}/memberOfGroups/{}", named.1);
            (Goes, pair(named, (naming, String::new())))
        }
        ("identityProviders", "icon.id" | "loginButtonIcon.id") => {
            let named = make.image().await;
            let picture = json!({"id": named.1, "href": "https://logo.example/"});
            let member = member.trim_end_matches(".id");
            (
                Forgotten,
                pair(named, make.provider_with(member, picture).await),
            )
        }
        ("identityProviders", "idpVerification.certificates.id") => {
            let named = make.certificate().await;
            let (_, other) = make.certificate().await;
            let value = json!({"certificates": [one(&named.1), one(&other)]});
            (
                Forgotten,
                pair(named, make.provider_with("idpVerification", value).await),
            )
        }
        ("identityProviders", "registration.population.id") => {
            let named = make.population().await;
            let value = json!({"population": one(&named.1)});
            (
                Forgotten,
                pair(named, make.provider_with("registration", value).await),
            )
        }
        ("identityProviders", "spSigning.key.id") => {
            let named = make.key().await;
            let value = json!({"key": one(&named.1), "algorithm": "SHA256withRSA"});
            (
                Forgotten,
                pair(named, make.provider_with("spSigning", value).await),
            )
        }
        ("notificationsSettings", "whitelist.user.id") => {
            let named = make.user().await;
            let body = json!({"whitelist": [{"user": one(&named.1)}]});
            let naming = make.put(at, body).await;
            (Forgotten, pair(named, (naming, String::new())))
        }
        ("populations", "passwordPolicy.id") => {
            let policies = make.api.get("passwordPolicies").await.json();
            let mut body = policies["_embedded"]["passwordPolicies"][0].clone();
            body["default"] = json!(false);
            let named = make.named("passwordPolicies", body).await;
            let body = json!({"passwordPolicy": one(&named.1)});
            (Stays, pair(named, make.named(at, body).await))
        }
        ("populations", "theme.id") => {
            let named = make.theme_with("logo", Value::Null).await;
            let body = json!({"theme": one(&named.1)});
            (Stays, pair(named, make.named(at, body).await))
        }
        ("populations/{}/defaultIdentityProvider", "id") => {
            let named = make.provider().await;
            let (population, _) = make.population().await;
            let path = format!("{population}/defaultIdentityProvider");
            let naming = make.put(&path, one(&named.1)).await;
            (Stays, pair(named, (naming, String::new())))
        }
        ("propagation/rules", member) => {
            let store = json!({"type": "scim", "configuration": {}});
            let (source, source_id) = make.named("propagation/stores", store.clone()).await;
            let (target, target_id) = make.named("propagation/stores", store).await;
            let (plan, plan_id) = make.named("propagation/plans", json!({})).await;
            let body = json!({"plan": one(&plan_id), "sourceStore": one(&source_id),
                "targetStore": one(&target_id)});
            let named = match member {
                "plan.id" => (plan, plan_id),
                "sourceStore.id" => (source, source_id),
                "targetStore.id" => (target, target_id),
                _ => return None,
            };
            (Stays, pair(named, make.named(at, body).await))
        }
        ("resources/{}/scopes", "mappedClaims") => {
            let openid = make.openid().await;
            let body = json!({"name": "likes", "value": "${user.email}"});
            let named = make.thing(&format!("{openid}/attributes"), body).await;
            let body = json!({"mappedClaims": [named.1]});
            let naming = make.named(&format!("{openid}/scopes"), body).await;
            (Forgotten, pair(named, naming))
        }
        ("riskPolicySets", "evaluatedPredictors.id") => {
            let body = json!({"compactName": "newDevice", "type": "DEVICE", "detect": "NEW_DEVICE",
                "default": {"weight": 5}});
            let named = make.named("riskPredictors", body).await;
            let body = json!({"defaultResult": {"level": "LOW"}, "riskPolicies": [],
                "evaluatedPredictors": [one(&named.1)]});
            (Stays, pair(named, make.named(at, body).await))
        }
        ("riskPolicySets", "triggers.policySet.id") => {
            let set = json!({"defaultResult": {"level": "LOW"}, "riskPolicies": []});
            let named = make.named(at, set.clone()).await;
            let mut body = set;
            body["triggers"] = json!([{"type": "POLICY_SET_STAGING", "policySet": one(&named.1),
                "expiresAt": "2030-01-01T00:00:00Z"}]);
            (Stays, pair(named, make.named(at, body).await))
        }
        ("roles", "canBeAssignedBy.id") => {
            let named = make.role().await;
            let body = json!({"applicableTo": ["ENVIRONMENT"],
                "permissions": [{"id": "dir:read:user"}],
                "canBeAssignedBy": [one(&named.1)]});
            (Stays, pair(named, make.named(at, body).await))
        }
        ("signOnPolicies/{}/actions", member) => {
            let (outcome, kind, named, more) = match member {
                "agreement.id" => {
                    let named = make.agreement().await;
                    let more = json!({"agreement": one(&named.1)});
                    (Stays, "AGREEMENT", named, more)
                }
                "applications.id" => {
                    let named = make.application().await;
                    let more = json!({"applications": [{"id": named.1}]});
                    (Forgotten, "MULTI_FACTOR_AUTHENTICATION", named, more)
                }
                "deviceAuthenticationPolicy.id" => {
                    let named = make.device_policy("", Value::Null).await;
                    let more = json!({"deviceAuthenticationPolicy": one(&named.1)});
                    (Stays, "MULTI_FACTOR_AUTHENTICATION", named, more)
                }
                "discoveryRules.identityProvider.id" => {
                    let named = make.provider().await;
                    let condition = json!({"value": "${identifier}", "contains": "@a.example"});
                    let more = json!({"discoveryRules":
                        [{"condition": condition, "identityProvider": one(&named.1)}]});
                    (Forgotten, "IDENTIFIER_FIRST", named, more)
                }
                "identityProvider.id" => {
                    let named = make.provider().await;
                    let more = json!({"identityProvider": one(&named.1)});
                    (Forgotten, "IDENTITY_PROVIDER", named, more)
                }
                "newUserProvisioning.gateways.id" => {
                    let (_, population) = make.population().await;
                    let named = make.gateway(&population).await;
                    let gateway = make.api.get(&named.0).await.json();
                    let kind = gateway["userTypes"][0]["id"].clone();
                    let gateway = json!({"id": named.1, "type": "LDAP", "userType": {"id": kind}});
                    let more = json!({"newUserProvisioning": {"gateways": [gateway]}});
                    (Forgotten, "LOGIN", named, more)
                }
                "registration.population.id" => {
                    let named = make.population().await;
                    let more =
                        json!({"registration": {"enabled": true, "population": one(&named.1)}});
                    (Forgotten, "LOGIN", named, more)
                }
                "socialProviders.id" => {
                    let named = make.provider().await;
                    let more = json!({"socialProviders": [one(&named.1)]});
                    (Forgotten, "LOGIN", named, more)
                }
                _ => return None,
            };
            (outcome, pair(named, make.action(kind, more).await))
        }
        ("subscriptions", member) => {
            let (outcome, named, member) = match member {
                "filterOptions.includedApplications.id" => {
                    (Forgotten, make.application().await, "includedApplications")
                }
                "filterOptions.includedPopulations.id" => {
                    (Forgotten, make.population().await, "includedPopulations")
                }
                "tlsClientAuthKeyPair.id" => (Stays, make.key().await, "tlsClientAuthKeyPair"),
                _ => return None,
            };
            let value = one(&named.1);
            let value = match outcome {
                Forgotten => json!([value]),
                _ => value,
            };
            let naming = make.subscription(member, value).await;
            (outcome, pair(named, naming))
        }
        ("users" | "users/{}/population", "population.id" | "id") => {
            let named = make.population().await;
            let user = make
                .api
                .make_user_in(&make.name().replace(' ', ""), &named.1)
                .await;
            let user = format!("users/{}", user.trim_start_matches("users/"));
            let naming = at.replace("users/{}", &user);
            let naming = if at == "users" { user } else { naming };
            (Stays, pair(named, (naming, String::new())))
        }
        ("users" | "users/{}/identityProvider", "identityProvider.id") => {
            let named = make.provider().await;
            let (user, _) = make.user().await;
            let path = format!("{user}/identityProvider");
            let naming = make
                .put(&path, json!({"identityProvider": one(&named.1)}))
                .await;
            (Stays, pair(named, (naming, String::new())))
        }
        ("users/{}/agreementConsents", member) => {
            let (agreement, id) = make.agreement().await;
            let language = json!({"displayName": "English", "locale": "en", "enabled": true});
            let language = make
                .thing(&format!("{agreement}/languages"), language)
                .await;
            let mut revisions = Vec::new();
            for text in ["One", "Two"] {
                make.api.world.advance(60);
                let at = make.api.world.clock.now();
                let body = json!({"contentType": "text/plain", "effectiveAt": at.to_string(),
                    "requireReconsent": false, "text": text});
                revisions.push(make.thing(&format!("{}/revisions", language.0), body).await);
                if revisions.len() == 1 {
                    make.api.world.advance(60);
                }
            }
            let named = if member == "language.id" {
                language.clone()
            } else {
                revisions[0].clone()
            };
            let (user, _) = make.user().await;
            let naming = format!("{user}/agreementConsents/{id}");
            let body = json!({"language": one(&language.1), "revision": one(&revisions[0].1)});
            let accept = "consent.accept+json";
            let accepted = make.api.act(Method::POST, &naming, accept, &body).await;
            accepted.expect(StatusCode::OK);
            (Stays, pair(named, (naming, String::new())))
        }
        ("users/{}/applicationRoles", "id") => {
            let named = make.named("applicationRoles", json!({})).await;
            let (user, _) = make.user().await;
            let naming = make
                .thing(&format!("{user}/applicationRoles"), one(&named.1))
                .await;
            (Goes, pair(named, naming))
        }
        ("users/{}/credentials", "credentialType.id") => {
            let named = make.credential_type().await;
            let (user, _) = make.user().await;
            let body = json!({"credentialType": one(&named.1), "data": {"Given": "Ada"}});
            (
                Stays,
                pair(
                    named,
                    make.thing(&format!("{user}/credentials"), body).await,
                ),
            )
        }
        ("users/{}/devices", "policy.id") => {
            let named = make.device_policy("", Value::Null).await;
            let (user, _) = make.user().await;
            let body = json!({"type": "EMAIL", "email": "a@example.com", "policy": one(&named.1)});
            (
                Stays,
                pair(named, make.thing(&format!("{user}/devices"), body).await),
            )
        }
        ("users/{}/digitalWallets", "digitalWalletApplication.id") => {
            let named = make.wallet_application().await;
            let (user, _) = make.user().await;
            let body = json!({"digitalWalletApplication": one(&named.1)});
            (
                Stays,
                pair(
                    named,
                    make.thing(&format!("{user}/digitalWallets"), body).await,
                ),
            )
        }
        ("users/{}/pairingKeys", "applications.id") => {
            let named = make.application().await;
            let (user, _) = make.user().await;
            let body = json!({"applications": [one(&named.1)]});
            (
                Forgotten,
                pair(
                    named,
                    make.thing(&format!("{user}/pairingKeys"), body).await,
                ),
            )
        }
        ("users/{}/verifyTransactions", "verifyPolicy.id") => {
            let body =
                json!({"governmentId": {"verify": "REQUIRED", "inspectionType": "AUTOMATIC"}});
            let named = make.named("verifyPolicies", body).await;
            let (user, _) = make.user().await;
            let body = json!({"verifyPolicy": one(&named.1)});
            (
                Stays,
                pair(
                    named,
                    make.thing(&format!("{user}/verifyTransactions"), body)
                        .await,
                ),
            )
        }
        _ => return None,
    })
}
