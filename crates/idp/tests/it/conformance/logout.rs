//! The plan for RP-initiated logout.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use protocol::jose::{SigningAlgorithm, SigningKey};
use serde_json::json;
use url::form_urlencoded;

use crate::management::Api;
use crate::world::{AFTER_SIGN_OFF, Answer, Browser, Received, World, claims};

const SIGNED_OFF: &str = "You have been signed off. You can close this window.";
const ASKED: &str = "Do you want to sign off from";
const NOT_REGISTERED: &str =
    "The address to go to after sign-off is not registered for the application.";
const BAD_HINT: &str = "The ID token hint of this request is not valid.";

async fn signed_on(world: &World) -> (Browser, String) {
    let (browser, received) = world.sign_on(&world.request()).await;
    let tokens = world.redeem(&received.param("code")).await.json();
    (browser, tokens["id_token"].as_str().unwrap().to_owned())
}

async fn sign_off(world: &World, browser: &mut Browser, params: &[(&str, &str)]) -> Answer {
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(params)
        .finish();
    browser
        .get(&format!("{}?{query}", world.endpoint("signoff")))
        .await
}

async fn is_signed_on(world: &World, browser: &mut Browser) -> bool {
    let answer = browser
        .authorize(world, &world.request().set("prompt", "none"))
        .await;
    Received::at(answer.location()).find("error").is_none()
}

#[tokio::test]
async fn oidcc_rp_initiated_logout() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let stolen = browser.copy();
    world.advance(2 * 60 * 60);
    let params = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", AFTER_SIGN_OFF),
        ("state", "s 1&"),
    ];
    let answer = sign_off(&world, &mut browser, &params)
        .await
        .expect(StatusCode::FOUND);
    assert_eq!(answer.location(), format!("{AFTER_SIGN_OFF}?state=s+1%26"));
    assert!(browser.cookies().is_empty());
    // The session is over, not only its cookie.
    assert!(!is_signed_on(&world, &mut stolen.copy()).await);
    // Once more: there is nothing to end, and the way back is the same.
    let again = sign_off(&world, &mut browser, &params)
        .await
        .expect(StatusCode::FOUND);
    assert_eq!(again.location(), format!("{AFTER_SIGN_OFF}?state=s+1%26"));
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_by_post() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let form = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", AFTER_SIGN_OFF),
    ];
    let answer = browser.post(&world.endpoint("signoff"), &form).await;
    assert_eq!(answer.location(), AFTER_SIGN_OFF);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_post_logout_redirect_uri() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    for uri in [
        "https://localhost:8080",
        "https://localhost:8080/x",
        "https://localhost:8080@evil.example/",
        "https://evil.example/",
        "https://localhost:8080/callback",
        "javascript:alert(1)",
    ] {
        let params = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", uri),
        ];
        let answer = sign_off(&world, &mut browser, &params).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::BAD_REQUEST, ""),
            "{uri}"
        );
        assert!(answer.body.contains(NOT_REGISTERED), "{}", answer.body);
    }
    assert!(is_signed_on(&world, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let uri = format!("{AFTER_SIGN_OFF}?extra=1");
    let params = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", uri.as_str()),
    ];
    let answer = sign_off(&world, &mut browser, &params).await;
    assert!(answer.location().is_empty() && answer.body.contains(NOT_REGISTERED));
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_modified_id_token_hint() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let payload = hint.split('.').nth(1).unwrap();
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    for hint in [format!("{none}.{payload}."), format!("{none}.{payload}.x")] {
        let params = [
            ("id_token_hint", hint.as_str()),
            ("post_logout_redirect_uri", AFTER_SIGN_OFF),
        ];
        let answer = sign_off(&world, &mut browser, &params).await;
        assert_eq!(
            (answer.status, answer.location()),
            (StatusCode::BAD_REQUEST, "")
        );
        assert!(answer.body.contains(BAD_HINT));
    }
    assert!(is_signed_on(&world, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_bad_id_token_hint() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let kid = crate::world::header(&hint)["kid"]
        .as_str()
        .unwrap()
        .to_owned();
    let foreign = SigningKey::generate(SigningAlgorithm::Rs256, kid).unwrap();
    let forged = foreign.sign(&claims(&hint)).unwrap();
    let params = [
        ("id_token_hint", forged.as_str()),
        ("post_logout_redirect_uri", AFTER_SIGN_OFF),
    ];
    let answer = sign_off(&world, &mut browser, &params).await;
    assert!(answer.location().is_empty() && answer.body.contains(BAD_HINT));
    assert!(is_signed_on(&world, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_id_token_hint() {
    let world = World::new().await;
    let (mut browser, _) = signed_on(&world).await;
    let params = [("post_logout_redirect_uri", AFTER_SIGN_OFF), ("state", "s")];
    let answer = sign_off(&world, &mut browser, &params)
        .await
        .expect(StatusCode::OK);
    assert!(answer.body.contains(ASKED), "{}", answer.body);
    assert!(
        is_signed_on(&world, &mut browser).await,
        "nothing is ended without a word"
    );

    // With the client's id the person is asked too, and then sent back.
    let id = world.demo.client_id.to_string();
    let params = [
        ("client_id", id.as_str()),
        ("post_logout_redirect_uri", AFTER_SIGN_OFF),
        ("state", "s"),
    ];
    let answer = sign_off(&world, &mut browser, &params)
        .await
        .expect(StatusCode::OK);
    assert!(answer.body.contains(ASKED));
    let confirm = format!("/{}/signoff", world.demo.environment_id);
    let answer = browser
        .post(&confirm, &params)
        .await
        .expect(StatusCode::FOUND);
    assert_eq!(answer.location(), format!("{AFTER_SIGN_OFF}?state=s"));
    assert!(!is_signed_on(&world, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_params_and_only_state() {
    for params in [&[][..], &[("state", "s")]] {
        let world = World::new().await;
        let (mut browser, _) = signed_on(&world).await;
        let answer = sign_off(&world, &mut browser, params)
            .await
            .expect(StatusCode::OK);
        assert!(answer.body.contains(ASKED));
        let confirm = format!("/{}/signoff", world.demo.environment_id);
        let answer = browser.post(&confirm, params).await.expect(StatusCode::OK);
        assert!(answer.body.contains(SIGNED_OFF), "{}", answer.body);
        assert!(!is_signed_on(&world, &mut browser).await);
        // Nobody is signed on: there is nothing to ask.
        let answer = sign_off(&world, &mut browser, params)
            .await
            .expect(StatusCode::OK);
        assert!(answer.body.contains(SIGNED_OFF));
    }
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_post_logout_redirect_uri() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let answer = sign_off(&world, &mut browser, &[("id_token_hint", &hint)]).await;
    assert!(answer.expect(StatusCode::OK).body.contains(SIGNED_OFF));
    assert!(!is_signed_on(&world, &mut browser).await);
}

#[tokio::test]
async fn oidcc_rp_initiated_logout_no_state() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let params = [
        ("id_token_hint", hint.as_str()),
        ("post_logout_redirect_uri", AFTER_SIGN_OFF),
    ];
    let answer = sign_off(&world, &mut browser, &params)
        .await
        .expect(StatusCode::FOUND);
    assert_eq!(answer.location(), AFTER_SIGN_OFF);
}

#[tokio::test]
async fn another_persons_hint_asks_first() {
    let world = World::new().await;
    let (_, hint) = signed_on(&world).await;
    let mut browser = world.browser();
    let page = Browser::page_of(&browser.authorize(&world, &world.request()).await);
    let operator = &world.demo.operator;
    let answer = browser
        .give(&page, operator.username, operator.password.expose())
        .await;
    browser.resume(&answer).await;
    let answer = sign_off(&world, &mut browser, &[("id_token_hint", &hint)]).await;
    assert!(answer.expect(StatusCode::OK).body.contains(ASKED));
    assert!(is_signed_on(&world, &mut browser).await);
}

/// PingOne's own way, for programs.
#[tokio::test]
async fn an_application_signs_off_by_its_id_token_where_it_may() {
    let world = World::new().await;
    let (mut browser, hint) = signed_on(&world).await;
    let endpoint = world.endpoint("idpSignoff");
    let at = format!("{endpoint}?id_token_hint={hint}");
    let refusal = world.get(&at).await.expect(StatusCode::BAD_REQUEST);
    assert_eq!(refusal.json()["error"], "unauthorized_client");

    let api = Api::worker(&world).await;
    let path = format!("applications/{}", world.demo.client_id);
    let mut application = api.get(&path).await.json();
    application["idpSignoff"] = json!(true);
    api.put(&path, &application).await.expect(StatusCode::OK);
    for odd in [
        endpoint.clone(),
        format!("{endpoint}?id_token_hint=x"),
        format!("{at}&client_id=7d2f8f0e-6f0c-4d53-9d0e-0d6a2ad0c7a1"),
    ] {
        let refusal = world.get(&odd).await.expect(StatusCode::BAD_REQUEST);
        assert_eq!(refusal.json()["error"], "invalid_request", "{odd}");
    }
    assert!(is_signed_on(&world, &mut browser).await);
    world.get(&at).await.expect(StatusCode::NO_CONTENT);
    assert!(!is_signed_on(&world, &mut browser).await);
    world.get(&at).await.expect(StatusCode::NO_CONTENT);
}
