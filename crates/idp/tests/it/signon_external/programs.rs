//! Providers in the flow API.

use http::StatusCode;
use serde_json::{Value, json};

use super::{Elsewhere, OWN_PASSWORD, come_back, import, leave, obey, world};
use crate::management::{Api, id, user_path};
use crate::world::{Answer, Browser};

/// The flow of an interaction, for programs.
async fn flow(browser: &mut Browser, page: &str) -> (String, Value) {
    let (environment, _) = page.split_once("/signon/").unwrap();
    let id = page
        .split("flowId=")
        .nth(1)
        .unwrap()
        .split('&')
        .next()
        .unwrap();
    let path = format!("{environment}/flows/{id}");
    let flow = browser.get(&path).await.expect(StatusCode::OK).json();
    (path, flow)
}

/// An action of the flow API.
async fn act(browser: &mut Browser, path: &str, action: &str, body: &Value) -> Answer {
    let media = format!("application/vnd.pingidentity.{action}+json");
    let headers = [("content-type", media.as_str())];
    let body = axum::body::Body::from(body.to_string());
    browser.send(http::Method::POST, path, body, &headers).await
}

#[tokio::test]
async fn programs_find_the_ways_to_providers_and_link_accounts_by_the_flow() {
    let world = world().await;
    let api = Api::worker(&world).await;
    let elsewhere = Elsewhere::start().await;
    let provider = id(&api
        .make("identityProviders", &elsewhere.object("Partner"))
        .await);
    let rule = json!({
        "condition": { "contains": "@elsewhere.example", "value": "${identifier}" },
        "identityProvider": { "id": provider },
    });
    let action = json!({
        "type": "IDENTIFIER_FIRST", "priority": 1, "discoveryRules": [rule],
        "socialProviders": [{ "id": provider }],
        "registration": { "enabled": true },
    });
    obey(&api, &[action]).await;
    let mina = import(&api, "mina").await;
    let (mut browser, page) = crate::world::at_sign_on(&world).await;
    let (path, shown) = flow(&mut browser, &page).await;
    let offered = &shown["_embedded"]["socialProviders"][0];
    assert_eq!(
        (&offered["name"], &offered["type"]),
        (&json!("Partner"), &json!("OPENID_CONNECT"))
    );
    let named = json!({ "username": "al@elsewhere.example" });
    let named = act(&mut browser, &path, "user.lookup", &named).await;
    let shown = named.expect(StatusCode::OK).json();
    assert_eq!(shown["status"], "EXTERNAL_AUTHENTICATION_REQUIRED");
    let partner = &shown["_embedded"]["identityProvider"];
    let href = partner["_links"]["authenticate"]["href"].as_str().unwrap();
    let answer = browser.get(href).await;
    let sent = leave(&mut browser, answer).await;
    come_back(&world, &mut browser, &elsewhere, &sent, json!({})).await;
    let (path, shown) = flow(&mut browser, &page).await;
    assert_eq!(shown["status"], "ACCOUNT_LINKING_REQUIRED");
    assert!(shown["_links"]["user.confirm"].is_object(), "{shown}");
    let (_, hidden) = page.split_once("flowId=").unwrap();
    assert!(!shown.to_string().contains("person-1"), "{hidden}");
    let given = json!({ "username": "mina", "password": "Wrong-Password-1" });
    let wrong = act(&mut browser, &path, "usernamePassword.check", &given).await;
    wrong.expect(StatusCode::BAD_REQUEST);
    let incomplete = act(&mut browser, &path, "user.confirm", &json!({})).await;
    crate::management::refused(&incomplete, 400, "INVALID_DATA", "REQUIRED_VALUE", "email");
    let given = json!({ "username": "mina", "password": OWN_PASSWORD });
    let right = act(&mut browser, &path, "usernamePassword.check", &given).await;
    let shown = right.expect(StatusCode::OK).json();
    assert_eq!(shown["status"], "COMPLETED");
    assert_eq!(shown["_embedded"]["user"]["id"], mina["id"]);
    let accounts = api
        .get(&format!("{}/linkedAccounts", user_path(&mina)))
        .await;
    let accounts = accounts.expect(StatusCode::OK).json();
    assert_eq!(
        accounts["_embedded"]["linkedAccounts"][0]["externalId"],
        "person-1"
    );
}
