//! Keys, certificates and key rotation policies.

use axum::body::Body;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::management::{Api, id, refused};
use crate::world::{Answer, World, header};

pub(crate) fn key(name: &str) -> Value {
    json!({
        "name": name, "usageType": "ENCRYPTION", "algorithm": "EC", "keyLength": 256,
        "signatureAlgorithm": "SHA384withECDSA", "validityPeriod": 365,
        "subjectDN": format!("CN={name}, OU=Ping Identity, O=Ping Identity, L=, ST=, C=US"),
    })
}

fn signing_key(name: &str) -> Value {
    let mut body = key(name);
    body["usageType"] = json!("SIGNING");
    body["algorithm"] = json!("RSA");
    body["keyLength"] = json!(2048);
    body["signatureAlgorithm"] = json!("SHA256withRSA");
    body
}

pub(crate) async fn export(api: &Api<'_>, path: &str, media: &str) -> Answer {
    let request = Request::get(api.path(path))
        .header(AUTHORIZATION, format!("Bearer {}", api.token))
        .header(ACCEPT, media);
    let request = request.body(Body::empty()).unwrap();
    api.world.send(request).await.expect(StatusCode::OK)
}

/// The id of a certificate of its own.
pub(crate) async fn certificate(api: &Api<'_>, name: &str) -> String {
    let own = format!("keys/{}", id(&api.make("keys", &key(name)).await));
    let pem = export(api, &own, "application/x-x509-ca-cert").await;
    let imported = upload(api, "certificates", "SIGNING", &pem.body).await;
    id(&imported.expect(StatusCode::ACCEPTED).json())
}

/// A form with a file and a text beside it.
pub(crate) async fn upload(api: &Api<'_>, path: &str, usage: &str, file: &str) -> Answer {
    let body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"usageType\"\r\n\r\n{usage}\r\n\
         --b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n{file}\r\n--b--\r\n"
    );
    let media = ["multipart/form-data; boundary=b"];
    api.send(Method::POST, path, &media, body).await
}

#[tokio::test]
async fn a_key_is_made_with_its_certificate_and_shows_no_private_half() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut body = key("Mail");
    body["serialNumber"] = json!(1_662_023_413_215_u64);
    body["issuerDN"] = json!("CN=My CA, OU=Ping Identity, O=Ping Identity, L=, ST=, C=US");
    let made = api.make("keys", &body).await;
    for member in [
        "subjectDN",
        "issuerDN",
        "serialNumber",
        "keyLength",
        "validityPeriod",
    ] {
        assert_eq!(made[member], body[member], "{member}");
    }
    assert_eq!(
        (&made["status"], &made["default"]),
        (&json!("VALID"), &json!(false))
    );
    assert!(made.get("material").is_none() && made.get("serial").is_none());

    let at = format!("keys/{}", id(&made));
    let pem = export(&api, &at, "application/x-x509-ca-cert").await;
    assert!(pem.body.starts_with("-----BEGIN CERTIFICATE-----"));
    assert!(!pem.body.contains("PRIVATE"));
    let request = export(&api, &format!("{at}/csr"), "application/x-pem-file").await;
    assert!(
        request
            .body
            .starts_with("-----BEGIN CERTIFICATE REQUEST-----")
    );

    // The certificate of a key is a certificate; it is no answer to another key's request.
    let imported = upload(&api, "certificates", "SIGNING", &pem.body).await;
    let imported = imported.expect(StatusCode::ACCEPTED).json();
    assert_eq!(imported["name"], "Mail");
    assert_eq!(imported["serialNumber"], body["serialNumber"]);
    assert_eq!(
        imported["subjectDN"],
        "C=US,ST=,L=,O=Ping Identity,OU=Ping Identity,CN=Mail"
    );
    let other = format!("keys/{}/csr", id(&api.make("keys", &key("Other")).await));
    let answer = upload(&api, &other, "SIGNING", &pem.body).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "file");
    let answer = upload(&api, &format!("{at}/csr"), "SIGNING", &pem.body).await;
    assert_eq!(answer.expect(StatusCode::OK).json()["name"], "Mail (My CA)");

    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
    refused(&api.get(&at).await, 404, "NOT_FOUND", "", "");
}

#[tokio::test]
async fn what_no_key_can_be_is_refused_by_name() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    for (member, value, target) in [
        ("keyLength", json!(224), "keyLength"),
        ("algorithm", json!("DSA"), "algorithm"),
        (
            "signatureAlgorithm",
            json!("SHA256withRSA"),
            "signatureAlgorithm",
        ),
        ("subjectDN", json!("Mail"), "subjectDN"),
        ("validityPeriod", json!(0), "validityPeriod"),
        (
            "customCRL",
            json!("http://example.com/list.crl"),
            "customCRL",
        ),
        ("usageType", json!("FUN"), "usageType"),
    ] {
        let mut body = key("Mail");
        body[member] = value;
        let answer = api.post("keys", &body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{member}");
        assert_eq!(answer.json()["details"][0]["target"], json!(target));
    }
    let nonsense = upload(&api, "keys", "SIGNING", "nonsense").await;
    refused(&nonsense, 400, "INVALID_DATA", "INVALID_VALUE", "file");
    let nonsense = upload(&api, "certificates", "SIGNING", "nonsense").await;
    refused(&nonsense, 400, "INVALID_DATA", "INVALID_VALUE", "file");
}

#[tokio::test]
async fn one_key_is_the_default_for_what_it_is_for() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let mut body = key("First");
    body["default"] = json!(true);
    let first = format!("keys/{}", id(&api.make("keys", &body).await));
    body["name"] = json!("Second");
    let second = api.make("keys", &body).await;
    assert_eq!(second["default"], json!(true));
    assert_eq!(api.get(&first).await.json()["default"], json!(false));
    let off = json!({"default": false, "usageType": "ENCRYPTION"});
    let second = api.put(&format!("keys/{}", id(&second)), &off).await;
    assert_eq!(
        second.expect(StatusCode::OK).json()["default"],
        json!(false)
    );
}

/// The names of the keys that the JWKS publishes.
async fn published(world: &World) -> Vec<String> {
    let jwks = world
        .get(&world.endpoint("jwks"))
        .await
        .expect(StatusCode::OK);
    let keys = jwks.json()["keys"].as_array().unwrap().clone();
    keys.iter()
        .map(|key| key["kid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_default_key_for_signing_signs_tokens_once_everybody_can_know_it() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let signer = async || header(&Api::worker(&world).await.token)["kid"].clone();
    let listed = api.get("keys").await.expect(StatusCode::OK).json();
    let first = listed["_embedded"]["keys"][0].clone();
    assert_eq!(
        (&first["id"], &first["default"]),
        (&signer().await, &json!(true))
    );

    let mut body = signing_key("Chosen");
    body["default"] = json!(true);
    let chosen = api.make("keys", &body).await;
    assert_eq!(chosen["default"], json!(true));
    assert_eq!(signer().await, first["id"]);
    let both = published(&world).await;
    assert!(both.contains(&id(&first)) && both.contains(&id(&chosen)));
    world.advance(11 * 60);
    assert_eq!(signer().await, chosen["id"]);

    // Whoever holds a token of before can still show it, and neither key goes.
    api.get("populations").await.expect(StatusCode::OK);
    for key in [&first, &chosen] {
        let kept = api.delete(&format!("keys/{}", id(key))).await;
        assert_eq!(kept.status, StatusCode::BAD_REQUEST);
        assert!(kept.body.contains("must not be in use"));
    }
    let off = json!({"default": false, "usageType": "SIGNING"});
    let kept = api.put(&format!("keys/{}", id(&chosen)), &off).await;
    refused(&kept, 400, "INVALID_DATA", "INVALID_VALUE", "default");
    let mut elliptic = key("Curve");
    elliptic["usageType"] = json!("SIGNING");
    elliptic["default"] = json!(true);
    let answer = api.post("keys", &elliptic).await;
    refused(&answer, 400, "INVALID_DATA", "INVALID_VALUE", "default");
    let listed = api.get("keys").await.expect(StatusCode::OK);
    assert!(!listed.body.contains("Curve"), "{}", listed.body);
}

#[tokio::test]
async fn the_default_policy_rotates_the_keys_that_sign() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let policies = api
        .get("keyRotationPolicies")
        .await
        .expect(StatusCode::OK)
        .json();
    let policy = policies["_embedded"]["keyRotationPolicies"][0].clone();
    assert_eq!(policy["currentKeyId"], header(&api.token)["kid"]);
    let at = format!("keyRotationPolicies/{}", id(&policy));
    let action = "keyRotationPolicy.rotate+json";
    let rotated = api.act(Method::POST, &at, action, &Value::Null).await;
    let rotated = rotated.expect(StatusCode::OK).json();
    assert_eq!(rotated["currentKeyId"], policy["currentKeyId"]);
    world.advance(11 * 60);
    let after = Api::worker(&world).await;
    assert_eq!(header(&after.token)["kid"], rotated["nextKeyId"]);
    let kept = api.delete(&at).await;
    refused(&kept, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
}

#[tokio::test]
async fn other_policies_have_two_keys_of_their_own() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({
        "name": "Mine", "algorithm": "EC", "keyLength": 256, "usageType": "SIGNING",
        "signatureAlgorithm": "SHA256withECDSA", "dn": "CN=Mine, C=US",
    });
    let made = api.make("keyRotationPolicies", &body).await;
    let periods = (&made["rotationPeriod"], &made["validityPeriod"]);
    assert_eq!(periods, (&json!(90), &json!(365)));
    let at = format!("keyRotationPolicies/{}", id(&made));
    let action = "keyRotationPolicy.rotate+json";
    let rotated = api.act(Method::POST, &at, action, &Value::Null).await;
    let rotated = rotated.expect(StatusCode::OK).json();
    assert_eq!(rotated["currentKeyId"], made["nextKeyId"]);
    assert_ne!(rotated["nextKeyId"], made["nextKeyId"]);
    let mut long = body.clone();
    long["rotationPeriod"] = json!(365);
    let answer = api.put(&at, &long).await;
    refused(
        &answer,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "rotationPeriod",
    );
    api.delete(&at).await.expect(StatusCode::NO_CONTENT);
}

#[tokio::test]
async fn a_policy_rotates_once_when_its_period_is_over_and_signs_for_its_applications() {
    const DAY: i64 = 24 * 60 * 60;
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({
        "name": "Mine", "algorithm": "RSA", "keyLength": 2048, "usageType": "SIGNING",
        "signatureAlgorithm": "SHA256withRSA", "dn": "CN=Mine, C=US",
        "rotationPeriod": 30, "validityPeriod": 100,
    });
    let made = api.make("keyRotationPolicies", &body).await;
    let at = format!("keyRotationPolicies/{}", id(&made));
    let worker = format!("applications/{}", world.demo.worker_client_id);
    let mut application = api.get(&worker).await.expect(StatusCode::OK).json();
    application["signing"] = json!({"keyRotationPolicy": {"id": made["id"]}});
    api.put(&worker, &application).await.expect(StatusCode::OK);

    // Two nodes look at the same time, once each: a job that is to stop ends what it has begun.
    let look = async || {
        let (one, other) = (world.idp.clone(), world.idp.clone());
        tokio::join!(
            one.run_jobs(std::future::ready(())),
            other.run_jobs(std::future::ready(())),
        );
    };
    world.advance(30 * DAY - 60);
    look().await;
    let api = Api::worker(&world).await;
    assert_eq!(header(&api.token)["kid"], made["currentKeyId"]);

    world.advance(60);
    look().await;
    let api = Api::worker(&world).await;
    let policy = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(policy["currentKeyId"], made["nextKeyId"]);
    assert_ne!(policy["nextKeyId"], made["nextKeyId"]);
    assert_eq!(policy["rotatedAt"], json!("2026-02-04T10:00:00Z"));

    // The token of before is still good; the next one is signed by the key that took over.
    api.get("populations").await.expect(StatusCode::OK);
    let after = Api::worker(&world).await;
    assert_eq!(header(&after.token)["kid"], policy["currentKeyId"]);
    let shown = published(&world).await;
    let of_policy = [
        &made["currentKeyId"],
        &policy["currentKeyId"],
        &policy["nextKeyId"],
    ];
    for key in of_policy {
        assert!(shown.iter().any(|kid| key == kid), "{key} in {shown:?}");
    }

    // Without a rotation, the first one is gone with its validity.
    world.advance(70 * DAY);
    let shown = published(&world).await;
    assert!(!shown.iter().any(|kid| made["currentKeyId"] == json!(kid)));
    assert!(shown.iter().any(|kid| policy["currentKeyId"] == json!(kid)));
}

#[tokio::test]
async fn the_default_policy_says_when_the_next_key_is_published() {
    const DAY: i64 = 24 * 60 * 60;
    for (period, is_succeeded) in [(90, false), (40, true)] {
        let world = World::new().await;
        let api = Api::worker(&world).await;
        let listed = api.get("keyRotationPolicies").await.expect(StatusCode::OK);
        let mut policy = listed.json()["_embedded"]["keyRotationPolicies"][0].clone();
        policy["rotationPeriod"] = json!(period);
        let at = format!("keyRotationPolicies/{}", id(&policy));
        api.put(&at, &policy).await.expect(StatusCode::OK);
        world.advance(39 * DAY);
        let shown = published(&world).await;
        assert_eq!(shown.len() == 2, is_succeeded, "{period}: {shown:?}");
    }
}
