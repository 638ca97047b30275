//! Identity providers elsewhere, and what is taken from them.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused};
use crate::management_keys::certificate;
use crate::world::World;

fn google(name: &str) -> Value {
    json!({
        "type": "GOOGLE", "name": name, "enabled": true,
        "clientId": "an-id", "clientSecret": "a-secret",
    })
}

pub(crate) fn oidc() -> Value {
    json!({
        "type": "OPENID_CONNECT", "name": "Partner", "enabled": false, "clientId": "an-id",
        "clientSecret": "a-secret", "issuer": "https://idp.example.com",
        "authorizationEndpoint": "https://idp.example.com/authorize",
        "jwksEndpoint": "https://idp.example.com/jwks", "scopes": ["openid", "email"],
        "tokenEndpoint": "https://idp.example.com/token",
    })
}

pub(crate) fn path(object: &Value) -> String {
    format!("identityProviders/{}", object["id"].as_str().unwrap())
}

#[tokio::test]
async fn each_type_has_its_members_and_no_others() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let certificate = certificate(&api, "Partner").await;
    let saml = json!({
        "type": "SAML", "name": "Saml", "enabled": true, "idpEntityId": "idp", "spEntityId": "sp",
        "ssoBinding": "HTTP_POST", "ssoEndpoint": "https://idp.example.com/sso",
        "idpVerification": {"certificates": [{"id": certificate}]},
        "sloWindow": 1,
    });
    for sent in [google("Google"), oidc(), saml] {
        let made = api.post("identityProviders", &sent).await;
        let made = made.expect(StatusCode::CREATED).json();
        for (name, value) in sent.as_object().unwrap() {
            assert_eq!(&made[name], value, "{name}");
        }
        let read = api.get(&path(&made)).await.expect(StatusCode::OK).json();
        assert_eq!(read, made);
    }
    for (member, value, problem) in [
        ("type", json!("MYSPACE"), "INVALID_VALUE"),
        ("clientSecret", Value::Null, "REQUIRED_VALUE"),
        ("tenantId", json!("a-tenant"), "INVALID_VALUE"),
        ("issuer", json!("https://idp.example.com"), "INVALID_VALUE"),
    ] {
        let mut body = google("Other");
        body[member] = value;
        let refusal = api.post("identityProviders", &body).await;
        refused(&refusal, 400, "INVALID_DATA", problem, member);
    }
    let mut plain = oidc();
    plain["name"] = json!("Plain");
    plain["tokenEndpoint"] = json!("http://idp.example.com/token");
    let refusal = api.post("identityProviders", &plain).await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "tokenEndpoint",
    );
}

#[tokio::test]
async fn a_provider_stays_of_its_type_and_keeps_its_secret() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.make("identityProviders", &google("Google")).await;
    let mut other = google("Google");
    other["type"] = json!("YAHOO");
    let refusal = api.put(&path(&made), &other).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "type");
    let mut renamed = google("Search");
    renamed.as_object_mut().unwrap().remove("clientSecret");
    let renamed = api.put(&path(&made), &renamed).await;
    let renamed = renamed.expect(StatusCode::OK).json();
    assert_eq!(renamed["name"], "Search");
    assert_eq!(renamed["clientSecret"], "a-secret");
    let text = db::Statement::new("SELECT document FROM configuration_objects WHERE kind = ")
        .push_bind("IDENTITY_PROVIDER");
    let rows = world.db.read(text).await.unwrap();
    let document: String = rows[0].get("document").unwrap();
    assert!(!document.contains("a-secret"), "{document}");
}

#[tokio::test]
async fn the_username_is_always_taken_and_reserved_attributes_never() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let made = api.make("identityProviders", &google("Google")).await;
    let attributes = format!("{}/attributes", path(&made));
    let page = api.get(&attributes).await.expect(StatusCode::OK).json();
    let core = &page["_embedded"]["attributes"][0];
    assert_eq!(core["name"], "username");
    assert_eq!(core["value"], "${providerAttributes.emailAddress.value}");
    assert_eq!(
        (&core["mappingType"], &core["update"]),
        (&json!("CORE"), &json!("EMPTY_ONLY"))
    );
    assert_eq!(core["identityProvider"]["id"], made["id"]);
    let at = format!("{attributes}/{}", core["id"].as_str().unwrap());
    let refusal = api.delete(&at).await;
    refused(&refusal, 400, "REQUEST_FAILED", "CONSTRAINT_VIOLATION", "");
    let changed = json!({"name": "username", "value": "${providerAttributes.id}"});
    let changed = api.put(&at, &changed).await.expect(StatusCode::OK).json();
    assert_eq!(changed["mappingType"], "CORE");

    let email = json!({"name": "email", "value": "${providerAttributes.email}"});
    let email = api.make(&attributes, &email).await;
    assert_eq!(
        (&email["mappingType"], &email["update"]),
        (&json!("CUSTOM"), &json!("EMPTY_ONLY"))
    );
    let reserved = json!({"name": "account", "value": "${providerAttributes.email}"});
    let refusal = api.post(&attributes, &reserved).await;
    refused(&refusal, 400, "INVALID_DATA", "INVALID_VALUE", "name");
    api.delete(&path(&made))
        .await
        .expect(StatusCode::NO_CONTENT);
}
