//! The browsers in which a user is signed on, and who keeps the credentials.

use http::StatusCode;
use serde_json::{Value, json};

use crate::management::{Api, refused, user_path};
use crate::world::{Received, World, claims};

#[tokio::test]
async fn a_session_that_is_deleted_signs_its_browser_off() {
    let world = World::new().await;
    let (mut browser, received) = world.sign_on(&world.request()).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    let token = claims(tokens["id_token"].as_str().unwrap());
    let api = Api::worker(&world).await;
    let at = format!("users/{}/sessions", token["sub"].as_str().unwrap());
    let page = api.get(&at).await.expect(StatusCode::OK).json();
    let sessions = page["_embedded"]["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 1);
    assert_eq!(sessions[0]["id"], token["sid"]);
    assert!(sessions[0]["lastSignOn"]["withAuthenticator"]["pwd"]["at"].is_string());
    let one = format!("{at}/{}", token["sid"].as_str().unwrap());
    assert_eq!(
        api.get(&one).await.expect(StatusCode::OK).json(),
        sessions[0]
    );
    // A session is found below its own user alone.
    let other = api.make_user("other").await;
    let wrong = format!(
        "{}/sessions/{}",
        user_path(&other),
        token["sid"].as_str().unwrap()
    );
    refused(&api.get(&wrong).await, 404, "NOT_FOUND", "", "");
    refused(&api.delete(&wrong).await, 404, "NOT_FOUND", "", "");

    api.delete(&one).await.expect(StatusCode::NO_CONTENT);
    let silent = world.request().set("prompt", "none");
    let answer = browser.authorize(&world, &silent).await;
    let error = Received::at(answer.location()).param("error");
    assert_eq!(error, "login_required");
}

#[tokio::test]
async fn a_user_of_a_provider_elsewhere_holds_it_until_it_is_let_go() {
    let world = World::new().await;
    let api = Api::worker(&world).await;
    let body = json!({
        "type": "LINKEDIN", "name": "LinkedIn", "enabled": true,
        "clientId": "a", "clientSecret": "b",
    });
    let provider = api.make("identityProviders", &body).await;
    let body = json!({
        "username": "homer", "email": "homer@example.com", "verifyStatus": "ENABLED",
        "identityProvider": {"id": provider["id"]},
    });
    let homer = api.import(&body).await.expect(StatusCode::CREATED).json();
    assert_eq!(homer["verifyStatus"], "ENABLED");
    let linked = json!({"id": provider["id"], "type": "LINKEDIN"});
    assert_eq!(homer["identityProvider"], linked);
    let at = format!("{}/identityProvider", user_path(&homer));
    let shown = api.get(&at).await.expect(StatusCode::OK).json();
    assert_eq!(shown["identityProvider"], linked);
    let path = format!("identityProviders/{}", provider["id"].as_str().unwrap());
    refused(
        &api.delete(&path).await,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "",
    );
    let unknown = json!({"identityProvider": {"id": homer["id"]}});
    let refusal = api.put(&at, &unknown).await;
    refused(
        &refusal,
        400,
        "INVALID_DATA",
        "INVALID_VALUE",
        "identityProvider.id",
    );
    let here = json!({"identityProvider": {"id": Value::Null}});
    let shown = api.put(&at, &here).await.expect(StatusCode::OK).json();
    assert_eq!(shown["identityProvider"], json!({"type": "PING_ONE"}));
    api.delete(&path).await.expect(StatusCode::NO_CONTENT);

    let status = format!("{}/verifyStatus", user_path(&homer));
    let set = json!({"verifyStatus": "DISABLED"});
    api.put(&status, &set).await.expect(StatusCode::OK);
    assert_eq!(api.get(&status).await.json()["verifyStatus"], "DISABLED");
    let transactions = format!("{}/verifyTransactions", user_path(&homer));
    let refusal = api.post(&transactions, &json!({})).await;
    refused(
        &refusal,
        400,
        "REQUEST_FAILED",
        "CONSTRAINT_VIOLATION",
        "verifyStatus",
    );
    let set = json!({"verifyStatus": "ENABLED"});
    api.put(&status, &set).await.expect(StatusCode::OK);
    let asked = api.post(&transactions, &json!({})).await;
    asked.expect(StatusCode::CREATED);
    let linked = format!("{}/linkedAccounts", user_path(&homer));
    let page = api.get(&linked).await.expect(StatusCode::OK).json();
    assert_eq!(page["_embedded"]["linkedAccounts"], json!([]));
}
