//! Refresh tokens: rotation, reuse, the grace period, and the ends of a chain.

use std::collections::BTreeSet;
use std::sync::Arc;

use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::management::Api;
use crate::world::{World, claims};

async fn tokens(world: &World) -> Value {
    let params = world
        .request()
        .set("scope", "openid profile offline_access");
    let code = world.sign_on(&params).await.1.param("code");
    world.redeem(&code).await.expect(StatusCode::OK).json()
}

fn refresh_token(tokens: &Value) -> &str {
    tokens["refresh_token"].as_str().unwrap()
}

#[tokio::test]
async fn an_application_with_offline_access_gets_a_refresh_token_when_it_asks() {
    let world = World::new().await;
    let unasked = world.tokens().await;
    assert!(unasked["refresh_token"].is_string(), "it has no such grant");

    let worker = Api::worker(&world).await;
    let resources = worker.get("resources").await.expect(StatusCode::OK).json();
    let openid = resources["_embedded"]["resources"]
        .as_array()
        .unwrap()
        .iter()
        .find(|resource| resource["name"] == "openid")
        .unwrap()["id"]
        .clone();
    let openid = openid.as_str().unwrap();
    let scopes = worker
        .get(&format!("resources/{openid}/scopes"))
        .await
        .json();
    let ids: Vec<Value> = scopes["_embedded"]["scopes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|scope| json!({ "id": scope["id"] }))
        .collect();
    let grants = format!("applications/{}/grants", world.demo.client_id);
    let granted = worker.get(&grants).await.expect(StatusCode::OK).json();
    let grant = granted["_embedded"]["grants"]
        .as_array()
        .unwrap()
        .iter()
        .find(|grant| grant["resource"]["id"] == openid)
        .unwrap()["id"]
        .clone();
    let body = json!({ "resource": { "id": openid }, "scopes": ids });
    let path = format!("{grants}/{}", grant.as_str().unwrap());
    worker.put(&path, &body).await.expect(StatusCode::OK);

    let unasked = world.tokens().await;
    assert_eq!(unasked["refresh_token"], Value::Null);
    assert!(tokens(&world).await["refresh_token"].is_string());
}

#[tokio::test]
async fn a_password_set_by_somebody_else_ends_every_chain() {
    let world = World::new().await;
    let first = tokens(&world).await;
    let worker = Api::worker(&world).await;
    let user = claims(first["access_token"].as_str().unwrap())["sub"].clone();
    let path = format!("users/{}/password", user.as_str().unwrap());
    let body = json!({ "value": "Windy-Orchard-73" });
    worker
        .act(Method::PUT, &path, "password.set+json", &body)
        .await
        .expect(StatusCode::OK);
    let refused = world
        .refresh(refresh_token(&first))
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert_eq!(refused.oauth_error(), "invalid_grant");
    world
        .userinfo(first["access_token"].as_str().unwrap())
        .await
        .expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn each_use_gives_a_new_token_and_new_tokens() {
    let world = World::new().await;
    let first = tokens(&world).await;
    world.advance(100);
    let second = world
        .refresh(refresh_token(&first))
        .await
        .expect(StatusCode::OK)
        .json();
    assert_ne!(refresh_token(&first), refresh_token(&second));
    assert_eq!(first["scope"], second["scope"]);
    let (one, two) = (
        claims(first["id_token"].as_str().unwrap()),
        claims(second["id_token"].as_str().unwrap()),
    );
    assert_eq!(one["sub"], two["sub"]);
    assert_eq!(
        one["auth_time"], two["auth_time"],
        "refreshing proves nothing anew"
    );
    assert!(two["iat"].as_i64() > one["iat"].as_i64());
    world
        .userinfo(second["access_token"].as_str().unwrap())
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn a_superseded_token_revokes_its_family() {
    let world = World::new().await;
    let first = tokens(&world).await;
    let second = world.refresh(refresh_token(&first)).await.json();
    let reused = world
        .refresh(refresh_token(&first))
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert_eq!(reused.oauth_error(), "invalid_grant");
    let after = world
        .refresh(refresh_token(&second))
        .await
        .expect(StatusCode::BAD_REQUEST);
    assert_eq!(after.oauth_error(), "invalid_grant");
    let access = second["access_token"].as_str().unwrap();
    world
        .userinfo(access)
        .await
        .expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_replay_protection_the_family_lives_on() {
    let world = World::new().await;
    world
        .change_application(|settings| {
            settings["additionalRefreshTokenReplayProtectionEnabled"] = json!(false);
        })
        .await;
    let first = tokens(&world).await;
    let second = world.refresh(refresh_token(&first)).await.json();
    assert_eq!(
        world.refresh(refresh_token(&first)).await.oauth_error(),
        "invalid_grant"
    );
    world
        .refresh(refresh_token(&second))
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn within_the_grace_period_a_repeated_request_gets_the_same_successor() {
    let world = World::new().await;
    world
        .change_application(|settings| {
            settings["refreshTokenRollingGracePeriodDuration"] = json!(60);
        })
        .await;
    let first = tokens(&world).await;
    let second = world.refresh(refresh_token(&first)).await.json();
    world.advance(59);
    let again = world
        .refresh(refresh_token(&first))
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(refresh_token(&second), refresh_token(&again));
    world.advance(1);
    assert_eq!(
        world.refresh(refresh_token(&first)).await.oauth_error(),
        "invalid_grant"
    );
    assert_eq!(
        world.refresh(refresh_token(&second)).await.oauth_error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_chain_ends_with_its_token_and_with_its_rolling_duration() {
    let world = World::new().await;
    world
        .change_application(|settings| {
            settings["refreshTokenDuration"] = json!(1000);
            settings["refreshTokenRollingDuration"] = json!(1500);
        })
        .await;
    let first = tokens(&world).await;
    world.advance(999);
    let second = world
        .refresh(refresh_token(&first))
        .await
        .expect(StatusCode::OK)
        .json();
    world.advance(500);
    let third = world
        .refresh(refresh_token(&second))
        .await
        .expect(StatusCode::OK)
        .json();
    world.advance(1);
    assert_eq!(
        world.refresh(refresh_token(&third)).await.oauth_error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn a_refresh_may_ask_for_less_and_not_for_more() {
    let world = World::new().await;
    let first = tokens(&world).await;
    let ask = async |token: &str, scope: &str| {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("scope", scope),
        ];
        world.post_as_client(&world.endpoint("token"), &form).await
    };
    let more = ask(refresh_token(&first), "openid email").await;
    assert_eq!(
        more.expect(StatusCode::BAD_REQUEST).oauth_error(),
        "invalid_scope"
    );
    let less = ask(refresh_token(&first), "openid")
        .await
        .expect(StatusCode::OK)
        .json();
    assert_eq!(less["scope"], "openid");
}

#[tokio::test]
async fn a_refresh_token_in_anothers_hands_is_unknown_and_stays_good() {
    let world = World::new().await;
    let other = world.another_application("other").await;
    let first = tokens(&world).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh_token(&first)),
    ];
    let secret = world.demo.client_secret.expose();
    let foreign = world
        .post_as(&world.endpoint("token"), &form, &other, secret)
        .await;
    assert_eq!(foreign.oauth_error(), "invalid_grant");
    world
        .refresh(refresh_token(&first))
        .await
        .expect(StatusCode::OK);
}

async fn a_hundred_refreshes_continue_one_family(world: World) {
    world
        .change_application(|settings| {
            settings["refreshTokenRollingGracePeriodDuration"] = json!(60);
        })
        .await;
    let first = tokens(&world).await;
    let token = refresh_token(&first).to_owned();
    let world = Arc::new(world);
    let requests: Vec<_> = (0..100)
        .map(|_| {
            let (world, token) = (world.clone(), token.clone());
            tokio::spawn(async move { world.refresh(&token).await.expect(StatusCode::OK).json() })
        })
        .collect();
    let mut successors = BTreeSet::new();
    for request in requests {
        successors.insert(refresh_token(&request.await.unwrap()).to_owned());
    }
    assert_eq!(successors.len(), 1, "every answer names the same successor");
    world
        .refresh(successors.first().unwrap())
        .await
        .expect(StatusCode::OK);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_parallel_refreshes_continue_one_family_on_sqlite() {
    a_hundred_refreshes_continue_one_family(World::on(db::testing::sqlite().await).await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_parallel_refreshes_continue_one_family_on_postgresql() {
    let Some(place) = db::testing::postgres().await else {
        return;
    };
    a_hundred_refreshes_continue_one_family(World::on(place).await).await;
}
