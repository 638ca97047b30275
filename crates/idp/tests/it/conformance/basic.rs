//! The plan for Basic OPs.

use http::{Method, StatusCode};
use serde_json::Value;

use crate::world::{Browser, Params, Received, World, claims, header};

/// Signs on and redeems the code: the way of most modules.
async fn signed_on(world: &World, params: &Params) -> (Browser, Value) {
    let (browser, received) = world.sign_on(params).await;
    let tokens = world
        .redeem(&received.param("code"))
        .await
        .expect(StatusCode::OK)
        .json();
    (browser, tokens)
}

fn id_claims(tokens: &Value) -> Value {
    claims(tokens["id_token"].as_str().unwrap())
}

#[tokio::test]
async fn oidcc_server() {
    let world = World::new().await;
    let (_, received) = world.sign_on(&world.request()).await;
    assert_eq!(received.names(), ["code", "state", "iss"]);
    assert_eq!(received.param("state"), "s-1");
    assert_eq!(received.param("iss"), world.issuer());
    let answer = world
        .redeem(&received.param("code"))
        .await
        .expect(StatusCode::OK);
    assert!(answer.header("cache-control").contains("no-store"));
    assert_eq!(answer.header("pragma"), "no-cache");
    let tokens = answer.json();
    let id = id_claims(&tokens);
    assert_eq!(id["iss"], world.issuer());
    assert_eq!(id["nonce"], "n-1");
    let info = world
        .userinfo(tokens["access_token"].as_str().unwrap())
        .await
        .json();
    assert_eq!(info["sub"], id["sub"]);
}

#[tokio::test]
async fn oidcc_response_type_missing() {
    let world = World::new().await;
    let params = world.request().without("response_type");
    let answer = world.browser().authorize(&world, &params).await;
    let received = Received::at(answer.location());
    assert_eq!(received.param("error"), "invalid_request");
    assert_eq!(received.param("state"), "s-1");
}

#[tokio::test]
async fn oidcc_idtoken_signature() {
    let world = World::new().await;
    let (_, tokens) = signed_on(&world, &world.request()).await;
    let token = tokens["id_token"].as_str().unwrap();
    assert_eq!(header(token)["alg"], "RS256");
    let jwks = world.get(&world.endpoint("jwks")).await.json();
    assert_eq!(jwks["keys"][0]["kid"], header(token)["kid"]);
}

#[tokio::test]
async fn oidcc_userinfo_get_post_header_and_post_body() {
    let world = World::new().await;
    let (_, tokens) = signed_on(&world, &world.request()).await;
    let token = tokens["access_token"].as_str().unwrap();
    let path = world.endpoint("userinfo");
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str()), ("accept", "*/*")];
    let mut client = world.browser();
    for method in [Method::GET, Method::POST] {
        let answer = client
            .send(method, &path, axum::body::Body::empty(), &headers)
            .await;
        answer.expect(StatusCode::OK);
    }
    world
        .post(&path, &[("access_token", token)])
        .await
        .expect(StatusCode::OK);
}

#[tokio::test]
async fn oidcc_ensure_request_without_nonce_succeeds_for_code_flow() {
    let world = World::new().await;
    let (_, tokens) = signed_on(&world, &world.request().without("nonce")).await;
    assert_eq!(id_claims(&tokens).get("nonce"), None);
}

#[tokio::test]
async fn oidcc_scope_profile_email_address_phone_and_all() {
    let world = World::new().await;
    let cases: [(&str, &[&str]); 5] = [
        (
            "profile",
            &[
                "name",
                "given_name",
                "family_name",
                "preferred_username",
                "updated_at",
            ],
        ),
        ("email", &["email", "email_verified"]),
        ("address", &["address"]),
        ("phone", &["phone_number"]),
        (
            "profile email address phone",
            &["name", "email", "address", "phone_number"],
        ),
    ];
    let all = ["name", "email", "address", "phone_number"];
    for (scope, expected) in cases {
        let params = world.request().set("scope", &format!("openid {scope}"));
        let (_, tokens) = signed_on(&world, &params).await;
        let info = world
            .userinfo(tokens["access_token"].as_str().unwrap())
            .await
            .json();
        for claim in expected {
            assert!(!info[claim].is_null(), "{scope}: no {claim} in {info}");
        }
        for claim in all.iter().filter(|claim| !expected.contains(claim)) {
            assert!(info[claim].is_null(), "{scope}: {claim} in {info}");
        }
    }
}

#[tokio::test]
async fn oidcc_display_page_display_popup_ui_locales_claims_locales_login_hint() {
    let world = World::new().await;
    for (name, value) in [
        ("display", "page"),
        ("display", "popup"),
        ("ui_locales", "se"),
        ("claims_locales", "se"),
        ("login_hint", "bob@example.com"),
        ("claims", r#"{"userinfo":{"name":{"essential":true}}}"#),
    ] {
        signed_on(&world, &world.request().set(name, value)).await;
    }
}

#[tokio::test]
async fn oidcc_prompt_login() {
    let world = World::new().await;
    let (mut browser, first) = signed_on(&world, &world.request()).await;
    world.advance(5);
    let received = browser
        .sign_on(&world, &world.request().set("prompt", "login"))
        .await;
    let second = world.redeem(&received.param("code")).await.json();
    let (one, two) = (id_claims(&first), id_claims(&second));
    assert_eq!(one["sub"], two["sub"]);
    assert_eq!(
        two["auth_time"].as_i64().unwrap() - one["auth_time"].as_i64().unwrap(),
        5
    );
}

#[tokio::test]
async fn oidcc_prompt_none_not_logged_in() {
    let world = World::new().await;
    let params = world.request().set("prompt", "none");
    let answer = world.browser().authorize(&world, &params).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "login_required"
    );
}

#[tokio::test]
async fn oidcc_prompt_none_logged_in() {
    let world = World::new().await;
    let (mut browser, first) = signed_on(&world, &world.request()).await;
    world.advance(5);
    let answer = browser
        .authorize(&world, &world.request().set("prompt", "none"))
        .await;
    let code = Received::at(answer.location()).param("code");
    let second = world.redeem(&code).await.json();
    let (one, two) = (id_claims(&first), id_claims(&second));
    assert_eq!(
        (&one["sub"], &one["auth_time"]),
        (&two["sub"], &two["auth_time"])
    );
}

#[tokio::test]
async fn oidcc_max_age_1() {
    let world = World::new().await;
    let (mut browser, first) = signed_on(&world, &world.request()).await;
    world.advance(2);
    let received = browser
        .sign_on(&world, &world.request().set("max_age", "1"))
        .await;
    let second = world.redeem(&received.param("code")).await.json();
    assert!(id_claims(&second)["auth_time"].as_i64() > id_claims(&first)["auth_time"].as_i64());
}

#[tokio::test]
async fn oidcc_max_age_10000() {
    let world = World::new().await;
    let (mut browser, first) = signed_on(&world, &world.request()).await;
    world.advance(2);
    let answer = browser
        .authorize(&world, &world.request().set("max_age", "10000"))
        .await;
    let code = Received::at(answer.location()).param("code");
    let second = world.redeem(&code).await.json();
    assert_eq!(
        id_claims(&second)["auth_time"],
        id_claims(&first)["auth_time"]
    );
}

#[tokio::test]
async fn oidcc_ensure_request_with_unknown_parameter_succeeds() {
    let world = World::new().await;
    signed_on(&world, &world.request().set("extra", "foobar")).await;
}

#[tokio::test]
async fn oidcc_id_token_hint() {
    let world = World::new().await;
    let (mut browser, tokens) = signed_on(&world, &world.request()).await;
    // A hint is good for long after its own hour.
    world.advance(2 * 60 * 60);
    let hint = tokens["id_token"].as_str().unwrap();
    let params = world
        .request()
        .set("prompt", "none")
        .set("id_token_hint", hint);
    let answer = browser.authorize(&world, &params).await;
    Received::at(answer.location()).param("code");
}

#[tokio::test]
async fn oidcc_ensure_request_with_acr_values_succeeds() {
    let world = World::new().await;
    let document = world
        .get(&world.endpoint(".well-known/openid-configuration"))
        .await
        .json();
    let acr = document["acr_values_supported"][0]
        .as_str()
        .unwrap()
        .to_owned();
    let params = world.request().set("acr_values", &format!("{acr} other"));
    let (_, tokens) = signed_on(&world, &params).await;
    assert_eq!(id_claims(&tokens)["acr"], acr.as_str());
}

#[tokio::test]
async fn oidcc_codereuse_and_codereuse_30seconds() {
    let world = World::new().await;
    let code = world.code().await;
    let tokens = world.redeem(&code).await.json();
    assert_eq!(world.redeem(&code).await.oauth_error(), "invalid_grant");
    world.advance(30);
    assert_eq!(world.redeem(&code).await.oauth_error(), "invalid_grant");
    let token = tokens["access_token"].as_str().unwrap();
    world.userinfo(token).await.expect(StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn oidcc_ensure_registered_redirect_uri() {
    let world = World::new().await;
    let params = world
        .request()
        .set("redirect_uri", "https://localhost:8080/another");
    let answer = world.browser().authorize(&world, &params).await;
    assert_eq!(
        (answer.status, answer.location()),
        (StatusCode::BAD_REQUEST, "")
    );
    assert!(
        answer
            .body
            .contains("The redirect URI is not registered for the application.")
    );
}

#[tokio::test]
async fn oidcc_ensure_post_request_succeeds() {
    let world = World::new().await;
    let mut browser = world.browser();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let body = axum::body::Body::from(world.request().query());
    let answer = browser
        .send(Method::POST, &world.endpoint("authorize"), body, &headers)
        .await;
    let page = Browser::page_of(&answer);
    let user = &world.demo.user;
    let answer = browser
        .give(&page, user.username, user.password.expose())
        .await;
    browser.resume(&answer).await.param("code");
}

#[tokio::test]
async fn oidcc_request_uri_unsigned_supported_correctly_or_rejected_as_unsupported() {
    let world = World::new().await;
    let params = world
        .request()
        .set("request_uri", "https://client.example/request.jwt");
    let answer = world.browser().authorize(&world, &params).await;
    let error = Received::at(answer.location()).param("error");
    assert_eq!(error, "request_uri_not_supported");
}

#[tokio::test]
async fn oidcc_unsigned_request_object_supported_correctly_or_rejected_as_unsupported() {
    let world = World::new().await;
    let params = world.request().set("request", "eyJhbGciOiJub25lIn0.e30.");
    let answer = world.browser().authorize(&world, &params).await;
    assert_eq!(
        Received::at(answer.location()).param("error"),
        "request_not_supported"
    );
}

#[tokio::test]
async fn oidcc_refresh_token() {
    let world = World::new().await;
    let params = world.request().set("scope", "openid offline_access");
    let (_, tokens) = signed_on(&world, &params).await;
    let token = tokens["refresh_token"].as_str().unwrap();
    let other = world.another_application("second client").await;
    let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
    let secret = world.demo.client_secret.expose();
    let foreign = world
        .post_as(&world.endpoint("token"), &form, &other, secret)
        .await;
    assert_eq!(foreign.oauth_error(), "invalid_grant");
    let renewed = world.refresh(token).await.expect(StatusCode::OK).json();
    assert_eq!(id_claims(&renewed)["sub"], id_claims(&tokens)["sub"]);
}
