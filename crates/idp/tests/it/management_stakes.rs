//! What is at stake behind a configuration: nobody becomes stronger through it, and those who only
//! read see no secret of it.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, forbidden};
use crate::world::World;

fn key(usage: &str, default: bool) -> Value {
    json!({
        "name": "Mine", "usageType": usage, "algorithm": "RSA", "keyLength": 2048,
        "signatureAlgorithm": "SHA256withRSA", "validityPeriod": 365, "default": default,
        "subjectDN": "CN=Mine, OU=Ping Identity, O=Ping Identity, L=, ST=, C=US",
    })
}

/// Whoever has the key that signs access tokens signs one for anybody.
#[tokio::test]
async fn the_key_that_signs_tokens_takes_every_role() {
    let world = World::new().await;
    let everything = Api::worker(&world).await;
    let weaker = everything
        .worker_with("Weaker", &["Environment Admin"])
        .await;
    forbidden(&weaker.post("keys", &key("SIGNING", true)).await);
    let found = weaker.get("keys").await.expect(StatusCode::OK).json();
    let keys = found["_embedded"]["keys"].as_array().unwrap();
    assert!(keys.iter().all(|key| key["name"] != "Mine"));

    let made = weaker.post("keys", &key("SIGNING", false)).await;
    let made = made.expect(StatusCode::CREATED).json();
    let at = format!("keys/{}", made["id"].as_str().unwrap());
    let default = json!({"default": true, "usageType": "SIGNING"});
    forbidden(&weaker.put(&at, &default).await);
    let password = json!({"password": "a long password"});
    let export = format!("{at}/pkcs12");
    forbidden(&weaker.post(&export, &password).await);
    // With every role both are possible, and the log tells what left.
    let exported = everything.post(&export, &password).await;
    exported.expect(StatusCode::OK);
    let log = everything
        .get("activities?filter=recordedAt%20ge%20%222026-01-05T00:00:00Z%22%20and%20action.type%20eq%20%22KEY.EXPORTED%22")
        .await;
    assert_eq!(log.expect(StatusCode::OK).json()["size"], 1);
}

/// Through the operators' application goes whatever any of them may do.
#[tokio::test]
async fn what_hangs_off_an_application_of_operators_takes_their_roles() {
    let world = World::new().await;
    let everything = Api::worker(&world).await;
    let weaker = everything
        .worker_with("Weaker", &["Client Application Developer"])
        .await;
    let policies = everything.get("signOnPolicies").await.json();
    let policy = &policies["_embedded"]["signOnPolicies"][0]["id"];
    let assignment = json!({"priority": 1, "signOnPolicy": {"id": policy}});
    let mapping = json!({"name": "nick", "value": "${user.nickname}", "required": false});
    let operators = format!("applications/{}", world.demo.client_id);
    let own = json!({
        "name": "Own", "type": "WEB_APP", "protocol": "OPENID_CONNECT", "enabled": true,
        "grantTypes": ["AUTHORIZATION_CODE"], "responseTypes": ["CODE"],
        "tokenEndpointAuthMethod": "CLIENT_SECRET_BASIC",
        "redirectUris": ["https://own.example/cb"],
    });
    let own = weaker.make("applications", &own).await;
    let own = format!("applications/{}", own["id"].as_str().unwrap());
    for (collection, body) in [
        ("signOnPolicyAssignments", &assignment),
        ("attributes", &mapping),
    ] {
        let at = |application: &str| format!("{application}/{collection}");
        forbidden(&weaker.post(&at(&operators), body).await);
        let made = weaker.post(&at(&own), body).await;
        made.expect(StatusCode::CREATED);
        let made = everything.post(&at(&operators), body).await;
        let made = made.expect(StatusCode::CREATED).json();
        let one = format!("{}/{}", at(&operators), made["id"].as_str().unwrap());
        forbidden(&weaker.delete(&one).await);
    }
}

#[tokio::test]
async fn those_who_only_read_see_no_secret() {
    let world = World::with(|settings| settings.mode = ui::Mode::Development).await;
    let everything = Api::worker(&world).await;
    let reader = everything
        .worker_with("Reader", &["Configuration Read Only"])
        .await;
    let webhook = json!({
        "name": "Log", "enabled": false, "protocol": "HTTPS", "format": "ACTIVITY",
        "httpEndpoint": {
            "url": "https://log.example/", "headers": {"Authorization": "Basic hunter2"},
        },
        "verifyTlsCertificates": true,
        "filterOptions": {"includedActionTypes": ["POPULATION.CREATED"]},
    });
    let gateway = json!({
        "name": "Radius", "type": "RADIUS", "enabled": true, "davinci": {"policy": {"id": "ee8470a281614d76a7afa8505a2da084"}},
        "defaultSharedSecret": "hunter2",
        "radiusClients": [{"ip": "192.0.2.1", "sharedSecret": "hunter2"}],
    });
    for (collection, body) in [("subscriptions", webhook), ("gateways", gateway)] {
        let made = everything.make(collection, &body).await;
        let at = format!("{collection}/{}", made["id"].as_str().unwrap());
        let whole = everything.get(&at).await.expect(StatusCode::OK);
        assert!(whole.body.contains("hunter2"), "{at}");
        for path in [&at, collection] {
            let read = reader.get(path).await.expect(StatusCode::OK);
            assert!(!read.body.contains("hunter2"), "{path}: {}", read.body);
        }
    }
}
