//! The configuration of services that are not provided: it is kept, checked and returned.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::world::World;

fn otp() -> Value {
    json!({
        "attempts": {"count": 5}, "lifeTime": {"duration": 10, "timeUnit": "MINUTES"},
        "deliveries": {"count": 3, "cooldown": {"duration": 30, "timeUnit": "SECONDS"}},
        "notification": {"templateName": "email_phone_verification"},
    })
}

fn verify_policy() -> Value {
    json!({
        "name": "Passport", "governmentId": {"verify": "REQUIRED", "inspectionType": "AUTOMATIC"},
        "facialComparison": {"verify": "OPTIONAL", "threshold": "HIGH"},
        "email": {"verify": "OPTIONAL", "createMfaDevice": true, "otp": otp()},
        "transaction": {"timeout": {"duration": 30, "timeUnit": "MINUTES"}},
    })
}

fn credential_type() -> Value {
    json!({
        "title": "Badge", "cardDesignTemplate": "<svg/>",
        "metadata": {"name": "Badge", "fields": [
            {"type": "Directory Attribute", "title": "Given", "attribute": "name.given", "isVisible": true},
        ]},
    })
}

fn api_server(resource: &Value) -> Value {
    json!({
        "name": "Bank", "baseUrls": ["https://bank.example.com"],
        "authorizationServer": {"type": "PINGONE_SSO", "resource": {"id": resource["id"]}},
    })
}

fn resource(name: &str) -> Value {
    json!({"name": name, "audience": name, "type": "CUSTOM"})
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table of all services")]
async fn what_a_service_is_configured_with_comes_back_and_is_refused_by_the_members_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let bank = api.make("resources", &resource("bank")).await;
    let predictor = json!({"name": "New device", "compactName": "newDevice", "type": "DEVICE",
        "detect": "NEW_DEVICE", "default": {"weight": 5}});
    let policies = json!({"name": "Careful", "defaultResult": {"level": "LOW"}, "riskPolicies": [
        {"name": "High", "condition": {"value": "${details.a}", "equals": true},
            "result": {"level": "HIGH"}}]});
    let endpoint = json!({"name": "Decide", "description": "d", "recordRecentRequests": true});
    let fido = json!({"description": "Key", "aaguid": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"});
    let profile = json!({"name": "Issuer"});
    for (path, body, wrong, value, member) in [
        (
            "apiServers",
            api_server(&bank),
            "/authorizationServer/type",
            json!("OTHER"),
            "authorizationServer.type",
        ),
        (
            "apiServers",
            api_server(&bank),
            "/baseUrls/0",
            json!("bank"),
            "baseUrls",
        ),
        (
            "applicationRoles",
            json!({"name": "Clerk"}),
            "/name",
            json!(7),
            "name",
        ),
        (
            "decisionEndpoints",
            endpoint,
            "/recordRecentRequests",
            json!("x"),
            "recordRecentRequests",
        ),
        (
            "credentialTypes",
            credential_type(),
            "/metadata/fields/0/type",
            json!("Other"),
            "metadata.fields.type",
        ),
        (
            "credentialIssuerProfile",
            profile,
            "/name",
            json!(" "),
            "name",
        ),
        (
            "riskPredictors",
            predictor.clone(),
            "/detect",
            Value::Null,
            "detect",
        ),
        ("riskPredictors", predictor, "/type", json!("BOT"), "detect"),
        (
            "riskPolicySets",
            policies,
            "/riskPolicies/0/result/level",
            json!("NONE"),
            "riskPolicies.result.level",
        ),
        (
            "verifyPolicies",
            verify_policy(),
            "/facialComparison/threshold",
            json!("NONE"),
            "facialComparison.threshold",
        ),
        (
            "verifyPolicies",
            verify_policy(),
            "/email/otp/lifeTime/duration",
            json!(31),
            "email.otp.lifeTime.duration",
        ),
        (
            "voicePhrases",
            json!({"displayName": "My voice"}),
            "/displayName",
            json!(""),
            "displayName",
        ),
        ("fidoDevicesMetadata", fido, "/aaguid", json!("x"), "aaguid"),
    ] {
        let mut refused = body.clone();
        *refused.pointer_mut(wrong).unwrap() = value;
        let refusal = api.post(path, &refused).await;
        assert_eq!(refusal.status, StatusCode::BAD_REQUEST, "{path} {wrong}");
        assert_eq!(
            refusal.json()["details"][0]["target"],
            json!(member),
            "{path} {wrong}"
        );
        let mut own = body.clone();
        if let Some(name) = own.get_mut("name").or(None) {
            *name = json!(format!("{} {}", name.as_str().unwrap(), wrong.len()));
        }
        let made = api.post(path, &own).await;
        if made.status == StatusCode::BAD_REQUEST {
            // The same path was walked before.
            assert_eq!(
                made.json()["details"][0]["code"],
                json!("UNIQUENESS_VIOLATION"),
                "{path}"
            );
            continue;
        }
        assert!(made.status.is_success(), "{path} {}", made.body);
        let made = made.json();
        for (name, sent) in own.as_object().unwrap() {
            if sent.is_string() || sent.is_boolean() {
                assert_eq!(made[name], *sent, "{path} {name}");
            }
        }
        let at = made["_links"]["self"]["href"].as_str().unwrap().to_owned();
        let read = api.get(&at).await.expect(StatusCode::OK).json();
        assert_eq!(read, made, "{path}");
        let replaced = api.put(&at, &own).await;
        replaced.expect(StatusCode::OK);
    }
}

#[tokio::test]
async fn an_application_role_is_named_by_its_users_and_its_permissions() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let bank = api.make("resources", &resource("bank")).await;
    let accounts = format!("resources/{}/applicationResources", id(&bank));
    let accounts = api.make(&accounts, &json!({"name": "accounts"})).await;
    let listed = api
        .get("applicationResources")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(
        listed["_embedded"]["applicationResources"][0]["id"],
        accounts["id"]
    );
    let at = format!("applicationResources/{}", id(&accounts));
    assert_eq!(
        api.get(&at).await.expect(StatusCode::OK).json()["name"],
        "accounts"
    );
    let permissions = format!("{at}/permissions");
    let permission = api.make(&permissions, &json!({"action": "read"})).await;
    let role = api
        .make(
            "applicationRoles",
            &json!({"name": "Clerk", "description": "d"}),
        )
        .await;

    let of_role = format!("applicationRoles/{}/permissions", id(&role));
    let named = api.make(&of_role, &json!({"id": permission["id"]})).await;
    assert_eq!(named["id"], permission["id"]);
    assert_eq!(named["key"], "accounts:read");
    let again = api.post(&of_role, &json!({"id": permission["id"]})).await;
    refused(&again, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "id");

    let user = api.make_user("ada").await;
    let of_user = format!("users/{}/applicationRoles", id(&user));
    let nobody = json!({"id": "7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"});
    refused(
        &api.post(&of_user, &nobody).await,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "id",
    );
    let given = api.make(&of_user, &json!({"id": role["id"]})).await;
    assert_eq!(
        (&given["id"], &given["name"]),
        (&role["id"], &json!("Clerk"))
    );
    let held = api.get(&of_user).await.expect(StatusCode::OK).json();
    assert_eq!(held["_embedded"]["roles"][0]["id"], role["id"]);
    let assignments = format!("applicationRoles/{}/assignments", id(&role));
    let listed = api.get(&assignments).await.expect(StatusCode::OK).json();
    assert_eq!(
        listed["_embedded"]["assignments"][0]["user"]["id"],
        user["id"]
    );

    let at = format!("{of_role}/{}", id(&permission));
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(api.get(&at).await.status, StatusCode::NOT_FOUND);
    // With the role go those who have it.
    let at = format!("applicationRoles/{}", id(&role));
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    let listed = api.get(&of_user).await.expect(StatusCode::OK).json();
    assert_eq!(listed["count"], json!(0));
}

#[tokio::test]
async fn a_credential_type_counts_its_versions_and_its_rules_stage_nothing() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.make("credentialTypes", &credential_type()).await;
    let at = format!("credentialTypes/{}", id(&made));
    assert_eq!(made["version"]["number"], json!(1));
    let replaced = api
        .put(&at, &credential_type())
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(replaced["version"]["number"], json!(2));
    let versions = api
        .get(&format!("{at}/versions"))
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(versions["_embedded"]["versions"][0], made["version"]);
    let of_first = format!("{at}/versions/{}", made["version"]["id"].as_str().unwrap());
    assert_eq!(
        api.get(&of_first).await.expect(StatusCode::OK).json()["number"],
        json!(1)
    );
    assert_eq!(
        api.get(&format!("{at}/versions/other")).await.status,
        StatusCode::NOT_FOUND
    );

    let rule = json!({"status": "ACTIVE", "automation": {"issue": "ON_DEMAND", "update": "PERIODIC",
        "revoke": "PERIODIC"}});
    let rule = api.make(&format!("{at}/issuanceRules"), &rule).await;
    let rule = format!("{at}/issuanceRules/{}", id(&rule));
    let staged = format!("{rule}/stagedChanges");
    assert_eq!(
        api.get(&staged).await.expect(StatusCode::OK).json()["count"],
        json!(0)
    );
    let action = "credentials.applyStagedChanges+json";
    let apply = json!({"issue": [id(&api.make_user("ada").await)]});
    let refusal = api.act(Method::POST, &staged, action, &apply).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "issue");
    let nothing = api.act(Method::POST, &staged, action, &json!({})).await;
    nothing.expect(StatusCode::OK);
    let counts = api
        .get(&format!("{rule}/usageCounts"))
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(counts["issued"], json!(0));
}

#[tokio::test]
async fn an_api_server_tells_when_it_was_deployed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let bank = api.make("resources", &resource("bank")).await;
    let server = api.make("apiServers", &api_server(&bank)).await;
    let at = format!("apiServers/{}/deployment", id(&server));
    let before = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(before["status"]["code"], "DEPLOYMENT_UNINITIALIZED");
    let deployed = api
        .act(Method::POST, &at, "apiserver.deploy+json", &Value::Null)
        .await;
    let deployed = deployed.expect(StatusCode::OK).json();
    assert_eq!(deployed["status"]["code"], "DEPLOYMENT_SUCCESSFUL");
    let read = api.get(&at).await.json();
    assert_eq!(read["deployedAt"], deployed["deployedAt"]);
    // The resource is in use.
    let refusal = api.delete(&format!("resources/{}", id(&bank))).await;
    assert_eq!(refusal.status, StatusCode::BAD_REQUEST, "{}", refusal.body);
}

#[tokio::test]
async fn a_user_is_asked_to_prove_who_they_are_without_a_body() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let user = api.make_user("ada").await;
    let path = format!("users/{}/verifyTransactions", id(&user));
    let made = api.send(Method::POST, &path, &[], "").await;
    let made = made.expect(StatusCode::CREATED).json();
    assert_eq!(made["transactionStatus"]["status"], "REQUESTED");
    let code = made["webVerificationCode"].as_str().unwrap().to_owned();
    let at = format!("{path}/{}", id(&made));
    let approved = json!({"transactionStatus": {"status": "APPROVED_MANUALLY"}});
    let approved = api.put(&at, &approved).await.expect(StatusCode::OK).json();
    assert_eq!(approved["transactionStatus"]["status"], "APPROVED_MANUALLY");
    assert_eq!(approved["webVerificationCode"], json!(code));
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_mapping_is_found_with_and_without_its_rule() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let store = |name: &str| json!({"name": name, "type": "scim", "configuration": {}});
    let source = api.make("propagation/stores", &store("Source")).await;
    let target = api.make("propagation/stores", &store("Target")).await;
    let plan = api
        .make("propagation/plans", &json!({"name": "Plan"}))
        .await;
    let rule = json!({"name": "Rule", "plan": {"id": plan["id"]},
        "sourceStore": {"id": source["id"]}, "targetStore": {"id": target["id"]}});
    let rule = api.make("propagation/rules", &rule).await;
    let of_plan = format!("propagation/plans/{}/rules", id(&plan));
    let listed = api.get(&of_plan).await.expect(StatusCode::OK).json();
    assert_eq!(listed["_embedded"]["rules"][0]["id"], rule["id"]);

    let mappings = format!("propagation/rules/{}/mappings", id(&rule));
    let body = json!({"sourceAttribute": "email", "targetAttribute": "workEmail"});
    let made = api.make(&mappings, &body).await;
    let at = format!("propagation/mappings/{}", id(&made));
    let read = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(
        read,
        api.get(made["_links"]["self"]["href"].as_str().unwrap())
            .await
            .json()
    );
    let without = api.put(&at, &json!({"targetAttribute": "mail"})).await;
    refused(
        &without,
        400,
        "INVALID_DATA",
        "REQUIRED_VALUE",
        "sourceAttribute",
    );
    let at = format!("propagation/mapping/{}", id(&made));
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    assert_eq!(api.get(&mappings).await.json()["count"], json!(0));

    assert_eq!(
        api.get("propagation/revisions/id:latest").await.status,
        StatusCode::NOT_FOUND
    );
    let revision = api
        .send(Method::POST, "propagation/revisions", &[], "")
        .await;
    let revision = revision.expect(StatusCode::CREATED).json();
    let latest = api.get("propagation/revisions/id:latest").await.json();
    assert_eq!(latest["id"], revision["id"]);
}

#[tokio::test]
async fn a_variant_of_a_template_is_renamed_and_deleted_as_a_whole() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let contents = "templates/strong_authentication/contents";
    for locale in ["en", "de"] {
        let body = json!({"locale": locale, "deliveryMethod": "Email", "variant": "old",
            "subject": "Code", "body": "Your code: ${otp}"});
        let language = json!({"locale": locale, "enabled": true});
        api.post("languages", &language).await;
        api.make(contents, &body).await;
    }
    let chosen = |variant: &str| {
        format!(
            "{contents}?filter={}",
            crate::management::encoded(&format!("variant eq \"{variant}\""))
        )
    };
    let all = api.patch(contents, &json!({"variant": "new"})).await;
    refused(&all, 400, "INVALID_DATA", "REQUIRED_VALUE", "filter");
    let renamed = api.patch(&chosen("old"), &json!({"variant": "new"})).await;
    let renamed = renamed.expect(StatusCode::OK).json();
    assert_eq!(
        renamed["_embedded"]["contents"].as_array().unwrap().len(),
        2
    );
    let left = api.get(&chosen("old")).await.expect(StatusCode::OK).json();
    assert_eq!(left["_embedded"]["contents"], json!([]));
    api.delete(&chosen("new"))
        .await
        .expect(StatusCode::NO_CONTENT);
    let left = api.get(&chosen("new")).await.json();
    assert_eq!(left["_embedded"]["contents"], json!([]));
}

#[tokio::test]
async fn a_key_tells_which_applications_name_it() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let key = json!({"name": "own", "algorithm": "EC", "keyLength": 256, "usageType": "SIGNING",
        "signatureAlgorithm": "SHA256withECDSA", "subjectDN": "CN=own", "validityPeriod": 365});
    let key = api.make("keys", &key).await;
    let path = format!("keys/{}/applications", id(&key));
    let before = api.get(&path).await.expect(StatusCode::OK).json();
    assert_eq!(before["count"], json!(0));
    let application = json!({"name": "saml", "enabled": true, "type": "WEB_APP", "protocol": "SAML",
        "acsUrls": ["https://example.com/acs"], "assertionDuration": 3600, "spEntityId": "sp:1",
        "idpSigning": {"key": {"id": key["id"]}, "algorithm": "SHA256withECDSA"}});
    let application = api.make("applications", &application).await;
    let after = api.get(&path).await.json();
    assert_eq!(
        after["_embedded"]["applications"][0]["id"],
        application["id"]
    );
}
