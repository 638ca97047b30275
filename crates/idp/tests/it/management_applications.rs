//! Applications of every kind, what is obeyed of their settings, and their attribute mappings.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::world::{World, claims};

/// An application of OpenID Connect for a browser.
fn web(name: &str) -> Value {
    json!({
        "name": name, "type": "WEB_APP", "protocol": "OPENID_CONNECT", "enabled": true,
        "grantTypes": ["AUTHORIZATION_CODE"], "responseTypes": ["CODE"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        "redirectUris": ["https://shop.example/cb"],
    })
}

fn saml(name: &str) -> Value {
    json!({
        "name": name, "type": "WEB_APP", "protocol": "SAML", "enabled": true,
        "acsUrls": ["https://sp.example/acs"], "assertionDuration": 3600,
        "spEntityId": format!("sp:{name}"),
    })
}

fn with(body: &Value, member: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[member] = value;
    body
}

fn at(application: &Value) -> String {
    format!("applications/{}", application["id"].as_str().unwrap())
}

async fn of_type(api: &Api<'_>, application_type: &str) -> Vec<Value> {
    let all = api.get("applications").await.expect(StatusCode::OK).json();
    let all = all["_embedded"]["applications"].as_array().unwrap();
    let all = all.iter().filter(|one| one["type"] == application_type);
    all.cloned().collect()
}

#[tokio::test]
async fn applications_of_other_protocols_are_kept_with_their_own_members() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let key = json!({
        "name": "Office", "usageType": "SIGNING", "algorithm": "EC", "keyLength": 256,
        "signatureAlgorithm": "SHA256withECDSA", "validityPeriod": 365, "subjectDN": "CN=Office",
    });
    let key = json!({ "id": api.make("keys", &key).await["id"] });
    let link = json!({
        "name": "Wiki", "type": "PORTAL_LINK_APP", "protocol": "EXTERNAL_LINK", "enabled": true,
        "homePageUrl": "https://wiki.example/",
    });
    let ws_fed = json!({
        "name": "Office", "type": "WEB_APP", "protocol": "WS_FED", "enabled": true,
        "domainName": "office.example", "replyUrl": "https://office.example/",
        "idpSigning": { "key": key, "algorithm": "SHA256withRSA" },
    });
    for body in [saml("Payroll"), ws_fed, link] {
        let made = api.make("applications", &body).await;
        for (name, value) in body.as_object().unwrap() {
            assert_eq!(made[name], *value, "{name} of {made}");
        }
        for foreign in [
            "clientId",
            "grantTypes",
            "tokenEndpointAuthMethod",
            "redirectUris",
        ] {
            assert_eq!(made.get(foreign), None, "{made}");
        }
        let path = at(&made);
        assert_eq!(api.get(&path).await.expect(StatusCode::OK).json(), made);
        let secret = api.get(&format!("{path}/secret")).await;
        refused(&secret, 404, "NOT_FOUND", "", "");
        let off = with(&body, "enabled", json!(false));
        let replaced = api.put(&path, &off).await.expect(StatusCode::OK).json();
        assert_eq!(replaced["enabled"], false);
        api.delete(&path).await.expect(StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn what_does_not_fit_the_kind_of_application_is_refused_by_its_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let web = web("Shop");
    let grants = with(&saml("Payroll"), "grantTypes", json!(["IMPLICIT"]));
    let no_address = json!({
        "name": "Wiki", "type": "PORTAL_LINK_APP", "protocol": "EXTERNAL_LINK", "enabled": true,
    });
    for (body, code, target) in [
        (
            with(&web, "type", json!("PORTAL_LINK_APP")),
            "INVALID_VALUE",
            "type",
        ),
        (
            with(&web, "type", json!("PING_ONE_PORTAL")),
            "INVALID_VALUE",
            "type",
        ),
        (
            with(&web, "protocol", json!("EXTERNAL_LINK")),
            "INVALID_VALUE",
            "protocol",
        ),
        (with(&web, "mobile", json!({})), "INVALID_VALUE", "mobile"),
        (
            with(&web, "acsUrls", json!(["https://a.example/"])),
            "INVALID_VALUE",
            "acsUrls",
        ),
        (
            with(&web, "parTimeout", json!(601)),
            "INVALID_VALUE",
            "parTimeout",
        ),
        (
            with(&web, "assignActorRoles", json!(true)),
            "INVALID_VALUE",
            "assignActorRoles",
        ),
        (
            with(&web, "jwks", json!("no keys")),
            "INVALID_VALUE",
            "jwks",
        ),
        (grants, "INVALID_VALUE", "grantTypes"),
        (
            with(&saml("Payroll"), "spEntityId", json!("")),
            "REQUIRED_VALUE",
            "spEntityId",
        ),
        (no_address, "REQUIRED_VALUE", "homePageUrl"),
    ] {
        let answer = api.post("applications", &body).await;
        refused(&answer, 400, "INVALID_DATA", code, target);
    }
}

#[tokio::test]
async fn what_an_application_is_known_by_elsewhere_is_unique_and_stays() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    api.make("applications", &saml("Payroll")).await;
    let second = with(&saml("Other"), "spEntityId", json!("sp:Payroll"));
    let answer = api.post("applications", &second).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "UNIQUENESS_VIOLATION",
        "spEntityId",
    );

    let native = json!({
        "name": "Phone", "type": "NATIVE_APP", "protocol": "OPENID_CONNECT", "enabled": true,
        "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        "mobile": { "bundleId": "com.example.phone" },
    });
    let made = api.make("applications", &native).await;
    let mobile = json!({
        "bundleId": "com.example.phone", "passcodeGracePeriod": 5,
        "passcodeRefreshDuration": { "duration": 30, "timeUnit": "SECONDS" },
        "integrityDetection": { "mode": "DISABLED" },
    });
    assert_eq!(made["mobile"], mobile);
    let second = with(&native, "name", json!("Tablet"));
    let answer = api.post("applications", &second).await;
    let target = "mobile.bundleId";
    refused(&answer, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", target);
    let renamed = with(
        &native,
        "mobile",
        json!({ "bundleId": "com.example.other" }),
    );
    let answer = api.put(&at(&made), &renamed).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    // Who is gone holds nothing.
    api.delete(&at(&made)).await.expect(StatusCode::NO_CONTENT);
    api.make("applications", &second).await;
}

#[tokio::test]
async fn secrets_for_googles_verdicts_are_checked_and_not_kept() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let native = json!({
        "name": "Phone", "type": "NATIVE_APP", "protocol": "OPENID_CONNECT", "enabled": true,
        "grantTypes": ["CLIENT_CREDENTIALS"], "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        "mobile": { "integrityDetection": {
            "mode": "ENABLED", "excludedPlatforms": ["IOS"], "cacheDuration": { "amount": 30 },
            "googlePlay": {
                "verificationType": "INTERNAL", "decryptionKey": "hush", "verificationKey": "hush",
            },
        }},
    });
    let made = api.make("applications", &native).await;
    let detection = &made["mobile"]["integrityDetection"];
    assert_eq!(
        detection["googlePlay"],
        json!({ "verificationType": "INTERNAL" })
    );
    assert_eq!(detection["cacheDuration"]["units"], "MINUTES");
    let mut without = native.clone();
    without["name"] = json!("Tablet");
    without["mobile"]["integrityDetection"]["googlePlay"] = Value::Null;
    let answer = api.post("applications", &without).await;
    let target = "mobile.integrityDetection.googlePlay";
    refused(&answer, 400, "INVALID_DATA", "REQUIRED_VALUE", target);
}

#[tokio::test]
async fn every_environment_has_the_systems_own_applications_and_keeps_them() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let portal = of_type(&api, "PING_ONE_PORTAL").await.remove(0);
    assert_eq!(portal["name"], "PingOne Application Portal");
    assert_eq!(portal["tokenEndpointAuthMethod"], "NONE");
    let answer = api.delete(&at(&portal)).await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let answer = api
        .put(&at(&portal), &with(&portal, "name", json!("Ours")))
        .await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "name");
    let body = with(&portal, "applyDefaultTheme", json!(true));
    let off = with(&body, "enabled", json!(false));
    let replaced = api
        .put(&at(&portal), &off)
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(replaced["enabled"], false);
    assert_eq!(replaced["applyDefaultTheme"], true);
    assert_eq!(of_type(&api, "PING_ONE_SELF_SERVICE").await.len(), 1);
    let answer = api.get(&format!("{}/secret", at(&portal))).await;
    refused(&answer, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn a_wildcard_lets_addresses_of_its_own_site_in_where_it_is_allowed() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let wild = with(
        &web("Shop"),
        "redirectUris",
        json!(["https://shop.example/*"]),
    );
    let answer = api.post("applications", &wild).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "redirectUris",
    );
    let message = &answer.json()["message"];
    assert_eq!(*message, "Wildcards are not allowed in redirect URIs.");
    let allowed = with(&wild, "allowWildcardInRedirectUris", json!(true));
    let open = with(&allowed, "redirectUris", json!(["https://*.example/"]));
    let answer = api.post("applications", &open).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "redirectUris",
    );

    let made = api.make("applications", &allowed).await;
    let id = made["id"].as_str().unwrap();
    let request = world
        .request()
        .set("client_id", id)
        .set("response_type", "code");
    for (uri, status) in [
        ("https://shop.example/in/cb", StatusCode::FOUND),
        ("https://shop.example.evil.test/cb", StatusCode::BAD_REQUEST),
        ("https://shop.example/*", StatusCode::BAD_REQUEST),
    ] {
        let request = request.clone().set("redirect_uri", uri);
        let answer = world.browser().authorize(&world, &request).await;
        assert_eq!(answer.status, status, "{uri}");
    }
}

#[tokio::test]
async fn a_demand_that_is_not_provided_for_lets_no_request_in() {
    let world = World::new().await;
    for (member, value, error) in [
        (
            "requireSignedRequestObject",
            json!(true),
            "request_not_supported",
        ),
        (
            "parRequirement",
            json!("REQUIRED"),
            "request_uri_not_supported",
        ),
    ] {
        let (browser, received) = world.sign_on(&world.request()).await;
        assert!(received.find("code").is_some());
        drop(browser);
        world
            .change_application(|settings| settings[member] = value)
            .await;
        let mut browser = world.browser();
        let answer = browser.authorize(&world, &world.request()).await;
        let received = crate::world::Received::at(answer.location());
        assert_eq!(received.param("error"), error);
        world
            .change_application(|settings| settings[member] = Value::Null)
            .await;
    }
}

#[tokio::test]
async fn mappings_say_what_an_application_is_told_and_where() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let attributes = format!("applications/{}/attributes", world.demo.client_id);
    let seeded = api.get(&attributes).await.expect(StatusCode::OK).json();
    let core = &seeded["_embedded"]["attributes"][0];
    assert_eq!(core["name"], "sub");
    assert_eq!(core["mappingType"], "CORE");
    let before = world.tokens().await;
    let id = claims(before["id_token"].as_str().unwrap())["sub"].clone();
    assert!(claims(before["id_token"].as_str().unwrap())["email"].is_string());

    let email = json!({ "name": "email", "value": "${user.email}", "idToken": false });
    let made = api.make(&attributes, &email).await;
    assert_eq!(made["mappingType"], "CUSTOM");
    assert_eq!(made["oidcScopes"].as_array().unwrap().len(), 1, "{made}");
    let greeting =
        json!({ "name": "greeting", "value": "Hello ${user.username}!", "userInfo": false });
    api.make(&attributes, &greeting).await;
    let nothing = json!({ "name": "nothing", "value": "${user.costCentre}" });
    api.make(&attributes, &nothing).await;
    let tokens = world.tokens().await;
    let told = claims(tokens["id_token"].as_str().unwrap());
    assert_eq!(told.get("email"), None, "{told}");
    assert_eq!(
        told["greeting"],
        format!("Hello {}!", world.demo.user.username)
    );
    assert_eq!(told.get("nothing"), None, "{told}");
    assert_eq!(told["sub"], id);
    let token = tokens["access_token"].as_str().unwrap();
    let told = world.userinfo(token).await.expect(StatusCode::OK).json();
    assert!(told["email"].is_string(), "{told}");
    assert_eq!(told.get("greeting"), None, "{told}");

    // A change counts for what was issued before it.
    let at = format!("{attributes}/{}", made["id"].as_str().unwrap());
    let silent = with(
        &with(&made, "idToken", json!(true)),
        "userInfo",
        json!(false),
    );
    api.put(&at, &silent).await.expect(StatusCode::OK);
    let told = world.userinfo(token).await.expect(StatusCode::OK).json();
    assert_eq!(told.get("email"), None, "{told}");
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    let told = world.userinfo(token).await.expect(StatusCode::OK).json();
    assert!(told["email"].is_string(), "{told}");
}

/// Anybody could have entered it.
#[tokio::test]
async fn an_address_that_nobody_proved_is_no_identifier() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let attributes = format!("applications/{}/attributes", world.demo.client_id);
    let seeded = api.get(&attributes).await.expect(StatusCode::OK).json();
    let core = &seeded["_embedded"]["attributes"][0];
    let path = format!("{attributes}/{}", core["id"].as_str().unwrap());
    let by_address = with(core, "value", json!("${user.email}"));
    api.put(&path, &by_address).await.expect(StatusCode::OK);
    let tokens = world.tokens().await;
    let token = tokens["access_token"].as_str().unwrap();
    let before = world.userinfo(token).await.expect(StatusCode::OK).json();
    let user = format!("users/{}", claims(token)["sub"].as_str().unwrap());
    let owner = Api::user(&world, "openid p1:read:user p1:update:user").await;
    let entered = json!({ "email": "victim@corp.example" });
    owner.patch(&user, &entered).await.expect(StatusCode::OK);
    let after = world.userinfo(token).await.expect(StatusCode::OK).json();
    assert_eq!(after["sub"], before["sub"]);
    assert!(before["sub"].as_str().unwrap().contains('@'), "{before}");
}

#[tokio::test]
async fn the_identifier_of_users_can_be_another_and_is_the_same_everywhere() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let attributes = format!("applications/{}/attributes", world.demo.client_id);
    let seeded = api.get(&attributes).await.expect(StatusCode::OK).json();
    let core = &seeded["_embedded"]["attributes"][0];
    let path = format!("{attributes}/{}", core["id"].as_str().unwrap());
    let answer = api.delete(&path).await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let answer = api.put(&path, &with(core, "name", json!("subject"))).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "name");
    let name = with(core, "value", json!("${user.username}"));
    api.put(&path, &name).await.expect(StatusCode::OK);

    let tokens = world.tokens().await;
    let id_token = tokens["id_token"].as_str().unwrap();
    let told = claims(id_token);
    assert_eq!(told["sub"], world.demo.user.username);
    let token = tokens["access_token"].as_str().unwrap();
    let info = world.userinfo(token).await.expect(StatusCode::OK).json();
    assert_eq!(info["sub"], told["sub"]);
    // Access tokens are about the user, and a hint still says who that is.
    assert_eq!(claims(token)["sub"], told["p1.userId"]);
    let request = world.request().set("id_token_hint", id_token);
    let (_, received) = world.sign_on(&request).await;
    assert!(received.find("code").is_some());
}

#[tokio::test]
async fn no_mapping_takes_the_place_of_what_a_token_rests_on() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let attributes = format!("applications/{}/attributes", world.demo.client_id);
    for name in [
        "aud",
        "iss",
        "exp",
        "nonce",
        "scope",
        "client_id",
        "p1.userId",
    ] {
        let body = json!({ "name": name, "value": "mine" });
        let answer = api.post(&attributes, &body).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "name");
    }
    let second = api
        .post(&attributes, &json!({ "name": "sub", "value": "x" }))
        .await;
    refused(&second, 400, "INVALID_DATA", "UNIQUENESS_VIOLATION", "name");
    let other = json!(["7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"]);
    for (body, target) in [
        (json!({ "name": "a", "value": "${user.x" }), "value"),
        (
            json!({ "name": "a", "value": "x", "oidcScopes": other }),
            "oidcScopes",
        ),
        (
            json!({ "name": "a", "value": "x", "idToken": false, "userInfo": false }),
            "idToken",
        ),
    ] {
        let answer = api.post(&attributes, &body).await;
        refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", target);
    }
    let link = json!({
        "name": "Wiki", "type": "PORTAL_LINK_APP", "protocol": "EXTERNAL_LINK", "enabled": true,
        "homePageUrl": "https://wiki.example/",
    });
    let link = api.make("applications", &link).await;
    let body = json!({ "name": "a", "value": "x" });
    let answer = api.post(&format!("{}/attributes", at(&link)), &body).await;
    refused(&answer, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}
