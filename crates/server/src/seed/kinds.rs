//! The one table of what an environment holds: where each kind stands in a seed and in the
//! management API, what tells its objects apart, and what they refer to. Reading, writing, bringing
//! up and comparing all follow it.

use serde_json::{Map, Value};

use super::kind::{Form, Kind, Reference, names, refers};

/// An environment.
pub(super) static ENVIRONMENT: Kind = Kind::new("environments", 0, &["name"])
    .read_only(&[
        "hardDeleteAllowedAt",
        "license",
        "organization",
        "region",
        "softDeletedAt",
        "status",
    ])
    .own(&["without"])
    .children(IN_ENVIRONMENT);

const NAME: &[&str] = &["name"];

/// The identifier of users, as every new application and resource tells it.
fn is_subject(members: &Map<String, Value>) -> bool {
    let is = |name: &str, text: &str| members.get(name).is_some_and(|value| value == text);
    is("name", "sub") && is("value", "${user.id}")
}

/// The roles that a user, an application or a gateway holds.
const ROLES: Kind = Kind::new("roles", 90, &["role", "scope.type", "scope.id"])
    .at("roleAssignments")
    .form(Form::Roles)
    .references(&[refers("role", "roles")])
    .read_only(&["readOnly"])
    .short("role")
    .only(|members| members.get("readOnly") != Some(&Value::Bool(true)));

const TO_GROUPS: &[Reference] = &[names("id", "groups")];

/// The groups that a user or a group is in.
const fn memberships(key: &'static str) -> Kind {
    Kind::new(key, 91, &["id"])
        .at("memberOfGroups")
        .form(Form::Memberships)
        .references(TO_GROUPS)
        .read_only(&[
            "name",
            "description",
            "type",
            "directMemberCounts",
            "population",
        ])
        .short("id")
        .only(|members| members.get("type").is_none_or(|kind| kind == "DIRECT"))
}

/// Everything that an environment holds and a seed is about.
const IN_ENVIRONMENT: &[Kind] = &[
    Kind::new("languages", 1, &["locale"])
        .read_only(&["customerAdded", "name"])
        .later(&["default", "enabled"])
        .children(&[
            Kind::new("status", 2, &["service"]),
            Kind::new("translations", 2, &[])
                .at("/translations/{}")
                .form(Form::Texts),
        ]),
    Kind::new("images", 1, &[])
        .form(Form::Images)
        .own(&["data"]),
    Kind::new("certificates", 1, &[])
        .form(Form::Certificates)
        .read_only(&[
            "algorithm",
            "customCRL",
            "expiresAt",
            "issuerDN",
            "keyLength",
            "material",
            "name",
            "serialNumber",
            "signatureAlgorithm",
            "startsAt",
            "status",
            "subjectDN",
            "validityPeriod",
            "default",
        ])
        .own(&["pem"]),
    Kind::new("schemas", 1, NAME)
        .form(Form::Given)
        .children(&[Kind::new("attributes", 2, NAME).read_only(&["ldapAttribute"])]),
    Kind::new("passwordPolicies", 1, NAME).read_only(&["populationCount"]),
    // The default key signs tokens; every environment makes its own.
    Kind::new("keys", 1, NAME)
        .read_only(&[
            "customCRL",
            "default",
            "expiresAt",
            "issuerDN",
            "keyRotationPolicy",
            "material",
            "serialNumber",
            "startsAt",
            "status",
        ])
        .only(|members| members.get("default") != Some(&Value::Bool(true))),
    Kind::new("keyRotationPolicies", 1, NAME).read_only(&[
        "currentKeyId",
        "keys",
        "nextKeyId",
        "rotatedAt",
    ]),
    Kind::new("themes", 2, &["configuration.name"]),
    Kind::settings("brandingSettings", 3).references(&[refers("theme", "themes")]),
    Kind::settings("notificationsSettings", 3).references(&[names("whitelist[].user.id", "users")]),
    Kind::settings("emailDeliverySettings", 3)
        .at("notificationsSettings/emailDeliverySettings")
        .secrets(&[
            "authentication.authToken",
            "authentication.password",
            "password",
            "requests",
        ]),
    Kind::new("phoneDeliverySettings", 3, &["provider", "name"])
        .at("notificationsSettings/phoneDeliverySettings")
        .secrets(&[
            "authToken",
            "authentication.authToken",
            "authentication.password",
            "requests",
        ]),
    Kind::new("notificationsPolicies", 3, NAME)
        .ordered(&["providerConfiguration.conditions.fallbackChain"]),
    Kind::new("templates", 3, &["id"])
        .form(Form::Given)
        .children(&[
            Kind::new("contents", 4, &["deliveryMethod", "locale", "variant"])
                .at("/templates/{}/contents")
                .only(|members| members.get("default") != Some(&Value::Bool(true))),
        ]),
    Kind::new("emailDomains", 3, &["domainName"]).children(&[Kind::new(
        "trustedEmails",
        4,
        &["emailAddress"],
    )
    .read_only(&["status"])]),
    Kind::new("populations", 4, NAME)
        .references(&[
            refers("passwordPolicy", "passwordPolicies"),
            refers("theme", "themes"),
        ])
        .read_only(&["userCount"])
        .children(&[Kind::settings("defaultIdentityProvider", 6)
            .references(&[names("id", "identityProviders")])
            .read_only(&["type"])
            .only(|members| members.contains_key("id"))]),
    Kind::new("identityProviders", 5, NAME)
        .references(&[
            refers("registration.population", "populations"),
            refers("spSigning.key", "keys"),
        ])
        .secrets(&["appSecret", "clientSecret", "clientSecretSigningKey"])
        .children(&[Kind::new("attributes", 6, NAME).read_only(&["mappingType"])]),
    Kind::new("roles", 5, NAME)
        .references(&[refers("canBeAssignedBy[]", "roles")])
        .read_only(&[
            "canAssign",
            "permissions[].description",
            "permissions[].classifier",
            "type",
        ])
        .only(|members| members.get("type").is_none_or(|kind| kind == "CUSTOM")),
    Kind::new("resources", 5, NAME).own(&["secret"]).children(&[
        Kind::new("scopes", 6, NAME).short("name"),
        Kind::new("attributes", 6, NAME)
            .read_only(&["type"])
            .begun(is_subject),
        Kind::new("applicationResources", 6, NAME).children(&[Kind::new(
            "permissions",
            7,
            &["action"],
        )
        .at("/applicationResources/{id}/permissions")
        .read_only(&["key"])]),
    ]),
    Kind::new("groups", 5, NAME)
        .references(&[refers("population", "populations")])
        .read_only(&[
            "directMemberCounts",
            "totalMemberCounts",
            "isExternal",
            "sourceType",
        ])
        .children(&[memberships("memberOfGroups"), ROLES]),
    Kind::new("agreements", 5, NAME)
        .read_only(&[
            "consentsAggregatedAt",
            "totalConsents",
            "totalExpiredConsents",
        ])
        .later(&["enabled"])
        .children(&[Kind::new("languages", 6, &["locale"])
            .read_only(&["currentRevision", "name"])
            .later(&["enabled"])
            .children(&[Kind::new("revisions", 7, &["effectiveAt"])
                .read_only(&["notValidAfter"])
                .unshown(&["text"])])]),
    Kind::new("forms", 5, NAME)
        .ordered(&["components.fields"])
        .read_only(&["created", "modified", "languageBundle"]),
    Kind::settings("recaptchaV2Config", 5)
        .read_only(&["created", "modified"])
        .secrets(&["secretKey"]),
    Kind::new("applications", 7, NAME)
        .references(&[
            refers("accessControl.group.groups[]", "groups"),
            refers("kerberos.gateways[]", "gateways"),
        ])
        .read_only(&["clientId"])
        .own(&["forOperators", "secret"])
        .only(|members| {
            members
                .get("type")
                .is_none_or(|kind| kind != "PING_ONE_ADMIN_CONSOLE")
        })
        .children(&[
            Kind::new("grants", 8, &["resource"])
                .references(&[
                    refers("resource", "resources"),
                    Reference {
                        below: Some("resource"),
                        ..refers("scopes[]", "resources/scopes")
                    },
                ])
                .read_only(&["application"]),
            Kind::new("attributes", 8, NAME)
                .read_only(&["mappingType"])
                .begun(is_subject),
            Kind::new("pushCredentials", 8, &["type"]).secrets(&[
                "clientId",
                "clientSecret",
                "googleServiceAccountCredentials",
                "key",
                "teamId",
                "token",
            ]),
            Kind::new("signOnPolicyAssignments", 11, &["signOnPolicy"])
                .references(&[refers("signOnPolicy", "signOnPolicies")])
                .read_only(&["application"]),
            ROLES,
        ]),
    Kind::new("fido2Policies", 7, NAME),
    Kind::new("fidoPolicies", 7, NAME),
    Kind::new("deviceAuthenticationPolicies", 8, NAME).references(&[
        refers("notificationsPolicy", "notificationsPolicies"),
        names("fido2.fido2PolicyId", "fido2Policies"),
        names("mobile.applications[].id", "applications"),
    ]),
    Kind::settings("mfaSettings", 8),
    Kind::settings("adminConfig", 8).references(&[refers("provider", "identityProviders")]),
    Kind::new("signOnPolicies", 9, NAME).children(&[Kind::new(
        "actions",
        10,
        &["type", "priority"],
    )
    .references(&[
        refers("agreement", "agreements"),
        refers("applications[]", "applications"),
        refers("deviceAuthenticationPolicy", "deviceAuthenticationPolicies"),
        refers("discoveryRules[].identityProvider", "identityProviders"),
        refers("identityProvider", "identityProviders"),
        refers("registration.population", "populations"),
        refers("socialProviders[]", "identityProviders"),
    ])
    .ordered(&["socialProviders"])
    .read_only(&["signOnPolicy"])]),
    Kind::new("gateways", 6, NAME)
        .references(&[refers(
            "userTypes[].newUserLookup.population",
            "populations",
        )])
        .secrets(&[
            "bindPassword",
            "defaultSharedSecret",
            "kerberos.serviceAccountPassword",
            "radiusClients",
        ])
        .read_only(&["currentAlerts", "supportedVersions"])
        .children(&[ROLES]),
    Kind::new("users", 12, &["username"])
        .form(Form::Users)
        .references(&[
            refers("population", "populations"),
            refers("identityProvider", "identityProviders"),
        ])
        .read_only(&[
            "lastSignOn",
            "memberOfGroupIDs",
            "memberOfGroupNames",
            "memberOfGroups",
        ])
        .own(&["forceChange", "passwordHash", "passwordSetAt"])
        .secrets(&["password", "passwordHash"])
        .children(&[memberships("groups"), ROLES, ROLES_OF_APPLICATIONS]),
    Kind::new("alertChannels", 13, &["alertName", "addresses[]"]),
    Kind::new("rateLimitIpConfigs", 13, &["value"]),
    Kind::new("subscriptions", 13, NAME)
        .references(&[
            names("filterOptions.includedApplications[].id", "applications"),
            names("filterOptions.includedPopulations[].id", "populations"),
            refers("tlsClientAuthKeyPair", "keys"),
        ])
        .secrets(&["connectionDetails.headers", "httpEndpoint.headers"]),
    Kind::new("applicationRoles", 9, NAME)
        .children(&[Kind::new("permissions", 10, &["id"]).form(Form::Memberships)]),
    Kind::new("apiServers", 9, NAME)
        .references(&[refers("authorizationServer.resource", "resources")])
        .children(&[Kind::new("operations", 10, NAME)
            .references(&[refers("accessControl.group.groups[]", "groups")])]),
    Kind::new("decisionEndpoints", 9, NAME),
    Kind::new("fidoDevicesMetadata", 7, &["aaguid"]),
    Kind::new("digitalWalletApplications", 9, NAME)
        .references(&[refers("application", "applications")]),
    Kind::settings("credentialIssuerProfile", 8),
    Kind::new("credentialTypes", 9, &["title"])
        .ordered(&["metadata.fields"])
        .read_only(&["version"])
        .children(&[
            Kind::new("issuanceRules", 10, &["digitalWalletApplication"]).references(&[
                refers("digitalWalletApplication", "digitalWalletApplications"),
                names("filter.groupIds[]", "groups"),
                names("filter.populationIds[]", "populations"),
            ]),
        ]),
    Kind::new("riskPredictors", 8, &["compactName"]),
    Kind::new("riskPolicySets", 9, NAME)
        .ordered(&["riskPolicies"])
        .references(&[
            refers("evaluatedPredictors[]", "riskPredictors"),
            refers("triggers[].policySet", "riskPolicySets"),
        ]),
    Kind::new("verifyPolicies", 8, NAME),
    Kind::new("voicePhrases", 7, &["displayName"]).children(&[Kind::new(
        "contents",
        8,
        &["locale"],
    )]),
    Kind::new("propagationStores", 6, NAME)
        .at("propagation/stores")
        .secrets(&["configuration"]),
    Kind::new("propagationPlans", 6, NAME).at("propagation/plans"),
    Kind::new("propagationRules", 8, NAME)
        .at("propagation/rules")
        .references(&[
            refers("plan", "propagationPlans"),
            refers("sourceStore", "propagationStores"),
            refers("targetStore", "propagationStores"),
        ])
        .children(&[Kind::new("mappings", 9, &["targetAttribute"])]),
];

/// The roles of applications that a user holds.
const ROLES_OF_APPLICATIONS: Kind = Kind::new("applicationRoles", 92, &["id"])
    .form(Form::Memberships)
    .references(&[names("id", "applicationRoles")])
    .read_only(&["name"])
    .short("id");

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::seed::Seed;
    use crate::seed::tree::Object;

    /// What a member of another body says.
    const SAID_BY_MEMBERS: &[&str] = &[
        "applications/{}/secret",
        "billOfMaterials",
        "propagation/mappings/{}",
        "resources/{}/secret",
        "themes/{}/default",
        "type",
        "users/{}/enabled",
        "users/{}/identityProvider",
        "users/{}/mfaEnabled",
        "users/{}/password",
        "users/{}/population",
        "users/{}/verifyStatus",
    ];

    /// What is asked or done, and sets nothing up.
    const DONE: &[&str] = &[
        "activities",
        "apiServers/{}/deployment",
        "applications/{}/flowPolicyAssignments",
        "credentialTypes/{}/issuanceRules/{}/stagedChanges",
        "keys/{}/csr",
        "keys/{}/pkcs12",
        "propagation/revisions",
        "propagation/storeMetadata",
        "status",
    ];

    /// What is left out, each with the words by which `docs/seed.md` says so.
    const LEFT_OUT: &[(&str, &str)] = &[
        ("customDomains", "custom domains"),
        ("gateways/{}/credentials", "credentials of gateways"),
        ("users/{}/agreementConsents", "consents"),
        ("users/{}/credentials", "verifiable credentials"),
        ("users/{}/devices", "second-factor devices"),
        ("users/{}/devices/{}/nickname", "second-factor devices"),
        ("users/{}/digitalWallets", "wallets"),
        ("users/{}/pairingKeys", "second-factor devices"),
        ("users/{}/verifyTransactions", "verifications"),
    ];

    /// The paths of a kind's objects and of what is below them, below the environment.
    fn paths(kind: &Kind, above: &str, found: &mut BTreeSet<String>) {
        let own = kind.path.replace("{id}", "{}");
        let path = match own.strip_prefix('/') {
            Some(own) => own.to_owned(),
            None if above.is_empty() => own,
            None => format!("{above}/{{}}/{own}"),
        };
        found.insert(path.clone());
        for child in kind.children {
            paths(child, &path, found);
        }
    }

    #[test]
    fn whatever_the_management_api_sets_up_is_carried_or_said_to_be_left_out() {
        let documented = include_str!("../../../../docs/seed.md");
        let mut carried = BTreeSet::new();
        for kind in ENVIRONMENT.children {
            paths(kind, "", &mut carried);
        }
        let mut unknown = BTreeSet::new();
        for operation in idp::management_operations() {
            let Some(below) = operation.path.strip_prefix("/environments/{environment}/") else {
                continue;
            };
            if !matches!(operation.method.as_str(), "POST" | "PUT") {
                continue;
            }
            let segments = below.split('/');
            let segments = segments.map(|one| if one.starts_with('{') { "{}" } else { one });
            let path = segments.collect::<Vec<_>>().join("/");
            let collection = path.strip_suffix("/{}").unwrap_or(&path);
            if carried.contains(&path) || carried.contains(collection) {
                continue;
            }
            let is_it = |known: &str| known == path || known == collection;
            if SAID_BY_MEMBERS.iter().chain(DONE).any(|known| is_it(known)) {
                continue;
            }
            match LEFT_OUT.iter().find(|(known, _)| is_it(known)) {
                Some((_, words)) => assert!(documented.contains(words), "{path}: {words}"),
                None => drop(unknown.insert(path)),
            }
        }
        assert!(
            unknown.is_empty(),
            "neither carried nor left out: {unknown:#?}"
        );
    }

    #[test]
    fn the_seed_that_is_written_out_and_compared_holds_one_of_every_kind() {
        fn note(object: &Object, found: &mut BTreeSet<*const Kind>) {
            found.insert(std::ptr::from_ref(object.kind));
            object.children.iter().for_each(|child| note(child, found));
        }
        fn require(kinds: &[Kind], above: &str, found: &BTreeSet<*const Kind>) {
            for kind in kinds {
                let path = format!("{above}.{}", kind.key);
                assert!(found.contains(&std::ptr::from_ref(kind)), "none of {path}");
                require(kind.children, &path, found);
            }
        }
        let text = include_str!("../../tests/it/seed/everything.toml");
        let seed = Seed::parse(text, "everything.toml").unwrap();
        let mut found = BTreeSet::new();
        seed.environments
            .iter()
            .for_each(|environment| note(environment, &mut found));
        require(ENVIRONMENT.children, "environments", &found);
    }
}
